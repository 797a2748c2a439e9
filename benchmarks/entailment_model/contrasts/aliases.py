# ruff: noqa: E501, SIM905 - tables of words are read best in long lines
"""Things under two names, and things of one kind that are not the same: a small encyclopedia by hand.

Each table is one kind. Names of one line are equivalent; names of two lines of a kind exclude each other.
"""

from __future__ import annotations

import random

from ..example import Contrast
from .numbers import different, same

TABLES: dict[str, tuple[str, str]] = {
    "chemical": (
        "What is the substance?|Which chemical is it?|What is it made of?|What is the common name?",
        "water/H2O/dihydrogen monoxide|carbon dioxide/CO2|table salt/sodium chloride/NaCl/salt|methane/CH4/natural gas|ammonia/NH3|"
        "hydrogen peroxide/H2O2|sulfuric acid/H2SO4/sulphuric acid/oil of vitriol|hydrochloric acid/HCl/muriatic acid|ozone/O3|"
        "baking soda/sodium bicarbonate/bicarbonate of soda|ethanol/ethyl alcohol/C2H5OH|nitrous oxide/laughing gas/N2O|"
        "carbon monoxide/CO|vitamin C/ascorbic acid|vitamin B1/thiamine|vitamin B2/riboflavin|vitamin D/calciferol|acetic acid/vinegar|"
        "aspirin/acetylsalicylic acid|glucose/blood sugar/dextrose|lime/calcium oxide/quicklime|chalk/calcium carbonate/CaCO3|"
        "rust/iron oxide/Fe2O3|caustic soda/sodium hydroxide/NaOH/lye|quartz/silicon dioxide/SiO2/silica|adrenaline/epinephrine|"
        "paracetamol/acetaminophen/Tylenol|TNT/trinitrotoluene|fool's gold/pyrite/iron pyrite|saltpetre/potassium nitrate|nitrogen dioxide/NO2|"
        "sulfur dioxide/SO2|laughing gas/nitrous oxide|dry ice/solid carbon dioxide|bleach/sodium hypochlorite|formaldehyde/methanal",
    ),
    "element": (
        "Which element is it?|What is the chemical symbol or name of the element?|What metal is it?|Which gas is it?",
        "hydrogen/H|helium/He|lithium/Li|carbon/C|nitrogen/N|oxygen/O|fluorine/F|neon/Ne|sodium/Na|magnesium/Mg|aluminium/aluminum/Al|"
        "silicon/Si|phosphorus/P|sulfur/sulphur/S|chlorine/Cl|argon/Ar|potassium/K|calcium/Ca|titanium/Ti|chromium/Cr|manganese/Mn|iron/Fe|"
        "cobalt/Co|nickel/Ni|copper/Cu|zinc/Zn|arsenic/As|bromine/Br|krypton/Kr|silver/Ag|tin/Sn|iodine/I|xenon/Xe|tungsten/W/wolfram|"
        "platinum/Pt|gold/Au|mercury/Hg/quicksilver|lead/Pb|radon/Rn|radium/Ra|uranium/U|plutonium/Pu|bismuth/Bi|beryllium/Be|boron/B",
    ),
    "person": (
        "Who was it?|Who wrote the book?|Who was the leader?|Who is the singer?|Who did it?|Who is the boxer?|Which person is meant?",
        "Mark Twain/Samuel Clemens/Samuel Langhorne Clemens|Muhammad Ali/Cassius Clay|Malcolm X/Malcolm Little|George Orwell/Eric Blair/Eric Arthur Blair|"
        "Lewis Carroll/Charles Dodgson|Dr. Seuss/Theodor Geisel|Marilyn Monroe/Norma Jeane Mortenson|Pelé/Edson Arantes do Nascimento|"
        "John F. Kennedy/JFK/Jack Kennedy/President Kennedy|Franklin D. Roosevelt/FDR/Franklin Roosevelt|Theodore Roosevelt/Teddy Roosevelt|"
        "Martin Luther King Jr./MLK/Dr. King|Lyndon B. Johnson/LBJ|Elton John/Reginald Dwight|Bob Dylan/Robert Zimmerman|Freddie Mercury/Farrokh Bulsara|"
        "Lady Gaga/Stefani Germanotta|Eminem/Marshall Mathers/Slim Shady|Jay-Z/Shawn Carter|Sting/Gordon Sumner|Bono/Paul Hewson|Voltaire/François-Marie Arouet|"
        "Molière/Jean-Baptiste Poquelin|Stalin/Joseph Stalin|Lenin/Vladimir Lenin/Vladimir Ilyich Ulyanov|Mao/Mao Zedong/Mao Tse-tung/Chairman Mao|"
        "Gandhi/Mahatma Gandhi/Mohandas Gandhi|Mother Teresa/Saint Teresa of Calcutta|Caesar/Julius Caesar|Augustus/Octavian|Alexander the Great/Alexander III of Macedon|"
        "Che Guevara/Ernesto Guevara|Dwight D. Eisenhower/Ike/Ike Eisenhower|Genghis Khan/Temüjin|Buddha/Siddhartha Gautama/Gautama Buddha|"
        "Leonardo da Vinci/da Vinci/Leonardo|Michelangelo/Michelangelo Buonarroti|Van Gogh/Vincent van Gogh|Beethoven/Ludwig van Beethoven|Mozart/Wolfgang Amadeus Mozart|"
        "Bach/Johann Sebastian Bach/J. S. Bach|Shakespeare/William Shakespeare/the Bard|Einstein/Albert Einstein|Newton/Isaac Newton/Sir Isaac Newton|"
        "Darwin/Charles Darwin|Marie Curie/Madame Curie/Maria Skłodowska|Elvis Presley/Elvis/the King|Madonna/Madonna Ciccone|Prince/the artist formerly known as Prince|"
        "John Paul II/Karol Wojtyła|Pope Francis/Jorge Mario Bergoglio|Queen Elizabeth II/Elizabeth II|Princess Diana/Lady Di/Diana Spencer|Napoleon/Napoleon Bonaparte|"
        "Spider-Man/Peter Parker|Batman/Bruce Wayne|Superman/Clark Kent|Iron Man/Tony Stark|Darth Vader/Anakin Skywalker|Voldemort/Tom Riddle|Wolverine/Logan|The Hulk/Bruce Banner",
    ),
    "organisation": (
        "Which organisation is it?|What organization runs it?|Which agency was responsible?|Which company makes it?|What does the abbreviation stand for?",
        "NASA/National Aeronautics and Space Administration|WHO/World Health Organization|UN/United Nations|NATO/North Atlantic Treaty Organization|"
        "FBI/Federal Bureau of Investigation|CIA/Central Intelligence Agency|EU/European Union|IMF/International Monetary Fund|BBC/British Broadcasting Corporation|"
        "UNESCO/United Nations Educational, Scientific and Cultural Organization|UNICEF/United Nations Children's Fund|IBM/International Business Machines|"
        "NBA/National Basketball Association|NFL/National Football League|MLB/Major League Baseball|NHL/National Hockey League|FIFA/Fédération Internationale de Football Association|"
        "IOC/International Olympic Committee|OPEC/Organization of the Petroleum Exporting Countries|WTO/World Trade Organization|ESA/European Space Agency|"
        "GM/General Motors|GE/General Electric|HP/Hewlett-Packard|BMW/Bayerische Motoren Werke|KFC/Kentucky Fried Chicken|VW/Volkswagen|AT&T/American Telephone and Telegraph|"
        "MIT/Massachusetts Institute of Technology|UCLA/University of California, Los Angeles|LSE/London School of Economics|Caltech/California Institute of Technology|"
        "EPA/Environmental Protection Agency|FDA/Food and Drug Administration|NSA/National Security Agency|KGB/Committee for State Security|Red Cross/International Red Cross|"
        "Manchester United/Man United/Man Utd|Manchester City/Man City|Barcelona/FC Barcelona/Barça|New York Yankees/the Yankees|Meta/Facebook|Alphabet/Google's parent company|"
        "RAF/Royal Air Force|LAPD/Los Angeles Police Department|PLO/Palestine Liberation Organization|ANC/African National Congress|GOP/Republican Party/the Republicans|"
        "Democratic Party/the Democrats|Labour Party/Labour|Conservative Party/the Tories/the Conservatives|Nazi Party/NSDAP|CDC/Centers for Disease Control|Coca-Cola/Coke|McDonald's/Mickey D's",
    ),
    "term": (
        "What does it stand for?|What is the term?|What is it called?|What is the full form?",
        "DNA/deoxyribonucleic acid|RNA/ribonucleic acid|CPU/central processing unit|RAM/random-access memory|HTML/HyperText Markup Language|GDP/gross domestic product|"
        "AIDS/acquired immunodeficiency syndrome|HIV/human immunodeficiency virus|LASER/light amplification by stimulated emission of radiation|WWW/World Wide Web|"
        "TB/tuberculosis/consumption|flu/influenza|heart attack/myocardial infarction|high blood pressure/hypertension|low blood pressure/hypotension|stroke/cerebrovascular accident|"
        "chickenpox/varicella|whooping cough/pertussis|measles/rubeola|German measles/rubella|lockjaw/tetanus|bubonic plague/the Black Death/plague|rabies/hydrophobia|"
        "short-sightedness/nearsightedness/myopia|long-sightedness/farsightedness/hyperopia|shin bone/tibia|collarbone/clavicle|kneecap/patella|thigh bone/femur|jawbone/mandible|"
        "shoulder blade/scapula|windpipe/trachea|voice box/larynx|gullet/oesophagus/esophagus|breastbone/sternum|skull/cranium|eardrum/tympanic membrane|"
        "shooting star/meteor|northern lights/aurora borealis|southern lights/aurora australis|speed of light/c|absolute zero/0 kelvin/-273.15 °C|GPS/Global Positioning System|"
        "ATM/automated teller machine|PIN/personal identification number|UFO/unidentified flying object|VAT/value-added tax|CEO/chief executive officer|PhD/Doctor of Philosophy|"
        "fear of spiders/arachnophobia|fear of heights/acrophobia|fear of enclosed spaces/claustrophobia|study of insects/entomology|study of birds/ornithology|study of fungi/mycology|"
        "red blood cells/erythrocytes|white blood cells/leukocytes|platelets/thrombocytes|photosynthesis/making sugar from light|force of gravity/gravity",
    ),
    "everyday": (
        "What is it?|What do they use?|What is it called in America?|What did she buy?|What is the object?",
        "lift/elevator|lorry/truck|flat/apartment|petrol/gasoline/gas|autumn/fall|trousers/pants|biscuit/cookie|football/soccer|car/automobile|movie/film|aeroplane/airplane/plane|"
        "bicycle/bike|TV/television|phone/telephone|mobile phone/cell phone|pavement/sidewalk|torch/flashlight|boot/trunk|bonnet/hood|holiday/vacation|sweets/candy|crisps/potato chips|"
        "rubbish/garbage/trash|nappy/diaper|tap/faucet|postman/mailman|aubergine/eggplant|courgette/zucchini|coriander/cilantro|maize/corn|ladybird/ladybug|physician/doctor|attorney/lawyer|"
        "infant/baby|sofa/couch|purchase/buy|spectacles/glasses|fridge/refrigerator|motorway/highway|rabbit/bunny|dog/canine|cat/feline|puma/cougar/mountain lion|reindeer/caribou|hippo/hippopotamus|"
        "rhino/rhinoceros|killer whale/orca|groundhog/woodchuck|donkey/ass|bison/American buffalo|chimp/chimpanzee|peanut/groundnut|prawn/shrimp|fizzy drink/soda|chess/the game of kings",
    ),
    "event": (
        "Which event was it?|What was the war called?|Which war was it?|What is the event?|What holiday is it?",
        "World War I/First World War/the Great War/WWI/World War 1|World War II/Second World War/WWII/World War 2|the American Civil War/US Civil War/War between the States|"
        "the American Revolution/American Revolutionary War/American War of Independence|the Cold War/Cold War|the Korean War/Korean War|the Vietnam War/Vietnam War|"
        "the French Revolution/French Revolution of 1789|the Russian Revolution/October Revolution|D-Day/Normandy landings/Operation Overlord|Operation Barbarossa/German invasion of the Soviet Union|"
        "the Great Depression/Great Depression|the Holocaust/Shoah|9/11/September 11 attacks|the Black Death/the plague of 1348|the Boer War/South African War|the Gulf War/Operation Desert Storm|"
        "the Battle of Hastings/Hastings|the Battle of Waterloo/Waterloo|the Battle of Gettysburg/Gettysburg|the Hundred Years' War/Hundred Years War|the Crimean War/Crimean War|"
        "Christmas/Christmas Day/25 December|New Year's Day/January 1|Halloween/All Hallows' Eve|Independence Day/the Fourth of July/July 4|Bastille Day/14 July|the Falklands War/Falklands conflict|"
        "the Super Bowl/Super Bowl|the Olympics/Olympic Games|the World Cup/FIFA World Cup|the Battle of Britain/air battle over Britain|the Spanish Civil War/Spanish Civil War|the Bay of Pigs/Bay of Pigs invasion",
    ),
    "work": (
        "What is the name of the book?|Which film was it?|What is the title?|Which novel is it?|Which series is it?|What is the painting called?|Which song is it?",
        "Harry Potter and the Sorcerer's Stone/Harry Potter and the Philosopher's Stone|Nineteen Eighty-Four/1984|Star Wars: A New Hope/Star Wars Episode IV|The Lord of the Rings/LOTR/Lord of the Rings|"
        "Mona Lisa/La Gioconda/The Mona Lisa|The Wizard of Oz/The Wonderful Wizard of Oz|Alice in Wonderland/Alice's Adventures in Wonderland|Moby-Dick/Moby Dick; or, The Whale|Game of Thrones/GoT|"
        "Les Misérables/Les Mis|The Empire Strikes Back/Star Wars Episode V|Return of the Jedi/Star Wars Episode VI|Hamlet/The Tragedy of Hamlet|Macbeth/The Scottish Play|The Great Gatsby/Great Gatsby|"
        "Doctor Strangelove/Dr. Strangelove|Se7en/Seven|The Godfather/Godfather|The Godfather Part II/Godfather 2/The Godfather: Part 2|Terminator 2/Terminator 2: Judgment Day|Rocky/Rocky I|Rocky II/Rocky 2|"
        "The Lion King/Lion King|The Lion, the Witch and the Wardrobe/the first Narnia book|Pride and Prejudice/Pride & Prejudice|Sense and Sensibility/Sense & Sensibility|Bohemian Rhapsody/Queen's Bohemian Rhapsody|"
        "The Beatles' White Album/White Album|Sgt. Pepper's Lonely Hearts Club Band/Sgt. Pepper|The Hunger Games/Hunger Games|Catching Fire/The Hunger Games: Catching Fire|Toy Story/Toy Story 1|Toy Story 2/second Toy Story film|"
        "The Simpsons/Simpsons|Breaking Bad/Breaking bad (TV series)|The Catcher in the Rye/Catcher in the Rye|Romeo and Juliet/Romeo & Juliet|The Starry Night/Starry Night|The Scream/Munch's Scream|The Night Watch/Night Watch",
    ),
}
KINDS = (
    "red|blue|green|yellow|black|white|orange|purple|brown|pink|grey",
    "Mercury|Venus|Earth|Mars|Jupiter|Saturn|Uranus|Neptune|Pluto",
    "piano|violin|guitar|flute|drums|cello|trumpet|saxophone|harp|clarinet|organ",
    "football|basketball|tennis|cricket|rugby|golf|baseball|hockey|boxing|swimming|volleyball|badminton",
    "dog|cat|horse|lion|tiger|elephant|bear|wolf|rabbit|giraffe|whale|dolphin|penguin|kangaroo|camel|cheetah",
    "Zeus|Poseidon|Hades|Apollo|Ares|Hermes|Athena|Artemis|Aphrodite|Hera|Dionysus",
    "heart|liver|kidney|lung|brain|stomach|spleen|pancreas|skin|small intestine|bladder",
    "Spanish|French|English|German|Italian|Portuguese|Russian|Chinese|Arabic|Hindi|Japanese|Dutch|Latin",
    "Christianity|Islam|Hinduism|Buddhism|Judaism|Sikhism|Taoism|Shinto",
    "north|south|east|west|northeast|southwest",
    "Harvard|Yale|Princeton|Oxford|Cambridge|Stanford|Columbia|Cornell|Brown",
    "Apple|Microsoft|Google|Amazon|IBM|Intel|Samsung|Sony|Nokia|Dell",
    "The Beatles|The Rolling Stones|Queen|Pink Floyd|Led Zeppelin|ABBA|U2|Coldplay|Nirvana|Metallica",
    "aries|taurus|gemini|cancer|leo|virgo|libra|scorpio|sagittarius|capricorn|aquarius|pisces",
    "gold|silver|bronze|copper|iron|platinum|tin|lead",
    "apple|banana|orange|grape|lemon|mango|pear|cherry|strawberry|pineapple|peach",
    "the president|the prime minister|the king|the queen|the chancellor|the governor|the mayor|the senate|the parliament",
    "spring|summer|autumn|winter",
    "Democrats|Republicans|Libertarians|Greens|Whigs|Federalists",
    "protons|neutrons|electrons|photons|quarks|neutrinos",
    "mitochondria|nucleus|ribosome|chloroplast|cell wall|vacuole|lysosome",
    "triangle|square|circle|pentagon|hexagon|octagon|rectangle|rhombus|trapezium",
    "Caribbean Sea|Black Sea|Red Sea|Dead Sea|Mediterranean Sea|North Sea|Baltic Sea|Caspian Sea",
    "the Senate|the House of Representatives|the Supreme Court|the White House|the Pentagon|Congress",
    "his mother|his father|his brother|his sister|his uncle|his wife|his daughter|his son|his grandfather",
)
OPPOSITES = (
    "hot/cold|big/small|increase/decrease|increased/decreased|rise/fall|up/down|left/right|true/false|open/closed|before/after|above/below|"
    "inside/outside|winner/loser|won/lost|buyer/seller|male/female|young/old|dead/alive|legal/illegal|positive/negative|acidic/alkaline|guilty/innocent|"
    "expensive/cheap|heavy/light|fast/slow|day/night|odd/even|maximum/minimum|ancient/modern|solid/liquid|victory/defeat|expanding/contracting|clockwise/counterclockwise|"
    "success/failure|poor/rich|endothermic/exothermic|introvert/extrovert|allies/enemies|more/less|longer/shorter|higher/lower|carnivore/herbivore|artery/vein|export/import|"
    "supply/demand|convex/concave|stronger/weaker|accepted/rejected|visible/invisible|married/single|sunrise/sunset|arrival/departure|northern hemisphere/southern hemisphere|urban/rural"
).split("|")
SYNONYMS = (
    "big/large|fast/quick|begin/start|end/finish|happy/glad|sick/ill|rich/wealthy|smart/intelligent|hard/difficult|easy/simple|near/close to it|forbidden/prohibited|allowed/permitted|"
    "grew/increased|fell/decreased|dead/deceased|illegal/against the law|wrong/incorrect|right/correct|freezing/very cold|huge/enormous|quiet/silent|brave/courageous|afraid/scared|"
    "murdered/killed|drowning/by drowning|cancer/he had cancer|heart failure/his heart failed|by train/on a train|on foot/by walking|every year/annually|each day/daily|twice/two times|"
    "once/one time|a couple/two|both/the two of them|nobody/no one|everybody/everyone|always/at all times|never/at no time|rarely/seldom|usually/most of the time|free/at no cost|"
    "burned/destroyed by fire|a teacher/teacher|poisoned/by poison|gunshot/he was shot|by boat/by ship|cheap/inexpensive|famous/well known|two weeks/a fortnight|ten years/a decade|100 years/a century"
).split("|")
ASKED = (
    "What happened?|How was it?|What did it do?|What was it like?|Which of the two?|How did it change?|Which one is it?|What was the result?"
).split("|")


def renamed(rng: random.Random) -> Contrast:
    """Two names of one thing; two things of one kind."""
    kind = rng.choice(list(TABLES))
    questions, table = TABLES[kind]
    question = rng.choice(questions.split("|"))
    first, second = (line.split("/") for line in rng.sample(table.split("|"), 2))
    if rng.random() < 0.65:
        return same(*rng.sample(first, 2), question, f"alias {kind}")
    return different(rng.choice(first), rng.choice(second), question, f"alias {kind}")


def siblings(rng: random.Random) -> Contrast:
    """Two of a kind, with a wrapping that is the same on both sides."""
    a, b = rng.sample(rng.choice(KINDS).split("|"), 2)
    shape = rng.choice(("{}", "{}", "{}", "It is {}.", "the {}", "{}.", "It was {}", "The answer is {}."))
    other = shape if rng.random() < 0.7 else rng.choice(("{}", "It is {}.", "The answer is {}."))
    question = rng.choice(
        (
            "Which one is it?",
            "What is the answer?",
            "Which was chosen?",
            "What did they have?",
            "Which one was the first?",
        )
    )
    if rng.random() < 0.35:
        return same(shape.format(a), other.format(a) if rng.random() < 0.5 else a.upper(), question, "of a kind")
    return different(shape.format(a), other.format(b), question, "of a kind")


def words(rng: random.Random) -> Contrast:
    """Opposites and synonyms."""
    question = rng.choice(ASKED)
    shape = rng.choice(("{}", "{}", "It is {}.", "It was {}", "{}."))
    if rng.random() < 0.5:
        a, b = rng.sample(rng.choice(OPPOSITES).split("/"), 2)
        return different(shape.format(a), shape.format(b), question, "opposite")
    a, b = rng.sample(rng.choice(SYNONYMS).split("/"), 2)
    return same(shape.format(a), shape.format(b), question, "synonym")


RULES = ((renamed, 5.0), (siblings, 1.2), (words, 1.2))


def written_down() -> list[list[str]]:
    """The lines of the tables above: names of one thing each, and synonyms."""
    lines = [line for _, table in TABLES.values() for line in table.split("|")]
    return [line.split("/") for line in [*lines, *SYNONYMS]]
