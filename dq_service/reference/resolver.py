"""Which place is meant by a city, a state and a ZIP together: one answer, with how sure it is."""

from typing import Final

from dq_service.reference.place_candidates import REPLACED, Written, candidate, confirmed, posterior
from dq_service.reference.place_hypotheses import Hypothesis, Question, heard_in_zip, weigh
from dq_service.reference.place_names import city_key
from dq_service.reference.places import Place, Places
from dq_service.reference.resolution import FIELDS, PlaceCandidate, PlaceField, Resolution, Slip
from dq_service.reference.zip_codes import read_zip

CLEAR: Final = 0.9  # a winner: its finding is told by the rule of its error
LIKELY: Final = 0.5
FIELD_CLEAR: Final = 0.995  # one field is settled while others are open
CERTAIN_ZONE: Final = 0.995
MOST_CANDIDATES: Final = 5
WORTH_SAYING: Final = 1e-3
AS_GOOD: Final = 1.5  # candidates within this ratio are equals: the phone's area code then orders them
BY_NAME_ALONE: Final = 0.998  # a state's own name is that state, whatever the rest
REMEMBERED: Final = 4096  # answers kept, about 1 kB each

Answer = tuple[Hypothesis, float]


def resolve(
    city: str,
    state: str,
    postal_code: str,
    *,
    places: Places,
    area_code: str = "",
    street_zips: tuple[str, ...] = (),
    covered: frozenset[str] = frozenset(),
    po_box: bool = False,
    capitals: bool = False,
) -> Resolution:
    """The place that the three fields of an address in the United States name; any text will do, nothing is raised.

    `area_code` (three digits of a phone) only orders suggestions that are equally likely. `street_zips` are the ZIPs
    in which address points know the street *and* the number, `covered` all ZIPs that have points: there it tells
    more that they do not know it. `po_box`: the first line is a box. `capitals`: the rest of the address is in
    capitals, and so is a city that is supplied. The answer is remembered on `places`.
    """
    agreed = agreement(city, state, postal_code, places)
    if agreed is not None:
        return agreed
    asked = (city, state, postal_code, area_code, street_zips, covered, po_box, capitals)
    answer: Resolution | None = places.remembered.get(asked)
    if answer is None:
        row, key = _row(postal_code, places), city_key(city)
        read, heard = places.states.read(state), dict[str, float]()
        settled = row is not None and (key in row.keys or heard_in_zip(key, row, read, places, heard))
        reading = read_zip(postal_code, places.zip_codes, as_it_stands=settled)
        question = Question(key, city, read, reading, po_box, street_zips, covered, heard)
        written = Written(city, state, postal_code, city.isupper() if question.key else capitals)
        answer = _answer(question, written, area_code, places)
        _remember(places, asked, answer)
    return answer


def agreement(city: str, state: str, postal_code: str, places: Places) -> Resolution | None:
    """The answer where the three fields name one place as they stand, by look-ups alone; None where they do not."""
    row = _row(postal_code, places)
    if row is not None and state == row.state:
        key = city_key(city)
        if key in row.keys:
            return _agreed(city, postal_code[:5], key, row, places)
    return None


def agrees(city: str, state: str, postal_code: str, places: Places) -> bool:
    """Whether the three fields name one place as they stand and there is nothing to say: most do."""
    row = _row(postal_code, places)
    if row is None or state != row.state or row.retired:
        return False
    key, keys = city_key(city), row.keys
    return key == keys[0] or (key in keys and keys.index(key) <= len(row.acceptable))


def _row(postal_code: str, places: Places) -> Place | None:
    return places.rows.get(postal_code if len(postal_code) == 5 else _base(postal_code))


def _base(postal_code: str) -> str:
    """The ZIP of a well-formed ZIP+4, else nothing."""
    whole = len(postal_code) == 10 and postal_code[5] == "-" and postal_code.isascii() and postal_code[6:].isdecimal()
    return postal_code[:5] if whole else ""


def _remember(places: Places, asked: object, answer: Resolution) -> None:
    if len(places.remembered) >= REMEMBERED:
        places.remembered.clear()
    places.remembered[asked] = answer


def _agreed(city: str, zip5: str, key: str, row: Place, places: Places) -> Resolution:
    place = row.keys.index(key)
    if row.retired or place > len(row.acceptable):
        return Resolution(False, notes=_notes(city, zip5, row), place=places.at(zip5), time_zone=row.time_zone)
    answer: Resolution | None = places.remembered.get(zip5)
    if answer is None:
        answer = Resolution(True, place=places.at(zip5), time_zone=row.time_zone)
        _remember(places, zip5, answer)
    return answer


def _notes(city: str, zip5: str, row: Place) -> tuple[Slip, ...]:
    """Warnings about a place that holds."""
    notes: tuple[Slip, ...] = ()
    key = city_key(city)
    if row.retired:
        notes += (Slip("postal_code", "zip_retired", zip5, zip5),)
    if key in row.keys and row.keys.index(key) > len(row.acceptable):
        preferred = row.city.upper() if city.isupper() else row.city
        notes += (Slip("city", "city_not_acceptable", city, preferred),)
    return notes


def _answer(question: Question, written: Written, area_code: str, places: Places) -> Resolution:
    every = posterior(*weigh(question, places))
    answers = [answer for answer in every if confirmed(answer[0])]
    if not answers:
        return _nothing(question, written)
    time_zone = _time_zone(every, places)
    best, chance = answers[0]
    winner = candidate(best, chance, question, written, places)
    if chance >= CLEAR and winner.evidence_fields:
        row = places.rows[best.zip5]
        notes = _notes(winner.city, best.zip5, row)
        if not winner.slips:  # right but for blanks around a value
            return Resolution(not notes, notes=notes, place=places.at(best.zip5), time_zone=time_zone)
        return Resolution(
            agrees=False,
            settled=winner,
            candidates=_offered(winner, answers, question, written, area_code, places),
            notes=notes,
            place=places.at(best.zip5),
            time_zone=time_zone,
        )
    return _partly(winner, every, answers, question, written, area_code, places, time_zone)


def _offered(
    best: PlaceCandidate, answers: list[Answer], question: Question, written: Written, area_code: str, places: Places
) -> tuple[PlaceCandidate, ...]:
    """The best answers (`best` is the first of them); among equals those of the phone's area code first."""
    first = answers[0][0]
    if area_code and len(answers) > 1:
        least = answers[0][1] / AS_GOOD

        def order(answer: Answer) -> tuple[bool, bool]:
            equal = answer[1] >= least
            return not equal, equal and area_code not in places.rows[answer[0].zip5].area_codes

        answers = sorted(answers, key=order)  # stable: otherwise by probability, as they came
    return tuple(
        best if hypothesis is first else candidate(hypothesis, chance, question, written, places)
        for hypothesis, chance in answers[:MOST_CANDIDATES]
        if chance >= WORTH_SAYING
    )


def _partly(
    best: PlaceCandidate,
    every: list[Answer],
    answers: list[Answer],
    question: Question,
    written: Written,
    area_code: str,
    places: Places,
    time_zone: str,
) -> Resolution:
    """No clear winner: the fields on which all likely answers are one are settled, the rest is offered."""
    # An answer's values, field by field, with the probability of each over all answers.
    shares: dict[PlaceField, dict[str, float]] = {"city": {}, "state": {}, "postal_code": {}}
    for hypothesis, chance in every:
        values = (
            hypothesis.city or ("" if confirmed(hypothesis) else "?"),
            places.rows[hypothesis.zip5].state,
            hypothesis.zip5,
        )
        for field, value in zip(FIELDS, values, strict=True):
            shares[field][value] = shares[field].get(value, 0.0) + chance
    clear = {field: share for field, of in shares.items() if (share := max(of.values())) >= CLEAR}
    if "state" in clear and any(slip.kind == "state_name" for slip in best.slips):
        clear["state"] = max(clear["state"], BY_NAME_ALONE)
    slips = tuple(slip for slip in best.slips if clear.get(slip.field, 0.0) >= FIELD_CLEAR)
    evidence_fields = tuple(field for field in best.evidence_fields if field in clear)
    if not evidence_fields:  # nothing that was written confirms them
        slips = ()
    doubtful = {slip.field for slip in best.slips if slip not in slips}
    unsettled = tuple(field for field in FIELDS if field not in clear or field in doubtful) or FIELDS
    settled = None
    if slips:
        after = {slip.field: slip.after for slip in slips}
        settled = PlaceCandidate(
            after.get("city", written.city),
            after.get("state", written.state),
            after.get("postal_code", written.postal_code),
            slips,
            min(clear[slip.field] for slip in slips),
            "every likely place agrees on it",
            evidence_fields,
        )
    offered = _offered(best, answers, question, written, area_code, places)
    if answers[0][1] < LIKELY:
        open_slips = tuple(slip for slip in best.slips if slip not in slips)
        offered = (*_in_common(answers[0][0], open_slips, shares, written, places), *offered)[:MOST_CANDIDATES]
    return Resolution(
        agrees=False,
        settled=settled,
        unsettled=unsettled,
        candidates=offered,
        time_zone=time_zone,
    )


def _in_common(
    best: Hypothesis,
    slips: tuple[Slip, ...],
    shares: dict[PlaceField, dict[str, float]],
    written: Written,
    places: Places,
) -> tuple[PlaceCandidate, ...]:
    """What most answers have in common where none of them is likely: their city, and their state if it is one too."""
    meant = {"city": best.city or "", "state": places.rows[best.zip5].state}
    likely = {field: share for field in ("city", "state") if (share := shares[field].get(meant[field], 0.0)) >= LIKELY}
    common = tuple(slip for slip in slips if slip.field in likely)
    if not any(slip.field == "city" for slip in common):
        return ()
    after = {slip.field: slip.after for slip in common}
    city, state = after.get("city", written.city), after.get("state", written.state)
    chance = min(REPLACED, *(likely[slip.field] for slip in common))
    return (PlaceCandidate(city, state, written.postal_code, common, chance, "so have most places that fit", ()),)


def _nothing(question: Question, written: Written) -> Resolution:
    """No place fits: only a state's own name can still be put into its code."""
    code = question.state.code
    settled = None
    if code and code != written.state:
        slip = Slip("state", "state_name", written.state, code)
        settled = PlaceCandidate(
            written.city, code, written.postal_code, (slip,), BY_NAME_ALONE, f"{code} is its code", ("state",)
        )
    unsettled = tuple(field for field in FIELDS if field != "state" or not code)
    return Resolution(agrees=False, settled=settled, unsettled=unsettled)


def _time_zone(answers: list[Answer], places: Places) -> str:
    """The zone of all answers but a doubtful rest, else nothing."""
    best, chance = answers[0]
    if chance >= CERTAIN_ZONE:
        return places.rows[best.zip5].time_zone
    zones: dict[str, float] = {}
    for hypothesis, chance in answers:
        zone = places.rows[hypothesis.zip5].time_zone
        zones[zone] = zones.get(zone, 0.0) + chance
    zone = max(zones, key=zones.__getitem__)
    return zone if zones[zone] >= CERTAIN_ZONE else ""
