"""Every place that may be meant by a city, a state and a ZIP, each with the log probability of what was written.

A noisy channel: P(place) x P(city written | place) x P(state written | place) x P(ZIP written | place). The search
is blocked: only ZIPs one slip from the ZIP written, and cities of the state or of the ZIP's region, are weighed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log
from operator import ne
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from dq_service.reference.place_names import NICKNAMES, is_abbreviation, short_key
from dq_service.reference.places import ACCEPTABLE, CITY, KEYS, LATITUDE, LONGITUDE, NOT_ACCEPTABLE, RETIRED, STATE, TYPE, Places, Row
from dq_service.reference.resolution import SlipKind
from dq_service.reference.spelling import NEVER, log_typed, most_slips
from dq_service.reference.states import StateReading
from dq_service.reference.zip_codes import SWAPPED, ZipReading

# P(place): how often a place of that type is meant, beside a standard one.
BY_TYPE: Final = {"standard": 0.0, "military": 0.0, "po_box": log(0.1), "unique": log(0.03)}
BY_TYPE_BOX: Final = {"standard": log(0.3), "military": 0.0, "po_box": 0.0, "unique": log(0.03)}  # line 1 is a box
OF_RETIRED: Final = log(0.02)
NOT_FOR_A_STREET: Final = log(1e-3)  # a ZIP of boxes or of one firm, unasked, in a city that has street ZIPs

# P(city written | place). The three roles were weighed on postal usage: of addresses in ZIPs with acceptable names,
# about one in seven uses one; one in two hundred uses a name that the post does not accept.
PREFERRED, ACCEPTED, REFUSED = log(0.85), log(0.145), log(0.005)
CITY_MISSING: Final = log(4e-3)
NAMED_OTHERWISE: Final = 0.03  # where the city is missing: that the sender means an acceptable name
ABBREVIATED: Final = log(2e-3 / 400)  # one particular shortening of a name
CUT_OFF: Final = log(6e-4 / 8)  # a name cut by the width of a column, of about eight widths
NICKNAMED: Final = log(2e-3)
OTHER_PLACE: Final = 0.05  # that a name with a word less is another place: Westlake beside Westlake Village
SHORTENED: Final = frozenset({ABBREVIATED, CUT_OFF, NICKNAMED})
CITY_NEAR: Final = (  # the name of another city: up to so many miles away, log P of that one city
    (12.0, log(1.2e-2 / 15)),  # people write the big or the next town; about fifteen are so near
    (30.0, log(3e-3 / 100)),
)
CITY_IN_STATE: Final = log(3e-4 / 600)  # any city of the state
CITY_ANYWHERE: Final = log(5e-5 / 19_000)
LOCAL_USE: Final = 0.15  # that the name is used there, though the post's list does not say so
LOCAL_NAME: Final = log(4e-3)  # a name that the table does not have, each letter one of about seven likely ones
A_LETTER: Final = log(7.0)
LOCAL_TO_PREFERRED: Final = 0.7  # that the preferred city is then what should be written

# P(ZIP written | place), for a ZIP that is no slip of it (zip_codes.py has the slips).
ZIP_NEAR: Final = ((12.0, log(4e-3 / 15)), (30.0, log(1.5e-3 / 60)))  # a neighbour's ZIP
ZIP_IN_STATE: Final = log(3e-4 / 700)  # any ZIP of the state
ZIP_ANYWHERE: Final = log(5e-4 / 42_000)
ZIP_OF_NAMESAKE: Final = log(2e-5 / 20)  # the ZIP looked up for the city of that name in another state
ZIP_GONE: Final = log(2e-4 / 20)  # a number of the same region, once a ZIP and not in the table
TWO_DIGITS: Final = log(1e-4 / 810)  # two digits wrong, of ten pairs by 81 values
NO_ZIP: Final = log(5e-4 / 100_000)  # any five digits

# Two addresses mixed: city and state of the one, ZIP of the other. One of 30,000 cities.
MIXED: Final = log(5e-4 / 30_000)
# None of these: whatever is written has another cause. Each field then is one of all texts that are seen.
OUTSIDE: Final = log(1e-3)
OUTSIDE_CITY, OUTSIDE_STATE, OUTSIDE_ZIP = log(1 / 19_000), log(1 / 55), log(1 / 84_000)
OUTSIDE_BLANK, OUTSIDE_STRANGE, OUTSIDE_UNREADABLE = log(0.1), log(1e-3), log(0.3)

PIN_MILES, PIN_FARTHEST = 12.0, 60.0  # real addresses lie up to 14 miles from the centre of their ZIP
STREET_ELSEWHERE: Final = log(1 / 200)  # that street and number are known in this state, and not in this ZIP
MOST_ZIPS: Final = 400
NEAREST_OF: Final = 40  # ZIPs of a city that are looked at for its distance


@dataclass(frozen=True, slots=True)
class Question:
    """What was written, read field by field; `key` is the city's key, "" where there is no city."""

    key: str
    city: str
    state: StateReading
    zip: ZipReading
    po_box: bool
    pin: tuple[float, float] | None
    street_zips: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One place that may be meant. `city` is the name to write, None where the sender's own stays: it is right, or
    (with the slip city_unknown) a local name that nobody can confirm.
    """

    zip5: str
    weight: float
    city: str | None
    city_slip: SlipKind | None


def weigh(question: Question, places: Places) -> tuple[list[Hypothesis], float]:
    """The hypotheses with their log weights, and the log weight of none of these."""
    heard: dict[str, float] = {}
    pool = _pool(question, places, heard)
    rows, options = places.rows, question.zip.options
    served = {row[KEYS][0] for zip5 in pool if (row := rows[zip5])[TYPE] == "standard" and not row[RETIRED]}
    by_type = BY_TYPE_BOX if question.po_box else BY_TYPE
    found: list[Hypothesis] = []
    for zip5 in pool:
        row = rows[zip5]
        weight = by_type[row[TYPE]]
        if row[RETIRED]:
            weight += OF_RETIRED
        option = options.get(zip5)
        if option is None and not question.po_box and weight < 0 and not served.isdisjoint((row[KEYS][0], question.key)):
            weight += NOT_FOR_A_STREET
        weight += _zip_weight(question, zip5, row, places)
        weight += _evidence_weight(question, zip5, places)
        of_state = question.state.of(row[STATE])[0]
        for chance, name, slip in _cities(question, zip5, row, places, heard):
            of_both = chance + of_state
            if slip == "city_not_of_zip" and question.state.code and question.state.code != row[STATE]:
                of_both = max(of_both, MIXED)
            found.append(Hypothesis(zip5, weight + of_both, name, slip))
    return found, _outside(question, places)


def _pool(question: Question, places: Places, heard: dict[str, float]) -> dict[str, None]:
    """The ZIPs worth weighing, in a fixed order."""
    key, reading, rows = question.key, question.zip, places.rows
    named = places.named.get(key, ())
    state = question.state
    if reading.known and key and key in rows[reading.zip5][KEYS]:
        pool = {reading.zip5: None}
        if state.code and state.code != rows[reading.zip5][STATE]:  # the namesake in the state that is written
            pool.update(dict.fromkeys(zip5 for code, zips in named if code == state.code for zip5 in zips[:MOST_ZIPS]))
        return pool
    pool = {}
    for zip5, option in reading.options.items():
        row = rows[zip5]
        fits = key in row[KEYS] if key else row[STATE] in state.likely
        if option.chance >= SWAPPED or fits:
            pool[zip5] = None
    nickname = NICKNAMES.get(key)
    keys = {key: None} if named else {}
    if nickname:
        keys[nickname[1]] = None
        heard[nickname[1]] = NICKNAMED
    if key and not any(code in state.likely for code, _ in named) and not _heard_in_zip(question, places, heard):
        keys.update(dict.fromkeys(_similar(question, places)))
    region = reading.zip5[:3]
    for name in keys:
        for code, zips in places.named.get(name, ()):
            if code in state.likely or not state.likely:
                pool.update(dict.fromkeys(zips[:MOST_ZIPS]))
            elif name == key:  # the state contradicts: the city elsewhere, near the ZIP if there are many
                pool.update(dict.fromkeys(z for z in zips if len(zips) <= 60 or z[:3] == region))
            if len(pool) > MOST_ZIPS:
                return pool
    return pool


def _heard_in_zip(question: Question, places: Places, heard: dict[str, float]) -> bool:
    """Whether the city is a misspelt name of the very ZIP written, in the state written: no need to look farther."""
    row = places.rows.get(question.zip.zip5)
    if row is None or row[STATE] not in question.state.likely:
        return False
    return any(_typed(name, question.key, heard) > NEVER for name in row[KEYS])


def _similar(question: Question, places: Places) -> Iterator[str]:
    """Keys spelled like the city in the ZIP's region and in the states that may be meant."""
    regions = {zip5[:3] for zip5 in (question.zip.zip5, *list(question.zip.options)[:3]) if zip5}
    blocks = [places.keys_in_region(region) for region in regions]
    if len(question.state.likely) <= 3:
        blocks += [places.keys_in_state(code) for code in question.state.likely]
    elif question.state.code:
        blocks.append(places.keys_in_state(question.state.code))
    key, most = question.key, most_slips(len(question.key))
    for block in blocks:
        near = process.extract(key, block, scorer=OSA.distance, processor=None, score_cutoff=most, limit=5)
        for name, distance, _ in near:
            if distance:
                yield name


def _typed(name: str, key: str, heard: dict[str, float]) -> float:
    chance = heard.get(name)
    if chance is None:
        chance = heard[name] = log_typed(name, key)
        if chance == NEVER and 5 < len(key) < len(name) - 1 and name.startswith(key):
            chance = heard[name] = CUT_OFF
        elif chance == NEVER and is_abbreviation(key, name):
            chance = heard[name] = ABBREVIATED
    return chance


def _cities(
    question: Question, zip5: str, row: Row, places: Places, heard: dict[str, float]
) -> Iterator[tuple[float, str | None, SlipKind | None]]:
    """Log P(city written | this ZIP) by the name meant: (chance, the name to write or None, slip)."""
    key, keys, accepted = question.key, row[KEYS], len(row[ACCEPTABLE])
    if not key:
        others = [n for n, k in zip(row[ACCEPTABLE], keys[1:], strict=False) if not _same(k, keys[0])]
        yield CITY_MISSING + (log(1 - NAMED_OTHERWISE) if others else 0.0), row[CITY], "city_missing"
        for name in others[:4]:
            yield CITY_MISSING + log(NAMED_OTHERWISE / len(others)), name, "city_missing"
        return
    if key in keys:
        yield _role(keys.index(key), accepted, len(keys)), None, None
        return
    names = (row[CITY], *row[ACCEPTABLE], *row[NOT_ACCEPTABLE])
    for place, name in enumerate(keys):
        chance = _typed(name, key, heard)
        if chance > NEVER and keys.index(name) == place:  # of spellings that are one name, the longest
            slip: SlipKind = "city_abbreviated" if chance in SHORTENED else "city_misspelled"
            spelled = max((n for n, k in zip(names, keys, strict=True) if k == name), key=len) if place else names[0]
            chance += _role(place, accepted, len(keys))
            yield chance, spelled, slip
            if slip == "city_abbreviated" and len(spelled.split()) > len(question.city.split()):
                yield chance + log(OTHER_PLACE), None, "city_unknown"
    short = short_key(row[CITY])
    if short != keys[0] and heard[keys[0]] == NEVER:  # a slip in `St` of `St Paul`
        chance = log_typed(short, short_key(question.city))
        if chance > NEVER:
            yield chance + PREFERRED, row[CITY], "city_misspelled"
    if key in places.named:
        chance = _neighbour(key, zip5, row, places)
        yield chance + log(1 - LOCAL_USE), row[CITY], "city_not_of_zip"
        yield chance + log(LOCAL_USE), None, "city_unknown"
    else:
        local = LOCAL_NAME - A_LETTER * len(key)
        yield local + log(LOCAL_TO_PREFERRED), row[CITY], "city_unknown"
        yield local + log(1 - LOCAL_TO_PREFERRED), None, "city_unknown"


def _role(place: int, accepted: int, count: int) -> float:
    if place == 0:
        return PREFERRED if accepted else PREFERRED + log(1 / 0.85)
    if place <= accepted:
        return ACCEPTED - log(accepted)
    return REFUSED - log(count - 1 - accepted)


def _same(key: str, preferred: str) -> bool:
    """Whether an acceptable name is the preferred one written short: `puntastgo` of `puntasantiago`."""
    return key == preferred or (key[:4] == preferred[:4] and is_abbreviation(key, preferred + key))


def _neighbour(key: str, zip5: str, row: Row, places: Places) -> float:
    """Log P of writing a known city that does not belong to the ZIP, by how far it is."""
    nearest = _nearest(key, zip5, row, places)
    for miles, chance in CITY_NEAR:
        if nearest is not None and nearest <= miles:
            return chance
    in_state = any(code == row[STATE] for code, _ in places.named[key])
    return CITY_IN_STATE if in_state else CITY_ANYWHERE


def _nearest(key: str, zip5: str, row: Row, places: Places) -> float | None:
    nearest: float | None = None
    for _, zips in places.named[key]:
        step = max(1, len(zips) // NEAREST_OF)
        for other in zips[::step]:
            there = places.rows[other]
            latitude, here = there[LATITUDE], row[LATITUDE]
            if latitude is None or here is None or abs(latitude - here) > 0.5:
                continue
            miles = places.miles_to(zip5, latitude, there[LONGITUDE])
            if miles is not None and (nearest is None or miles < nearest):
                nearest = miles
    return nearest


def _zip_weight(question: Question, zip5: str, row: Row, places: Places) -> float:
    """Log P(ZIP written | this ZIP is meant)."""
    reading = question.zip
    option = reading.options.get(zip5)
    chance = option.chance if option else NEVER
    if reading.others is not None:
        return max(chance, reading.others)
    if option and option.slip is None:
        return chance
    if sum(map(ne, zip5, reading.zip5)) == 2:
        chance = max(chance, TWO_DIGITS)
    if not reading.known:
        return max(chance, ZIP_GONE if zip5[:3] == reading.zip5[:3] else NO_ZIP)
    chance = max(chance, ZIP_IN_STATE if places.rows[reading.zip5][STATE] == row[STATE] else ZIP_ANYWHERE)
    apart = places.miles(zip5, reading.zip5)
    for miles, near in ZIP_NEAR:
        if apart is not None and apart <= miles:
            return max(chance, near)
    if question.key in row[KEYS] and question.key in places.rows[reading.zip5][KEYS]:
        chance = max(chance, ZIP_OF_NAMESAKE)
    return chance


def _evidence_weight(question: Question, zip5: str, places: Places) -> float:
    """What a pin and known address points add."""
    weight = 0.0
    if question.pin is not None:
        miles = places.miles_to(zip5, *question.pin)
        weight -= PIN_FARTHEST / PIN_MILES if miles is None else min(miles, PIN_FARTHEST) / PIN_MILES
    if question.street_zips and zip5 not in question.street_zips:
        weight += STREET_ELSEWHERE
    return weight


def _outside(question: Question, places: Places) -> float:
    """The log weight of none of these, in the measure of the hypotheses (a standard ZIP weighs 1)."""
    weight = OUTSIDE + log(len(places.rows) or 1)
    if not question.key:
        weight += OUTSIDE_BLANK
    elif question.key in places.named:
        weight += OUTSIDE_CITY
    else:  # a name of its own, which may be right as it is
        weight += LOCAL_NAME - A_LETTER * len(question.key)
    state, reading = question.state, question.zip
    if state.code:
        weight += OUTSIDE_STATE
    else:
        weight += OUTSIDE_BLANK if state.other_slip == "state_missing" else OUTSIDE_STRANGE
    if reading.zip5 or reading.options:
        weight += OUTSIDE_ZIP
    else:
        weight += OUTSIDE_BLANK if reading.missing else OUTSIDE_UNREADABLE
    if question.street_zips:
        weight += STREET_ELSEWHERE
    return weight
