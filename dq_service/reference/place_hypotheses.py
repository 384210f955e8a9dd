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

from dq_service.reference import error_rates as rates
from dq_service.reference.place_names import NICKNAMES, is_abbreviation, short_key
from dq_service.reference.places import Place, Places
from dq_service.reference.resolution import SlipKind
from dq_service.reference.spelling import NEVER, log_typed, most_slips
from dq_service.reference.states import StateReading
from dq_service.reference.zip_codes import ZipReading

MOST_ZIPS: Final = 400
SHORTENED: Final = frozenset({rates.CITY_SHORTENED, rates.CITY_CUT_OFF, rates.CITY_NICKNAME})
SPELT_OUT: Final = 5  # letters of a city that is sought in the whole country
NEAREST_OF: Final = 40  # ZIPs of a city that are looked at for its distance


@dataclass(frozen=True, slots=True)
class Question:
    """What was written, read field by field; `key` is the city's key, "" where there is no city."""

    key: str
    city: str
    state: StateReading
    zip: ZipReading
    po_box: bool
    street_zips: tuple[str, ...]
    covered: frozenset[str]


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
    served = {row.keys[0] for zip5 in pool if (row := rows[zip5]).type == "standard" and not row.retired}
    by_type = rates.BY_TYPE_BOX if question.po_box else rates.BY_TYPE
    found: list[Hypothesis] = []
    for zip5 in pool:
        row = rows[zip5]
        weight = by_type[row.type]
        if row.retired:
            weight += rates.OF_RETIRED
        option = options.get(zip5)
        if option is None and not question.po_box and weight < 0 and not served.isdisjoint((row.keys[0], question.key)):
            weight += rates.NOT_FOR_A_STREET
        weight += _zip_weight(question, zip5, row, places)
        weight += _street_weight(question, zip5)
        of_state = question.state.of(row.state)[0]
        for chance, name, slip in _cities(question, zip5, row, places, heard):
            of_both = chance + of_state
            if slip == "city_not_of_zip" and question.state.code and question.state.code != row.state:
                of_both = max(of_both, rates.MIXED)
            found.append(Hypothesis(zip5, weight + of_both, name, slip))
    return found, _outside(question, places)


def _pool(question: Question, places: Places, heard: dict[str, float]) -> dict[str, None]:
    """The ZIPs worth weighing, in a fixed order."""
    key, reading, rows = question.key, question.zip, places.rows
    named = places.named.get(key, ())
    state = question.state
    if reading.known and key and key in rows[reading.zip5].keys:
        pool = {reading.zip5: None}
        if state.code and state.code != rows[reading.zip5].state:  # the namesake in the state that is written
            pool.update(dict.fromkeys(zip5 for code, zips in named if code == state.code for zip5 in zips[:MOST_ZIPS]))
        return pool
    heard_in_zip = key and _heard_in_zip(question, places, heard)
    if heard_in_zip and reading.known:  # a misspelt name of the very ZIP written, in the state written
        return {reading.zip5: None}
    pool = {}
    for zip5, option in reading.options.items():
        row = rows[zip5]
        fits = key in row.keys if key else row.state in state.likely
        if option.chance >= rates.ZIP_SWAPPED or fits:
            pool[zip5] = None
    nickname = NICKNAMES.get(key)
    keys = {key: None} if named else {}
    if nickname:
        keys[nickname[1]] = None
        heard[nickname[1]] = rates.CITY_NICKNAME
    if key and not any(code in state.likely for code, _ in named) and not heard_in_zip:
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
    """Whether the city is a misspelt name of the very ZIP written, in the state written, and no city of that state
    itself: then there is no need to look farther."""
    row = places.rows.get(question.zip.zip5)
    if row is None or question.state.of(row.state)[1] == "state_not_of_place":
        return False
    if any(code == row.state for code, _ in places.named.get(question.key, ())):
        return False
    return any(_typed(name, question.key, heard) > NEVER for name in row.keys)


def _similar(question: Question, places: Places) -> Iterator[str]:
    """Keys spelled like the city in the ZIP's region and in the states that may be meant; anywhere, if none is told."""
    regions = {zip5[:3] for zip5 in (question.zip.zip5, *list(question.zip.options)[:3]) if zip5}
    blocks = [places.keys_in_region(region) for region in regions]
    if len(question.state.likely) <= 3:
        blocks += [places.keys_in_state(code) for code in question.state.likely]
    elif question.state.code:
        blocks.append(places.keys_in_state(question.state.code))
    if not blocks and len(question.key) >= SPELT_OUT:
        blocks.append(tuple(places.named))
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
        if 5 < len(key) < len(name) - 1 and name.startswith(key):
            chance = heard[name] = max(chance, rates.CITY_CUT_OFF)
        elif chance == NEVER and is_abbreviation(key, name):
            chance = heard[name] = rates.CITY_SHORTENED
    return chance


def _cities(
    question: Question, zip5: str, row: Place, places: Places, heard: dict[str, float]
) -> Iterator[tuple[float, str | None, SlipKind | None]]:
    """Log P(city written | this ZIP) by the name meant: (chance, the name to write or None, slip)."""
    key, keys, accepted = question.key, row.keys, len(row.acceptable)
    if not key:
        others = [n for n, k in zip(row.acceptable, keys[1:], strict=False) if not _same(k, keys[0])]
        yield rates.CITY_MISSING + (log(1 - rates.NAMED_OTHERWISE) if others else 0.0), row.city, "city_missing"
        for name in others[:4]:
            yield rates.CITY_MISSING + log(rates.NAMED_OTHERWISE / len(others)), name, "city_missing"
        return
    if key in keys:
        yield _role(keys.index(key), accepted, len(keys)), None, None
        return
    names = (row.city, *row.acceptable, *row.not_acceptable)
    for place, name in enumerate(keys):
        chance = _typed(name, key, heard)
        if chance > NEVER and keys.index(name) == place:  # of spellings that are one name, the longest
            slip: SlipKind = "city_abbreviated" if chance in SHORTENED else "city_misspelled"
            spelled = max((n for n, k in zip(names, keys, strict=True) if k == name), key=len) if place else names[0]
            chance += _role(place, accepted, len(keys))
            yield chance, spelled, slip
            if slip == "city_abbreviated" and len(spelled.split()) > len(question.city.split()):
                yield chance + log(rates.OTHER_PLACE), None, "city_unknown"
    short = short_key(row.city)
    if short != keys[0] and heard[keys[0]] == NEVER:  # a slip in `St` of `St Paul`
        chance = log_typed(short, short_key(question.city))
        if chance > NEVER:
            yield chance + rates.PREFERRED, row.city, "city_misspelled"
    if key in places.named:
        chance = _neighbour(key, zip5, row, places)
        yield chance + log(1 - rates.LOCAL_USE), row.city, "city_not_of_zip"
        yield chance + log(rates.LOCAL_USE), None, "city_unknown"
    else:
        local = rates.LOCAL_NAME - rates.A_LETTER * len(key)
        yield local + log(rates.LOCAL_TO_PREFERRED), row.city, "city_unknown"
        yield local + log(1 - rates.LOCAL_TO_PREFERRED), None, "city_unknown"


def _role(place: int, accepted: int, count: int) -> float:
    if place == 0:
        return rates.PREFERRED if accepted else rates.PREFERRED + log(1 / 0.85)
    if place <= accepted:
        return rates.ACCEPTED - log(accepted)
    return rates.REFUSED - log(count - 1 - accepted)


def _same(key: str, preferred: str) -> bool:
    """Whether an acceptable name is the preferred one written short: `puntastgo` of `puntasantiago`."""
    return key == preferred or (key[:4] == preferred[:4] and is_abbreviation(key, preferred + key))


def _neighbour(key: str, zip5: str, row: Place, places: Places) -> float:
    """Log P of writing a known city that does not belong to the ZIP, by how far it is."""
    nearest = _nearest(key, zip5, row, places)
    for miles, chance in rates.CITY_NEAR:
        if nearest is not None and nearest <= miles:
            return chance
    in_state = any(code == row.state for code, _ in places.named[key])
    return rates.CITY_IN_STATE if in_state else rates.CITY_ANYWHERE


def _nearest(key: str, zip5: str, row: Place, places: Places) -> float | None:
    nearest: float | None = None
    for _, zips in places.named[key]:
        step = max(1, len(zips) // NEAREST_OF)
        for other in zips[::step]:
            there = places.rows[other]
            latitude, here = there.latitude, row.latitude
            if latitude is None or here is None or abs(latitude - here) > 0.5:
                continue
            miles = places.miles_to(zip5, latitude, there.longitude)
            if miles is not None and (nearest is None or miles < nearest):
                nearest = miles
    return nearest


def _zip_weight(question: Question, zip5: str, row: Place, places: Places) -> float:
    """Log P(ZIP written | this ZIP is meant)."""
    reading = question.zip
    option = reading.options.get(zip5)
    chance = option.chance if option else NEVER
    if reading.others is not None:
        return max(chance, reading.others)
    if option and option.slip is None:
        return chance
    if sum(map(ne, zip5, reading.zip5)) == 2:
        chance = max(chance, rates.ZIP_TWO_DIGITS)
    if not reading.known:
        return max(chance, rates.ZIP_GONE if zip5[:3] == reading.zip5[:3] else rates.ZIP_NONE)
    chance = max(chance, rates.ZIP_IN_STATE if places.rows[reading.zip5].state == row.state else rates.ZIP_ANYWHERE)
    apart = places.miles(zip5, reading.zip5)
    for miles, near in rates.ZIP_NEAR:
        if apart is not None and apart <= miles:
            return max(chance, near)
    if question.key in row.keys and question.key in places.rows[reading.zip5].keys:
        chance = max(chance, rates.ZIP_OF_NAMESAKE)
    return chance


def _street_weight(question: Question, zip5: str) -> float:
    """What known address points add, once they know the street and the number somewhere."""
    if not question.street_zips or zip5 in question.street_zips:
        return 0.0
    return rates.STREET_ELSEWHERE if zip5 in question.covered else rates.STREET_UNSEEN


def _outside(question: Question, places: Places) -> float:
    """The log weight of none of these, in the measure of the hypotheses (a standard ZIP weighs 1)."""
    weight = rates.OUTSIDE + log(len(places.rows) or 1)
    if not question.key:
        weight += rates.OUTSIDE_BLANK
    elif question.key in places.named:
        weight += rates.OUTSIDE_CITY
    else:  # a name of its own, which may be right as it is
        weight += rates.LOCAL_NAME - rates.A_LETTER * len(question.key)
    state, reading = question.state, question.zip
    if state.code:
        weight += rates.OUTSIDE_STATE + (rates.STATE_NAMED if state.of(state.code)[1] == "state_name" else 0.0)
    else:
        weight += rates.OUTSIDE_BLANK if state.other_slip == "state_missing" else rates.OUTSIDE_STRANGE
    if reading.zip5 or reading.options:
        weight += rates.OUTSIDE_ZIP
    else:
        weight += rates.OUTSIDE_BLANK if reading.missing else rates.OUTSIDE_UNREADABLE
    if question.street_zips:
        weight += rates.STREET_UNSEEN
    return weight
