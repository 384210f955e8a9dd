"""Every place that may be meant by a city, a state and a ZIP, each with the log probability of what was written.

A noisy channel: P(place) x P(city written | place) x P(state written | place) x P(ZIP written | place). The search
is blocked: only ZIPs one slip from the ZIP written, and cities of the state or of the ZIP's region, are weighed.
"""

from collections.abc import Iterable, Iterator
from math import log
from operator import ne
from typing import Final, NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from dq_service.reference import error_rates as rates
from dq_service.reference.place_names import NICKNAMES, is_abbreviation, short_key
from dq_service.reference.places import Place, Places
from dq_service.reference.resolution import SlipKind
from dq_service.reference.spelling import NEVER, log_typed, most_slips
from dq_service.reference.states import StateReading
from dq_service.reference.zip_codes import ZipOption, ZipReading

MOST_ZIPS: Final = 400
SHORTENED: Final = frozenset({rates.CITY_SHORTENED, rates.CITY_CUT_OFF, rates.CITY_NICKNAME})
SPELT_OUT: Final = 5  # letters of a city that is sought in the whole country
FAR: Final = 0.5  # degrees of latitude: more miles than any that counts as near
NEAREST: Final = rates.ZIP_NEAR[0][1]  # a slip as likely as that is likelier than any other reason for a wrong ZIP
NEAREST_OF: Final = 40  # ZIPs of a city that are looked at for its distance


class Question(NamedTuple):
    """What was written, read field by field; `key` is the city's key, "" where there is no city. `heard` is what was
    worked out so far: log P(this city typed | the name meant), by the name's key.
    """

    key: str
    city: str
    state: StateReading
    zip: ZipReading
    po_box: bool
    street_zips: tuple[str, ...]
    covered: frozenset[str]
    heard: dict[str, float]


class Hypothesis(NamedTuple):
    """One place that may be meant. `city` is the name to write, None where the sender's own stays: it is right, or
    (with the slip city_unknown) a local name that nobody can confirm. A tuple, since dozens are made for a question.
    """

    zip5: str
    weight: float
    city: str | None
    city_slip: SlipKind | None


def weigh(question: Question, places: Places) -> tuple[list[Hypothesis], float]:
    """The hypotheses with their log weights, and the log weight of none of these."""
    pool = _pool(question, places)
    key, state, reading = question.key, question.state, question.zip
    rows, options, others = places.rows, reading.options, reading.others
    written = rows.get(reading.zip5)
    served: set[str] | None = None
    by_type = rates.BY_TYPE_BOX if question.po_box else rates.BY_TYPE
    found: list[Hypothesis] = []
    for zip5 in pool:
        row, option = rows[zip5], options.get(zip5)
        weight = by_type[row.type]
        if row.retired:
            weight += rates.OF_RETIRED
        if weight < 0 and option is None and not question.po_box:
            served = _served(pool, places) if served is None else served
            if not served.isdisjoint((row.keys[0], key)):
                weight += rates.NOT_FOR_A_STREET
        if others is not None:
            weight += others if option is None or option[0] < others else option[0]
        elif option is not None and (option[1] is None or option[0] >= NEAREST):
            weight += option[0]
        else:
            weight += _another_zip(question, zip5, row, option, written, places)
        if question.street_zips:
            weight += _street_weight(question, zip5)
        of_state = state.of(row.state)[0]
        if not key:
            for chance, name in _names(row) if row.acceptable else ((rates.CITY_MISSING, row.city),):
                found.append(Hypothesis(zip5, weight + (chance + of_state), name, "city_missing"))
        elif key in row.keys:
            role = _role(row.keys.index(key), len(row.acceptable), len(row.keys))
            found.append(Hypothesis(zip5, weight + (role + of_state), None, None))
        else:
            for chance, spelled, slip in _cities(question, zip5, row, places):
                of_both = chance + of_state
                if slip == "city_not_of_zip" and state.code and state.code != row.state:
                    of_both = max(of_both, rates.MIXED)
                found.append(Hypothesis(zip5, weight + of_both, spelled, slip))
    return found, _outside(question, places)


def _served(pool: Iterable[str], places: Places) -> set[str]:
    """The keys of the cities that have street ZIPs among these."""
    rows = places.rows
    return {row.keys[0] for zip5 in pool if (row := rows[zip5]).type == "standard" and not row.retired}


def _pool(question: Question, places: Places) -> dict[str, None]:
    """The ZIPs worth weighing, in a fixed order."""
    key, reading, rows = question.key, question.zip, places.rows
    named = places.named.get(key, ())
    state = question.state
    if reading.known and key and key in rows[reading.zip5].keys:
        pool = {reading.zip5: None}
        if state.code and state.code != rows[reading.zip5].state:  # the namesake in the state that is written
            pool.update(dict.fromkeys(zip5 for code, zips in named if code == state.code for zip5 in zips[:MOST_ZIPS]))
        return pool
    is_heard = heard_in_zip(key, rows.get(reading.zip5), state, places, question.heard)
    if is_heard and reading.known:  # a misspelt name of the very ZIP written, in the state written
        return {reading.zip5: None}
    pool = {}
    of_city = {zip5 for _, zips in named for zip5 in zips}
    for zip5, option in reading.options.items():
        if option.chance >= rates.ZIP_SWAPPED or (zip5 in of_city if key else rows[zip5].state in state.likely):
            pool[zip5] = None
    nickname = NICKNAMES.get(key)
    keys = {key: None} if named else {}
    if nickname:
        keys[nickname[1]] = None
        question.heard[nickname[1]] = rates.CITY_NICKNAME
    if key and not any(code in state.likely for code, _ in named) and not is_heard:
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


def heard_in_zip(key: str, row: Place | None, state: StateReading, places: Places, heard: dict[str, float]) -> bool:
    """Whether a city is a misspelt name of the very ZIP written, in the state written, and no city of that state
    itself: then there is no need to look farther.
    """
    if not key or row is None or state.of(row.state)[1] == "state_not_of_place":
        return False
    if any(code == row.state for code, _ in places.named.get(key, ())):
        return False
    return any(_typed(name, key, heard) > NEVER for name in row.keys)


def _similar(question: Question, places: Places) -> Iterator[str]:
    """Keys spelled like the city in the ZIP's region and in the states that may be meant; anywhere, if none is told."""
    zips = (question.zip.zip5, *list(question.zip.options)[:3])
    regions = dict.fromkeys(zip5[:3] for zip5 in zips if zip5)  # in order: the last digits of a sum depend on it
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


def _names(row: Place) -> list[tuple[float, str]]:
    """The names that a missing city may be, each with the log probability of leaving it out.

    An acceptable name that is the preferred one written short (`puntastgo` of `puntasantiago`) is none of its own.
    """
    preferred, head = row.keys[0], row.keys[0][:4]
    others = [
        name
        for name, key in zip(row.acceptable, row.keys[1:], strict=False)
        if key != preferred and (key[:4] != head or not is_abbreviation(key, preferred + key))
    ]
    if not others:
        return [(rates.CITY_MISSING, row.city)]
    found = [(rates.CITY_MISSING + log(1 - rates.NAMED_OTHERWISE), row.city)]
    chance = rates.CITY_MISSING + log(rates.NAMED_OTHERWISE / len(others))
    return found + [(chance, name) for name in others[:4]]


def _cities(
    question: Question, zip5: str, row: Place, places: Places
) -> Iterator[tuple[float, str | None, SlipKind | None]]:
    """Log P(city written | this ZIP) of a city that is none of the ZIP's, by the name meant: (chance, the name to
    write or None, slip).
    """
    key, keys, accepted, heard = question.key, row.keys, len(row.acceptable), question.heard
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
    if heard[keys[0]] == NEVER and (short := short_key(row.city)) != keys[0]:  # a slip in `St` of `St Paul`
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


def _neighbour(key: str, zip5: str, row: Place, places: Places) -> float:
    """Log P of writing a known city that does not belong to the ZIP, by how far it is."""
    nearest = _nearest(key, zip5, row, places)
    for miles, chance in rates.CITY_NEAR:
        if nearest is not None and nearest <= miles:
            return chance
    in_state = any(code == row.state for code, _ in places.named[key])
    return rates.CITY_IN_STATE if in_state else rates.CITY_ANYWHERE


def _nearest(key: str, zip5: str, row: Place, places: Places) -> float | None:
    """Miles to the nearest ZIP of a city, where one is within half a degree; nearer than near need not be known."""
    nearest: float | None = None
    here, near_enough = row.latitude, rates.CITY_NEAR[0][0]
    if here is None:
        return None
    for _, zips in places.named[key]:
        step = max(1, len(zips) // NEAREST_OF)
        for other in zips[::step]:
            there = places.rows[other]
            latitude = there.latitude
            if latitude is None or abs(latitude - here) > 0.5:
                continue
            miles = places.miles_to(zip5, latitude, there.longitude)
            if miles is not None and (nearest is None or miles < nearest):
                nearest = miles
                if miles <= near_enough:
                    return nearest
    return nearest


def _another_zip(
    question: Question, zip5: str, row: Place, option: ZipOption | None, written: Place | None, places: Places
) -> float:
    """Log P(ZIP written | this other ZIP is meant), by what slip it would be or how far from `written` it is."""
    typed = question.zip.zip5
    if option is not None:
        chance = option.chance  # likelier than any number without a reason
    else:
        if written is None:
            chance = rates.ZIP_GONE if zip5[:3] == typed[:3] else rates.ZIP_NONE
        else:
            chance = rates.ZIP_IN_STATE if written.state == row.state else rates.ZIP_ANYWHERE
        if sum(map(ne, zip5, typed)) == 2:
            chance = max(chance, rates.ZIP_TWO_DIGITS)
    if written is None:
        return chance
    here, there = row.latitude, written.latitude
    if here is not None and there is not None and -FAR < here - there < FAR:
        apart = places.miles_to(zip5, there, written.longitude)
        for miles, near in rates.ZIP_NEAR:
            if apart is not None and apart <= miles:
                return max(chance, near)
    if chance < rates.ZIP_OF_NAMESAKE and question.key in row.keys and question.key in written.keys:
        return rates.ZIP_OF_NAMESAKE
    return chance


def _street_weight(question: Question, zip5: str) -> float:
    """What known address points add, once they know the street and the number somewhere."""
    if zip5 in question.street_zips:
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
