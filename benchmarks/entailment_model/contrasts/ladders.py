# ruff: noqa: E501 - tables of words are read best in long lines
"""Ladders: a few things of one kind that exclude each other, each in the forms in which it is written.

One word more makes another thing of it (major, major general), one less a thing of another degree (always, sometimes).
"""

from __future__ import annotations

import random
from functools import cache

from num2words import num2words

from ..example import Contrast
from . import people
from .numbers import different, same

# questions : rungs, with a rung's forms separated by "="
WRITTEN = """
How often?|How often does it take place?|At what interval? : every day=daily=each day/every week=weekly=once a week/every two weeks=fortnightly=every other week/every month=monthly=once a month/every year=annually=yearly/every two years=biennially=every other year/twice a year=semi-annually=every six months/every four years=quadrennially/every ten years=once a decade/every hour=hourly/every hundred years=once a century
How often does it happen?|Is it true?|Does it happen? : always=every time=without exception/usually=most of the time=mostly/sometimes=now and then=occasionally/rarely=seldom=hardly ever/never=not once=at no time
How many of them?|Who was saved?|How much of it? : all of them=every one of them=every single one/most of them=the majority=the greater part/some of them=a few of them=several of them/half of them=one in two=50% of them/none of them=not one=none at all
How did it change?|What happened to the prices? : doubled=it doubled=rose twofold=by a factor of two=twice as much as before/tripled=it tripled=threefold=by a factor of three/quadrupled=fourfold=by a factor of four/halved=fell by half=it was cut in half/stayed the same=did not change=unchanged/a tenfold increase=by a factor of ten/fell to a third=it was cut to a third
How many times? : once=one time=a single time/twice=two times=on two occasions/three times=thrice=on three occasions/four times=on four occasions/zero times=not at all=never
Which direction?|Where does the wind come from?|Which way? : north=N=northward=to the north/south=S=southward=southwards/east=E=eastward=to the east/west=W=westward=westwards/northeast=NE=north-east/northwest=NW=north-west/southeast=SE=south-east/southwest=SW=south-west
What was his rank?|Which rank did she hold? : lieutenant=Lt./lieutenant general=Lt. Gen./major=Maj./major general=Maj. Gen./general=Gen./brigadier general/colonel=Col./lieutenant colonel=Lt. Col./captain=Capt./sergeant=Sgt./sergeant major/corporal/private/field marshal/rear admiral/vice admiral/admiral=Adm./commander/lieutenant commander
What office did she hold?|What was he? : president/vice president=vice-president=VP/former president=ex-president/president-elect/prime minister=PM=premier/deputy prime minister/governor/lieutenant governor/mayor/deputy mayor/chief justice/associate justice/secretary of state/secretary of defense/secretary-general/attorney general/solicitor general/surgeon general
What size is it?|Which size? : small=S/medium=M=medium size/large=L/extra large=XL/extra extra large=XXL=2XL/extra small=XS
Which degree?|What did she graduate with? : Bachelor of Arts=BA=B.A./Bachelor of Science=BSc=B.Sc./Master of Arts=MA=M.A./Master of Science=MSc=M.Sc./PhD=Doctor of Philosophy=Ph.D./MBA=Master of Business Administration/MD=Doctor of Medicine/Bachelor of Laws=LLB/Master of Laws=LLM/associate degree
Which complexity?|How does it scale?|Which complexity class? : O(1)=constant time=constant/O(n)=linear time=linear/O(log n)=logarithmic time=logarithmic/O(n log n)=linearithmic/O(n^2)=quadratic time=quadratic=O(n²)/O(n^3)=cubic=cubic time/O(2^n)=exponential=exponential time/O(n!)=factorial time
Which chord is it? : A minor=Am/A major/C major=C maj/C minor=Cm/D minor=Dm/D major/E minor=Em/E major/G major/G minor=Gm/F major/F minor=Fm/B minor=Bm/A minor seventh=Am7/G seventh=G7/C major seventh=Cmaj7
Which blood type? : A positive=A+=A pos/A negative=A-=A neg/B positive=B+/B negative=B-=B neg/AB positive=AB+/AB negative=AB-/O positive=O+=O pos/O negative=O-=O neg
Which vitamin is it?|Which substance? : vitamin B1=thiamine=thiamin/vitamin B2=riboflavin/vitamin B3=niacin=nicotinic acid/vitamin B5=pantothenic acid/vitamin B6=pyridoxine/vitamin B7=biotin/vitamin B9=folic acid=folate/vitamin B12=cobalamin/vitamin C=ascorbic acid/vitamin D2=ergocalciferol/vitamin D3=cholecalciferol/vitamin E=tocopherol/vitamin K/vitamin A=retinol
Which disease is it?|What is the diagnosis? : hepatitis A=Hep A/hepatitis B=Hep B/hepatitis C=Hep C/type 1 diabetes=T1D=juvenile diabetes/type 2 diabetes=T2D=adult-onset diabetes/gestational diabetes/diabetes insipidus/influenza A/influenza B/measles=rubeola/German measles=rubella/chickenpox=varicella/smallpox=variola/cowpox/whooping cough=pertussis/osteoarthritis/rheumatoid arthritis/osteoporosis/viral pneumonia/bacterial pneumonia/iron-deficiency anaemia/sickle-cell anaemia
How much was paid?|What does it cost? : free=$0=nothing=free of charge/a quarter=25 cents=$0.25/a dime=10 cents=$0.10/a nickel=5 cents/a dollar=$1=100 cents/half a dollar=50 cents/a penny=1 cent/a grand=$1,000=a thousand dollars/a fiver=five pounds=£5/a tenner=ten pounds=£10
What relation is she to him?|Who is she? : his wife=his spouse/his ex-wife=his former wife/his mother=his mum/his stepmother/his mother-in-law/his sister/his half-sister/his sister-in-law/his daughter/his stepdaughter/his daughter-in-law/his aunt/his great-aunt/his grandmother=his grandma/his great-grandmother/his fiancée/his widow/his niece/his godmother/his twin sister
What relation is he to her?|Who is he? : her husband=her spouse/her ex-husband=her former husband/her father=her dad/her stepfather/her father-in-law/her brother/her half-brother/her brother-in-law/her son/her stepson/her son-in-law/her uncle/her great-uncle/her grandfather=her grandpa/her great-grandfather/her fiancé/her widower/her nephew/her godson/her twin brother
Which instrument?|What did she play? : violin=fiddle/viola/cello=violoncello/double bass=upright bass/bass guitar=electric bass/electric guitar/acoustic guitar/bass drum/snare drum/tenor saxophone=tenor sax/alto saxophone=alto sax/soprano saxophone/baritone saxophone/clarinet/bass clarinet/oboe/English horn=cor anglais/French horn/flute/piccolo/trumpet/trombone/tuba/piano/harp/harpsichord/organ/mouth organ=harmonica/xylophone/vibraphone
Which sport?|What did he play? : rugby union/rugby league/association football=soccer/American football=gridiron/Australian rules football=Aussie rules/Gaelic football/field hockey/ice hockey/tennis/table tennis=ping-pong/badminton/squash/volleyball/beach volleyball/water polo/polo/figure skating/speed skating/cross-country skiing/alpine skiing=downhill skiing/ski jumping/baseball/softball/freestyle wrestling/Greco-Roman wrestling/épée/foil/sabre/backstroke/breaststroke/butterfly
What is the animal?|Which animal is it? : frog/toad/newt/salamander/alligator/crocodile/lion=Panthera leo/tiger=Panthera tigris/leopard=Panthera pardus/jaguar=Panthera onca/wolf=Canis lupus/coyote=Canis latrans/red fox=Vulpes vulpes/arctic fox/polar bear=Ursus maritimus/brown bear=Ursus arctos/black bear/African elephant/Asian elephant=Indian elephant/black rhinoceros/white rhinoceros/seal/sea lion/walrus/dolphin/porpoise/hare/rabbit/mule/donkey=ass/moth/butterfly/bee/wasp/hornet/crow/raven/rook/grey squirrel/red squirrel
What is the organ?|Which part is damaged? : cerebrum/cerebellum/brainstem=brain stem/thalamus/hypothalamus/hippocampus/small intestine/large intestine=colon/duodenum/left atrium/right atrium/left ventricle/right ventricle/aorta/vena cava/pulmonary artery/pulmonary vein/retina/cornea/iris/pupil/malleus=hammer/incus=anvil/stapes=stirrup/femur=thigh bone/tibia=shin bone/fibula/humerus/ulna/radius/scapula=shoulder blade/clavicle=collarbone/patella=kneecap/trachea=windpipe/oesophagus=gullet/adrenal gland/thyroid gland/parathyroid gland
What is the substance?|Which gas is it?|Which compound is it? : nitrogen=N2/nitrogen dioxide=NO2/nitric oxide=nitrogen monoxide/nitrous oxide=laughing gas=N2O/hydrogen=H2/hydrogen peroxide=H2O2/water=H2O/heavy water=D2O=deuterium oxide/oxygen=O2/ozone=O3/carbon dioxide=CO2/carbon monoxide=CO/carbon/ammonia=NH3/ammonium/methane=CH4/helium/argon/neon
Which chemical is it?|What was added?|Which salt? : sodium/sodium carbonate=washing soda=soda ash/sodium bicarbonate=baking soda/sodium hydroxide=caustic soda=lye/sodium chloride=table salt=common salt/calcium/calcium carbonate=limestone/calcium oxide=quicklime/calcium hydroxide=slaked lime/calcium sulfate=gypsum/potassium/potassium hydroxide=caustic potash/potassium nitrate=saltpetre/potassium permanganate/potassium chloride/hydrochloric acid=muriatic acid/hypochlorous acid/acetic acid/sulfuric acid=oil of vitriol/iron oxide=rust/copper sulfate=blue vitriol/silver/silver nitrate/mercury=quicksilver/mercury chloride/lead/lead oxide
Which quantity is it?|Which term describes it?|What is measured? : work/mass/weight/density/volume/speed/velocity/acceleration/heat/temperature/power/energy/force/momentum/voltage/current/resistance/charge/frequency/wavelength/amplitude/area/perimeter/radius/diameter/circumference/profit/revenue/turnover/accuracy/precision/recall/weather/climate/torque/pressure/stress/strain
When was it?|When was it signed? : last year/this year/next year/last month/this month/next month/last week/next week/two years ago/in two years/the year before last/the year after next
What did the court decide?|What did they do? : upheld the ruling=confirmed the ruling/overturned the ruling=reversed the ruling/dismissed the case=threw the case out/postponed the case=adjourned the case/accepted the offer=said yes to the offer/rejected the offer=turned the offer down/opened the valve/closed the valve=shut the valve/signed the treaty/broke the treaty/won the match/lost the match/drew the match/entered the building/left the building/raised taxes/cut taxes=lowered taxes
Which gender?|Who gave birth? : male=a man/female=a woman/both/neither
Which colour? : red/crimson/pink/orange/yellow/green/light green/dark green/blue/light blue/dark blue=navy/turquoise/purple=violet/brown/black/white/grey=gray/beige/gold/silver
""".strip()
KIN = [
    "wife",
    "husband",
    "son",
    "daughter",
    "brother",
    "sister",
    "father",
    "mother",
    "widow",
    "assistant",
    "teacher",
    "pupil",
    "grandson",
    "cousin",
    "secretary",
    "rival",
]
EVENTS = [
    "the war",
    "the election",
    "the concert",
    "the match",
    "his reign",
    "the flood",
    "dinner",
    "the trial",
    "the revolution",
    "the storm",
    "the eclipse",
    "her childhood",
    "the siege",
    "the ceremony",
    "the merger",
]
PARTS = ("early", "mid-", "late")


@cache
def _ladders() -> tuple[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]], ...]:
    lines = (line.split(" : ") for line in WRITTEN.split("\n"))
    return tuple(
        (tuple(questions.split("|")), tuple(tuple(rung.split("=")) for rung in rungs.split("/")))
        for questions, rungs in lines
    )


def rungs(rng: random.Random) -> Contrast:
    """Two rungs of a ladder; or one of them in two forms."""
    questions, ladder = rng.choice(_ladders())
    question = rng.choice(questions)
    several = [rung for rung in ladder if len(rung) > 1]
    if several and rng.random() < 0.42:
        return same(*rng.sample(rng.choice(several), 2), question, "one rung")
    one, other = rng.sample(ladder, 2)
    near = [rung for rung in ladder if rung is not one and set(rung[0].split()) & set(one[0].split())]
    if near and rng.random() < 0.5:  # major and major general rather than major and private
        other = rng.choice(near)
    return different(rng.choice(one), rng.choice(other), question, "two rungs")


def relatives(rng: random.Random) -> Contrast:
    """A person, and somebody who is named by that person."""
    name = " ".join(people.given(rng))
    one, other = rng.sample(KIN, 2)
    question = rng.choice(people.QUESTIONS)
    theirs, of = f"{name}'s {one}", f"the {one} of {name}"
    pick = rng.random()
    if pick < 0.3:
        return same(theirs, of, question, "relative")
    if pick < 0.7:
        return different(name, rng.choice((theirs, of)), question, "relative")
    return different(theirs, rng.choice((f"{name}'s {other}", f"the {other} of {name}")), question, "relative")


def around(rng: random.Random) -> Contrast:
    """Before, during and after; the early, middle and late part of a decade."""
    if rng.random() < 0.5:
        event = rng.choice(EVENTS)
        forms = [
            (f"before {event}", f"prior to {event}", f"ahead of {event}"),
            (f"during {event}", f"in the course of {event}", f"in the middle of {event}"),
            (f"after {event}", f"following {event}", f"once {event} was over"),
        ]
    else:
        decade = f"{rng.randrange(170, 203)}0s"
        forms = [(f"the {part}{'' if part.endswith('-') else ' '}{decade}",) for part in PARTS]
        forms = [(own[0], own[0].removeprefix("the ")) for own in forms]
    question = rng.choice(("When did it happen?", "When was it?", "When did she leave?"))
    if rng.random() < 0.35:
        return same(*rng.sample(rng.choice(forms), 2), question, "around")
    one, other = rng.sample(forms, 2)
    return different(rng.choice(one), rng.choice(other), question, "around")


def clock(rng: random.Random) -> Contrast:
    """Ten to five is 4:50 and not ten past five."""
    hour, minutes = rng.randrange(1, 12), rng.choice((5, 10, 15, 20, 25))
    words = "quarter" if minutes == 15 else num2words(minutes)
    shapes = ("{m} {way} {h}", "{n} {way} {d}", "at {m} {way} {h}")
    to = [own.format(m=words, n=minutes, way="to", h=num2words(hour + 1), d=hour + 1) for own in shapes]
    past = [own.format(m=words, n=minutes, way="past", h=num2words(hour), d=hour) for own in shapes]
    to.append(f"{hour}:{60 - minutes:02d}")
    past.append(f"{hour}:{minutes:02d}")
    question = rng.choice(("When does it start?", "What time is it?", "At what time?"))
    if rng.random() < 0.5:
        return same(*rng.sample(rng.choice((to, past)), 2), question, "clock")
    return different(rng.choice(to), rng.choice(past), question, "clock")


def numbered(rng: random.Random) -> Contrast:
    """Episodes, years in words, ages, degrees: one number in the forms of its trade, or its neighbour."""
    kind = rng.randrange(4)
    n = rng.randrange(1, 24)
    if kind == 0:
        season = rng.randrange(1, 10)
        question = "Which episode?"
        forms = (
            f"Season {season}, Episode {n}",
            f"S{season:02d}E{n:02d}",
            f"season {season} episode {n}",
            f"{season}x{n:02d}",
        )
        others = (
            f"S{season:02d}E{n + 1:02d}",
            f"Season {season + 1}, Episode {n}",
            f"Season {n}, Episode {season + 10}",
        )
    elif kind == 1:
        year = rng.randrange(1701, 2000)
        question = rng.choice(("In which year?", "When was he born?", "What year was it?"))
        forms = (str(year), num2words(year, to="year"), f"in {year}", f"the year {num2words(year, to='year')}")
        others = (str(year + 1), num2words(year - 1, to="year"), num2words(year + 10, to="year"))
    elif kind == 2:
        age = n + 5
        question = rng.choice(("How old was she?", "At what age?"))
        forms = (str(age), f"{age} years old", f"aged {age}", f"{num2words(age)} years old", f"she was {age}")
        others = (f"{age + 1} years old", f"{age - 1}", f"{age} months old", f"aged {age + 10}")
    else:
        degrees = rng.randrange(1, 80)
        way, word = rng.choice((("N", "north"), ("S", "south"), ("E", "east"), ("W", "west")))
        wrong = rng.choice([own for own in ("north", "south", "east", "west") if own != word])
        question = rng.choice(("What is the coordinate?", "Where does it lie?"))
        forms = (f"{degrees}° {way}", f"{degrees} degrees {word}", f"{degrees}°{way}", f"{degrees}° {word}")
        others = (f"{degrees} degrees {wrong}", f"{degrees + 1}° {way}", f"{degrees}° {wrong[0].upper()}")
    if rng.random() < 0.5:
        return same(*rng.sample(forms, 2), question, "in its trade")
    return different(rng.choice(forms), rng.choice(others), question, "in its trade")


RULES = ((rungs, 5.0), (relatives, 0.8), (around, 0.8), (clock, 0.6), (numbered, 1.4))


def written_down() -> list[list[str]]:
    """All forms on each ladder."""
    return [[form for rung in ladder for form in rung] for _, ladder in _ladders()]
