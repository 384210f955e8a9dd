"""When two spellings name the same city: case, accents, punctuation, spaces and the post's abbreviations aside."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

LONGEST: Final = 80  # letters of a city that are looked at; no postal name is longer than 60

# Abbreviation to word. USPS Publication 28, appendix C (suffixes) and the City State file (names of 13 letters).
WORDS: Final = {
    "n": "north", "no": "north", "s": "south", "so": "south", "e": "east", "w": "west",
    "nw": "northwest", "ne": "northeast", "sw": "southwest", "se": "southeast",
    "st": "saint", "ste": "saint", "sainte": "saint", "sn": "san",
    "ft": "fort", "mt": "mount", "mtn": "mountain", "mtns": "mountains", "pt": "point", "prt": "port",
    "spg": "spring", "spgs": "springs", "sprgs": "springs", "hts": "heights", "hgts": "heights", "vlg": "village",
    "vlge": "village", "twp": "township", "twnshp": "township", "jct": "junction", "jctn": "junction",
    "bch": "beach", "lk": "lake", "lks": "lakes", "cty": "city", "cy": "city", "ctr": "center", "cntr": "center",
    "centre": "center", "hl": "hill", "hls": "hills", "vly": "valley", "vw": "view", "pk": "park",
    "is": "island", "isl": "island", "iss": "islands", "fls": "falls", "hbr": "harbor", "harbour": "harbor",
    "gdn": "garden", "gdns": "gardens", "grv": "grove", "ml": "mill", "mls": "mills", "shr": "shore",
    "shrs": "shores", "lndg": "landing", "rnch": "ranch", "xing": "crossing", "crk": "creek", "brk": "brook",
    "riv": "river", "rdg": "ridge", "brg": "bridge", "univ": "university", "upr": "upper", "uppr": "upper",
    "lwr": "lower", "est": "estates", "ests": "estates", "msn": "mission", "plt": "plantation", "ter": "terrace",
    "mnr": "manor", "mdws": "meadows", "pnes": "pines", "plns": "plains", "pln": "plain", "plz": "plaza",
    "grd": "grand", "sta": "station", "cp": "camp", "frk": "fork", "frst": "forest", "cv": "cove",
    "hvn": "haven", "knl": "knoll", "lgt": "light", "orch": "orchard", "rpds": "rapids", "smt": "summit",
    "vis": "vista", "vl": "ville", "nat": "national", "natl": "national",
}  # fmt: skip
SHORT: Final = {"saint": "st", "fort": "ft", "mount": "mt", "north": "n", "south": "s", "east": "e", "west": "w"}
OF: Final = re.compile(r"^(?:city|town|township|village|borough) of (?=\w)")

# What people call a city: its state and its key. General knowledge; names that are postal names are not here.
NICKNAMES: Final = {
    "nyc": ("NY", "newyork"), "newyorkcity": ("NY", "newyork"), "manhattan": ("NY", "newyork"),
    "la": ("CA", "losangeles"), "sf": ("CA", "sanfrancisco"), "sanfran": ("CA", "sanfrancisco"),
    "slc": ("UT", "saltlakecity"), "saltlake": ("UT", "saltlakecity"), "okc": ("OK", "oklahomacity"),
    "philly": ("PA", "philadelphia"), "vegas": ("NV", "lasvegas"), "jax": ("FL", "jacksonville"),
    "cincy": ("OH", "cincinnati"), "nola": ("LA", "neworleans"), "kc": ("MO", "kansascity"),
    "kcmo": ("MO", "kansascity"), "kck": ("KS", "kansascity"), "indy": ("IN", "indianapolis"),
    "atl": ("GA", "atlanta"), "abq": ("NM", "albuquerque"), "phx": ("AZ", "phoenix"), "dc": ("DC", "washington"),
    "washingtondc": ("DC", "washington"), "saintpete": ("FL", "saintpetersburg"), "stl": ("MO", "saintlouis"),
    "ftlaud": ("FL", "fortlauderdale"), "fortlaud": ("FL", "fortlauderdale"), "pdx": ("OR", "portland"),
    "bmore": ("MD", "baltimore"), "cos": ("CO", "coloradosprings"), "msp": ("MN", "minneapolis"),
    "chitown": ("IL", "chicago"), "pgh": ("PA", "pittsburgh"), "rva": ("VA", "richmond"),
}  # fmt: skip


def folded(text: str) -> str:
    """Lower case without accents, compatibility forms undone: `San José` is `san jose`."""
    if text.isascii():
        return text[:LONGEST].lower()
    decomposed = unicodedata.normalize("NFKD", text[:LONGEST]).casefold()
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def city_key(name: str) -> str:
    """The key under which all right spellings of a city meet: `St. Paul`, `SAINT PAUL` and `Saint Paul` are one.

    Words written out and joined: `Ft Worth` is `fortworth`, `Coeur d'Alene` and `Coeur D Alene` are `coeurdalene`.
    Empty for a text without letters or digits.
    """
    if name.isascii() and name.isalpha():  # one plain word, as two names in three are
        word = name[:LONGEST].lower()
        return WORDS.get(word, word)
    return _key_of_words(name)


@lru_cache(maxsize=4096)
def _key_of_words(name: str) -> str:
    text = folded(name).replace("'", "").replace("\u2019", "").replace("&", " and ")
    words = re.findall(r"[^\W_]+", text)
    text = OF.sub("", " ".join(words)).removeprefix("the ")
    return "".join(WORDS.get(word, word) for word in text.split()).replace("airforcebase", "afb")


def short_key(name: str) -> str:
    """The name as people write it short: `Saint Paul` is `stpaul`, so that a slip in `St` is found."""
    if name.isascii() and name.isalpha():
        word = name[:LONGEST].lower()
        return SHORT.get(word, word)
    return "".join(SHORT.get(word, word) for word in re.findall(r"[^\W_]+", folded(name).replace("'", "")))


def is_abbreviation(short: str, name: str) -> bool:
    """Whether letters of `name`, in order and from its first, make up `short`: `sptbg` of `spartanburg`.

    Both are keys. An abbreviation keeps at least three letters and drops at least a third of the name.
    """
    if not 3 <= len(short) <= 0.67 * len(name) or short[0] != name[0]:
        return False
    rest = iter(name)
    return all(letter in rest for letter in short)
