# ruff: noqa: E501, SIM905 - tables of words are read best in long lines
"""Names that look alike and are not the same, beside forms that look unlike and are.

A small model goes by the pieces that two names share. In a line of `APART` all names exclude each other; in a line of
`ONE` all are the same.
"""

from __future__ import annotations

import itertools
import random
from functools import cache

from ..example import Contrast, normalise
from . import people, places
from .numbers import different, same

APART: dict[str, tuple[str, str]] = {
    "place": (
        "Which country is it?|Where is it?|Which place is meant?|In which country was he born?|Which state?|Where did it happen?",
        "Guinea/Guinea-Bissau/Equatorial Guinea/Papua New Guinea/French Guiana/Guyana|Republic of the Congo/Democratic Republic of the Congo|Mauritius/Mauritania|Slovakia/Slovenia/Slavonia|"
        "Austria/Australia|Iran/Iraq|Sweden/Switzerland|Zambia/Gambia/Namibia|Mali/Malawi/Maldives/Malta|Georgia the US state/Georgia the country|Latvia/Lithuania/Liberia/Libya|"
        "Samoa/American Samoa|Virginia/West Virginia|North Dakota/South Dakota|Kansas/Arkansas|Washington State/Washington, D.C.|New York City/New York State|Mexico/New Mexico|England/New England|"
        "British Columbia/British Virgin Islands/District of Columbia|Colombia/Columbia|Sudan/South Sudan|East Timor/West Timor|Paraguay/Uruguay|Algeria/Nigeria/Liberia|Grenada/Granada|"
        "Saint Kitts/Saint Lucia/Saint Vincent|San Marino/San Remo|Tasmania/Tanzania/Transylvania|Bergen/Bremen|Kiel/Kyiv|Lima/Lille|Lucerne/Lausanne|Salzburg/Strasbourg|Birmingham, Alabama/Birmingham, England|"
        "Portland, Oregon/Portland, Maine|Paris, Texas/Paris, France|Cambridge, Massachusetts/Cambridge, England|Frankfurt am Main/Frankfurt an der Oder|Isle of Man/Isle of Wight/Isle of Skye|Red Sea/Dead Sea|"
        "Lake Michigan/Lake Superior|Kingston upon Thames/Kingston upon Hull|Santiago/San Diego/Santo Domingo|Budapest/Bucharest|Bruges/Brussels|Hanover/Andover|Ganges/Ghana|Riga/Rijeka",
    ),
    "club": (
        "Which club won?|For which team did he play?|Which team is it?|Who won the final?",
        "Manchester United/Manchester City|Real Madrid/Atlético Madrid|Inter Milan/AC Milan|Sheffield United/Sheffield Wednesday|Bristol City/Bristol Rovers|Dundee/Dundee United|New York Yankees/New York Mets|"
        "New York Giants/New York Jets|Chicago Cubs/Chicago White Sox|Los Angeles Lakers/Los Angeles Clippers|LA Rams/LA Chargers|Borussia Dortmund/Borussia Mönchengladbach|Nottingham Forest/Notts County|"
        "Newcastle United/Leeds United/West Ham United|Leicester City/Norwich City/Stoke City|Boston Red Sox/Boston Celtics/Boston Bruins|Sporting Lisbon/Sporting Gijón|Racing Club/River Plate|San Francisco Giants/San Francisco 49ers",
    ),
    "institution": (
        "Where did she study?|Which university?|Which institution is it?|Which body decides?|Which company is it?",
        "University of Washington/Washington University in St. Louis/Washington State University|University of Miami/Miami University|Penn State/University of Pennsylvania|Oxford/Oxford Brookes|"
        "Indiana University/Indiana State University|Michigan/Michigan State|Cornell/Cornell College|European Council/Council of Europe/Council of the European Union|European Court of Justice/European Court of Human Rights|"
        "World Bank/World Trade Organization/World Health Organization|International Court of Justice/International Criminal Court|General Electric/General Motors/General Mills|Texas Instruments/Texaco|American Airlines/United Airlines|"
        "Rolls-Royce Motor Cars/Rolls-Royce Holdings|Volvo Cars/Volvo Trucks|National Gallery/National Portrait Gallery|British Museum/British Library|Tate Britain/Tate Modern|House of Lords/House of Commons|"
        "Associated Press/United Press|New York Times/New York Post|Washington Post/Washington Times|Daily Mail/Daily Mirror|Bank of England/Bank of Scotland|Federal Reserve/Federal Trade Commission",
    ),
    "person": (
        "Who was it?|Who wrote it?|Who is meant?|Who was the composer?|Who won the election?|Who was the leader?",
        "George H. W. Bush/George W. Bush/Jeb Bush|Johann Strauss I/Johann Strauss II/Richard Strauss|Leopold Mozart/Wolfgang Amadeus Mozart|Johann Sebastian Bach/Carl Philipp Emanuel Bach/Johann Christian Bach|"
        "Franklin D. Roosevelt/Theodore Roosevelt/Eleanor Roosevelt|John Adams/John Quincy Adams/Samuel Adams|William Pitt the Elder/William Pitt the Younger|Pliny the Elder/Pliny the Younger|Cato the Elder/Cato the Younger|"
        "Alexandre Dumas père/Alexandre Dumas fils|Andrew Johnson/Lyndon Johnson/Boris Johnson/Samuel Johnson|Oliver Cromwell/Thomas Cromwell|Thomas More/Thomas Moore|Francis Bacon/Roger Bacon|Charlotte Brontë/Emily Brontë/Anne Brontë|"
        "Harriet Tubman/Harriet Beecher Stowe|Martin Luther/Martin Luther King|Henry James/William James/Jesse James|Robert Browning/Elizabeth Barrett Browning|Mary Shelley/Percy Shelley|Julian Huxley/Aldous Huxley/Thomas Huxley|"
        "Neville Chamberlain/Joseph Chamberlain/Wilt Chamberlain|Gordon Brown/James Brown/Dan Brown|Serena Williams/Venus Williams/Robin Williams/Tennessee Williams|Ralph Fiennes/Joseph Fiennes|Michael Jackson/Janet Jackson/Andrew Jackson/Samuel L. Jackson|"
        "Michael Collins/Phil Collins/Wilkie Collins|Paul Simon/Neil Simon/Carly Simon|Jimmy Carter/Howard Carter/June Carter|Ernest Rutherford/Rutherford B. Hayes|William Wordsworth/Dorothy Wordsworth|Frederick Douglass/Stephen Douglas|"
        "Empress Catherine I/Catherine the Great|Mary I/Mary, Queen of Scots|Richard I/Richard III|Pope Pius XI/Pope Pius XII|Ivan III/Ivan IV|Napoleon I/Napoleon III|James Watt/James Watson|Francis Crick/Francis Drake|Tim Burton/Richard Burton|John Locke/John Lock",
    ),
    "work": (
        "Which film was it?|Which book?|What is the title?|Which song is it?|Which play?|Which album?",
        "The Godfather/The Godfather Part II/The Godfather Part III|Jaws/Jaws 2|Alien/Aliens/Alien 3|The Matrix/The Matrix Reloaded/The Matrix Revolutions|Back to the Future/Back to the Future Part II|Die Hard/Die Hard 2|"
        "Batman/Batman Returns/Batman Forever/Batman Begins|The Dark Knight/The Dark Knight Rises|Kill Bill Volume 1/Kill Bill Volume 2|Shrek/Shrek 2/Shrek the Third|Henry IV, Part 1/Henry IV, Part 2/Henry V|"
        "Blade Runner/Blade Runner 2049|Mamma Mia!/Mamma Mia! Here We Go Again|Home Alone/Home Alone 2|Star Trek/Star Trek Into Darkness|Star Wars/Star Trek|Ghostbusters/Ghostbusters II|Grease/Grease 2|Top Gun/Top Gun: Maverick|"
        "Little Women/Little Men|Mary Poppins/Mary Poppins Returns|Gone with the Wind/The Wind in the Willows|The Prince and the Pauper/The Prince|Great Expectations/Great Gatsby|Sense and Sensibility/Pride and Prejudice|"
        "King Lear/The Lion King|Through the Looking-Glass/Alice's Adventures in Wonderland|Paradise Lost/Paradise Regained|The Iliad/The Odyssey/The Aeneid|Frozen/Frozen II|Cars/Cars 2|The Hobbit/The Lord of the Rings|The Jungle Book/The Jungle",
    ),
    "drug": (
        "Which drug was given?|What was prescribed?|Which medicine is it?|What is the active substance?",
        "hydroxyzine/hydralazine|dopamine/dobutamine|prednisone/prednisolone|amiodarone/amlodipine|chlorpromazine/chlorpropamide|cefazolin/ceftriaxone/cefuroxime|clonidine/clonazepam/clozapine|tramadol/trazodone|"
        "metformin/metronidazole|vincristine/vinblastine|glipizide/glyburide|lamotrigine/lamivudine|morphine/hydromorphone|risperidone/ropinirole|sumatriptan/zolmitriptan|fluoxetine/fluvoxamine/paroxetine|"
        "ephedrine/epinephrine/norepinephrine|quinine/quinidine|penicillin/penicillamine|sulfadiazine/sulfasalazine|celecoxib/citalopram|lorazepam/alprazolam/diazepam|bupropion/buspirone|carboplatin/cisplatin|daunorubicin/doxorubicin",
    ),
    "chemical": (
        "Which substance is it?|Which ion?|Which acid is it?|Which gas was used?|Which compound?|What is it made of?",
        "nitrate/nitrite/nitride|sulfate/sulfite/sulfide|chlorate/chlorite/chloride/hypochlorite|phosphate/phosphite/phosphide|methanol/ethanol/propanol|methane/ethane/propane/butane|ethene/ethyne/ethane|nitric acid/nitrous acid|"
        "sulfuric acid/sulfurous acid|chloric acid/chlorous acid/hydrochloric acid|carbon monoxide/carbon dioxide|ferrous oxide/ferric oxide|cuprous/cupric|glucose/galactose/fructose|sucrose/lactose/maltose|cellulose/cellulase|"
        "amylose/amylase|adenine/adenosine|thymine/thiamine|uracil/urea|cytosine/cysteine|glutamine/glutamate|tyrosine/thyroxine|benzene/benzine|toluene/xylene|acetone/acetate|formic acid/formaldehyde|fluorine/chlorine/fluoride|"
        "magnesium/manganese|silicon/silicone|potassium/phosphorus|niobium/neodymium|thorium/thallium/thulium|ammonia/ammonium|sodium chloride/sodium chlorate|oxygen/ozone|hydrogen peroxide/hydrogen sulfide|vitamin B6/vitamin B12|vitamin D2/vitamin D3",
    ),
    "term": (
        "Which subject is it?|What is the term?|Which word fits?|What is it called?|Which process is it?|Which field?",
        "astronomy/astrology|meteorology/metrology|etymology/entomology|geography/geology/geometry|ecology/economy|psychology/psychiatry/physiology|mitosis/meiosis|affect/effect|prostate/prostrate|ileum/ilium|perineum/peritoneum|"
        "ureter/urethra|artery/arteriole|abduction/adduction|afferent/efferent|dysphagia/dysphasia|palpation/palpitation|mucus/mucous|hyperbola/hyperbole|parable/parabola|principal/principle|complement/compliment|stationary/stationery|"
        "immigration/emigration|inductive/deductive|monarchy/oligarchy/anarchy|democracy/autocracy/aristocracy|evolution/revolution|translation/transcription|reflection/refraction/diffraction|fission/fusion|alpha decay/beta decay|"
        "concave/convex|stalactite/stalagmite|alligator/crocodile|turtle/tortoise|moth/mother|weather/climate|latitude/longitude|comma/coma|desert/dessert|baroque/barouche|sonnet/sonata|sympathy/empathy|antonym/synonym/homonym|metaphor/metamorphosis|"
        "Java/JavaScript|C/C++/C#|MySQL/NoSQL|React/React Native|Angular/AngularJS|Word/WordPress|quark/quartz|median/mean/mode|variance/covariance|numerator/denominator|integer/integral|permutation/combination|coefficient/efficient|matrix/metric|squared/square root",
    ),
    "day": (
        "When was it?|Which day is it?|On which day did it happen?|When do they meet?",
        "Christmas Eve/Christmas Day|New Year's Eve/New Year's Day|Good Friday/Easter Sunday/Easter Monday|Palm Sunday/Pentecost|Mother's Day/Father's Day|Veterans Day/Memorial Day|Labor Day/Labour Day in May|summer solstice/winter solstice|"
        "spring equinox/autumn equinox|Ash Wednesday/Shrove Tuesday|Holy Thursday/Good Friday|today/yesterday/tomorrow|this week/next week/last week|the day before/the day after|noon/midnight|dawn/dusk|sunrise/sunset|9 in the morning/9 in the evening|8 am/8 pm|"
        "at the beginning/at the end|the first day/the last day|weekdays/weekends|the first half/the second half|in the morning/in the evening",
    ),
}
ONE: dict[str, tuple[str, str]] = {
    "stage name": (
        "Who is the singer?|Who was it?|Who played the part?|Who wrote it?|Which artist is it?|Who is the actor?",
        "The Edge/David Evans|Ringo Starr/Richard Starkey|David Bowie/David Jones|Alice Cooper/Vincent Furnier|Cher/Cherilyn Sarkisian|Stevie Wonder/Stevland Hardaway Morris|Tina Turner/Anna Mae Bullock|Nicki Minaj/Onika Maraj|"
        "Drake/Aubrey Graham|50 Cent/Curtis Jackson|Ice Cube/O'Shea Jackson|Snoop Dogg/Calvin Broadus|Bruno Mars/Peter Hernandez|Lorde/Ella Yelich-O'Connor|Lana Del Rey/Elizabeth Grant|Katy Perry/Katheryn Hudson|P!nk/Pink/Alecia Moore|"
        "The Weeknd/Abel Tesfaye|Moby/Richard Melville Hall|Iggy Pop/James Osterberg|Meat Loaf/Marvin Lee Aday|Slash/Saul Hudson|Flea/Michael Balzary|Judy Garland/Frances Gumm|Cary Grant/Archibald Leach|John Wayne/Marion Morrison|"
        "Kirk Douglas/Issur Danielovitch|Woody Allen/Allan Konigsberg|Michael Caine/Maurice Micklewhite|Ben Kingsley/Krishna Bhanji|Whoopi Goldberg/Caryn Johnson|Natalie Portman/Neta-Lee Hershlag|George Eliot/Mary Ann Evans|George Sand/Aurore Dupin|"
        "O. Henry/William Sydney Porter|Stendhal/Marie-Henri Beyle|John le Carré/David Cornwell|Ayn Rand/Alisa Rosenbaum|J. K. Rowling/Robert Galbraith/Joanne Rowling|Agatha Christie/Mary Westmacott|Pablo Neruda/Ricardo Reyes Basoalto|Le Corbusier/Charles-Édouard Jeanneret|"
        "Donatello/Donato di Niccolò|Caravaggio/Michelangelo Merisi|El Greco/Doménikos Theotokópoulos|Tintoretto/Jacopo Robusti|Titian/Tiziano Vecellio|Raphael/Raffaello Sanzio|Trotsky/Leon Trotsky/Lev Bronstein|Ho Chi Minh/Nguyen Sinh Cung|Tito/Josip Broz|"
        "Pocahontas/Matoaka|Calamity Jane/Martha Jane Cannary|Billy the Kid/Henry McCarty/William Bonney|Buffalo Bill/William F. Cody|Houdini/Harry Houdini/Erik Weisz|Mata Hari/Margaretha Zelle|Magic Johnson/Earvin Johnson|Kareem Abdul-Jabbar/Lew Alcindor|Hulk Hogan/Terry Bollea",
    ),
    "transliteration": (
        "Who was the leader?|Which name is meant?|Who wrote it?|Where did it happen?|Who is it?",
        "Muammar Gaddafi/Moammar Qaddafi/Muammar Kadafi|Osama bin Laden/Usama bin Ladin|Chiang Kai-shek/Jiang Jieshi|Zhou Enlai/Chou En-lai|Deng Xiaoping/Teng Hsiao-ping|Sun Yat-sen/Sun Zhongshan|Laozi/Lao Tzu|Confucius/Kong Fuzi|Sun Tzu/Sunzi|"
        "Dostoevsky/Dostoyevsky/Fyodor Dostoevskij|Leo Tolstoy/Lev Tolstoi|Chekhov/Tchekhov|Tchaikovsky/Chaikovsky|Rachmaninoff/Rakhmaninov|Prokofiev/Prokofieff|Khrushchev/Krushchev|Gorbachev/Gorbatchev|Zelensky/Zelenskyy|Pavlov/Pawlow|Mendeleev/Mendeleyev|"
        "Muhammad/Mohammed/Mahomet|Koran/Quran/Qur'an|Hanukkah/Chanukah|Ramadan/Ramadhan|Saladin/Salah ad-Din|Avicenna/Ibn Sina|Averroes/Ibn Rushd|Genghis Khan/Chinggis Khan|Tamerlane/Timur|Kublai Khan/Qubilai Khan|Peking/Beijing|Canton/Guangzhou|Nanking/Nanjing|Chungking/Chongqing|"
        "Tsingtao/Qingdao|Taipei/Taibei|Calcutta/Kolkata|Madras/Chennai|Bangalore/Bengaluru|Poona/Pune|Rangoon/Yangon|Saigon/Ho Chi Minh City|Kiev/Kyiv|Kharkov/Kharkiv|Lvov/Lviv/Lemberg|Odessa/Odesa|Danzig/Gdańsk|Breslau/Wrocław|Königsberg/Kaliningrad|Mecca/Makkah|Tehran/Teheran|"
        "Katmandu/Kathmandu|Nuremberg/Nürnberg|Munich/München|Vienna/Wien|Geneva/Genève|Florence/Firenze|Venice/Venezia|Naples/Napoli|Turin/Torino|Leghorn/Livorno|Lisbon/Lisboa|Seville/Sevilla|Prague/Praha|Warsaw/Warszawa|Moscow/Moskva|Copenhagen/København|Gothenburg/Göteborg|"
        "The Hague/Den Haag|Antwerp/Antwerpen/Anvers|Bruges/Brugge|Basel/Basle|Mount Fuji/Fujiyama|Mount Everest/Sagarmatha/Chomolungma|Uluru/Ayers Rock|Denali/Mount McKinley|Krakatoa/Krakatau|Czar/Tsar|Hindustan/India|Persia/Iran|Siam/Thailand|Ceylon/Sri Lanka|Abyssinia/Ethiopia|"
        "Upper Volta/Burkina Faso|Rhodesia/Zimbabwe|Dahomey/Benin|Gold Coast/Ghana|Zaire/Democratic Republic of the Congo|Swaziland/Eswatini|Macedonia/North Macedonia|Czech Republic/Czechia|Cape Verde/Cabo Verde|East Timor/Timor-Leste|Turkey/Türkiye|Constantinople/Istanbul|Leningrad/Saint Petersburg|Edo/Tokyo|Christiania/Oslo",
    ),
    "species": (
        "Which animal is it?|Which plant is it?|Which species?|What is it?",
        "cat/Felis catus|lion/Panthera leo|tiger/Panthera tigris|wolf/Canis lupus|horse/Equus caballus|cow/Bos taurus|pig/Sus scrofa|house mouse/Mus musculus|rat/Rattus norvegicus|human/Homo sapiens/man|chimpanzee/Pan troglodytes|fruit fly/Drosophila melanogaster|"
        "honey bee/Apis mellifera|brewer's yeast/Saccharomyces cerevisiae|maize/corn/Zea mays|rice/Oryza sativa|wheat/Triticum|potato/Solanum tuberosum|tomato/Solanum lycopersicum|foxglove/Digitalis|oak/Quercus|E. coli/Escherichia coli|T. rex/Tyrannosaurus rex|blue whale/Balaenoptera musculus",
    ),
    "by-name": (
        "Which one is it?|What is meant?|Where is it?|Which is it?|Which city is it?",
        "the Red Planet/Mars|the Big Apple/New York City|the Eternal City/Rome|the City of Light/Paris|the Windy City/Chicago|the Emerald Isle/Ireland|the Land of the Rising Sun/Japan|the Morning Star/Venus|the ringed planet/Saturn|the blue planet/Earth|the Iron Lady/Margaret Thatcher|"
        "the Bard of Avon/Shakespeare|the Fab Four/The Beatles|the King of Pop/Michael Jackson|the Queen of Soul/Aretha Franklin|the Maid of Orléans/Joan of Arc|the Lady with the Lamp/Florence Nightingale|the Virgin Queen/Elizabeth I|the Sun King/Louis XIV|the Desert Fox/Erwin Rommel|the Lone Star State/Texas|"
        "the Sunshine State/Florida|the Golden State/California|the Granite City/Aberdeen|the Dark Continent/Africa|Down Under/Australia|the pond/the Atlantic Ocean|the Beehive State/Utah|Tinseltown/Hollywood|the Square Mile/the City of London|Bonaparte/Napoleon|the Great Bear/Ursa Major|the Pole Star/Polaris/North Star",
    ),
}
UNIONS = (
    "{} City",
    "{} United",
    "{} Rovers",
    "Real {}",
    "Athletic {}",
    "{} Town",
    "{} Wanderers",
    "FC {}",
    "Dynamo {}",
)
SEQUELS = ("{} II", "{}: Part II", "{} 2", "{} Returns", "{} III", "Son of {}", "{}: The Sequel", "Beyond {}", "{} Reloaded", "Escape from {}")  # fmt: skip
TITLES = "Night Train|The Harbour|Silver Moon|The Last Witness|Black River|Dragonfly|The Collector|Stone Garden|Midnight|The Pilgrim|Iron Gate|Whispers|The Orchard|Thunder Road|The Glass House|Snowfall|The Cartographer|Hollow Hills".split(
    "|"
)
KIN = (("{f} {l} Sr.", "{f} {l} Jr."), ("{f} {l} I", "{f} {l} II"), ("{f} {l} the Elder", "{f} {l} the Younger"),
       ("{f} A. {l}", "{f} B. {l}"), ("{f} H. {l}", "{f} J. {l}"), ("{f} {l}", "{f} {l}'s son"),
       ("{f} {l}", "{f} {l}'s wife"), ("{f} {l}", "the brother of {f} {l}"))  # fmt: skip


def apart(rng: random.Random) -> Contrast:
    """Two names of one line of `APART`; or one of them twice, so that the name alone gives nothing away."""
    questions, table = rng.choice(list(APART.values()))
    line = rng.choice(table.split("|")).split("/")
    question = rng.choice(questions.split("|"))
    if rng.random() < 0.12:
        name = rng.choice(line)
        return same(
            name,
            rng.choice((f"It is {name}.", name.upper(), f"The answer is {name}.", f"{name}.")),
            question,
            "look-alike",
        )
    return different(*rng.sample(line, 2), question, "look-alike")


def one(rng: random.Random) -> Contrast:
    """Two names of one line of `ONE`, or names of two lines."""
    kind = rng.choice(list(ONE))
    questions, table = ONE[kind]
    first, second = (line.split("/") for line in rng.sample(table.split("|"), 2))
    question = rng.choice(questions.split("|"))
    if rng.random() < 0.65:
        return same(*rng.sample(first, 2), question, kind)
    return different(rng.choice(first), rng.choice(second), question, kind)


def made_up(rng: random.Random) -> Contrast:
    """Clubs of one town, sequels of a film, kin of one name: alike but for the word that tells them apart."""
    pick = rng.random()
    if pick < 0.3:
        town = rng.choice(places.atlas()["everywhere"])["name"]
        first, second = rng.sample(UNIONS, 2)
        question, a, b = "Which club won?", first.format(town), second.format(town)
    elif pick < 0.6:
        title, question = rng.choice(TITLES), "Which film was it?"
        first, second = ("{}", rng.choice(SEQUELS)) if rng.random() < 0.6 else rng.sample(SEQUELS, 2)
        a, b = first.format(title), second.format(title)
        if normalise(a).replace("ii", "2").replace("part ", "") == normalise(b).replace("ii", "2").replace("part ", ""):
            return same(a, b, question, "sequel")
    else:
        f, l = people.given(rng)  # noqa: E741
        question = rng.choice(people.QUESTIONS)
        a, b = (shape.format(f=f, l=l) for shape in rng.choice(KIN))
    return different(a, b, question, "look-alike, made up")


@cache
def _places() -> tuple[tuple[str, str], ...]:
    """Pairs of place names that begin alike or end alike and differ."""
    names = sorted(
        {own["name"] for own in places.atlas()["everywhere"]} | {own["name"] for own in places.atlas()["countries"]}
    )
    backwards = sorted(names, key=lambda name: name[::-1])
    close = [(a, b) for order in (names, backwards) for a, b in itertools.pairwise(order)]
    alike = ((a, b) for a, b in close if a[:4] == b[:4] or a[-5:] == b[-5:])
    return tuple((a, b) for a, b in alike if a not in b and b not in a)


def neighbours(rng: random.Random) -> Contrast:
    """Two places with nearly one name."""
    a, b = rng.choice(_places())
    return different(a, b, rng.choice(places.WHERE), "look-alike place")


RULES = ((apart, 3.0), (one, 2.6), (made_up, 1.2), (neighbours, 0.8))


def written_down() -> list[list[str]]:
    """The lines of both tables: names of one thing each, and names that exclude each other."""
    return [line.split("/") for _, table in (*ONE.values(), *APART.values()) for line in table.split("|")]
