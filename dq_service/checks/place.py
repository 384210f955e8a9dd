"""City, state and postal code together: what the place resolver answers, told by the rule of each error."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from dq_service.context import Context, Unavailable
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing import lines
from dq_service.reference.bundle import Reference
from dq_service.reference.resolution import FIELDS, PlaceCandidate, Resolution, Slip
from dq_service.reference.resolver import agreement, resolve

ANOTHER_PLACE: Final = 0.9  # a state's field that holds a number or a list is no misspelt state: it says more


def marks(part: Part, context: Context) -> Sequence[str]:
    """The slips that the one resolution has found; `contradicts` where no place wins."""
    answer = _resolution(part, context)
    if answer.agrees and not answer.notes:
        return ()
    if not any(part.text(name) for name in ("line1", "line2", *FIELDS)):
        return ()  # the whole address is missing, and that is said once
    found = [slip.kind for slip in answer.notes]
    if answer.settled is not None:
        found += [slip.kind for slip in answer.settled.slips]
    if answer.unsettled or not found:
        return [*found, "contradicts"]
    return found


def slip(part: Part, context: Context, *, kinds: Sequence[str]) -> Sequence[Observation]:
    """A field that the place which is meant has otherwise; `kinds` are resolution.SlipKind."""
    answer = _resolution(part, context)
    if answer.settled is None:
        return ()
    return [
        Observation(part.field(slip.field), slip.before, (part.field(slip.field),), (slip, answer))
        for slip in answer.settled.slips
        if slip.kind in kinds
    ]


def from_place(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The field as the place has it, with the resolver's probability; then what other candidates would have."""
    slip, answer = seen.clue
    settled = answer.settled
    sure = settled.probability
    if slip.field == "state" and any(sign.isdigit() or sign == "," for sign in slip.before):
        sure = min(sure, ANOTHER_PLACE)
    best = Candidate({seen.field: slip.after}, sure, settled.evidence, _evidence(part, settled))
    others = {
        getattr(candidate, slip.field): candidate
        for candidate in reversed(answer.candidates)
        if getattr(candidate, slip.field) not in (slip.after, slip.before)
    }
    return (
        best,
        *(
            Candidate({seen.field: value}, candidate.probability, candidate.evidence, _evidence(part, candidate))
            for value, candidate in sorted(others.items(), key=lambda pair: -pair[1].probability)
            if candidate.probability < sure
        ),
    )


def contradicts(part: Part, context: Context) -> Sequence[Observation]:
    """No place explains city, state and postal code clearly better than the others."""
    answer = _resolution(part, context)
    field = "postal_code"
    if answer.candidates and answer.candidates[0].slips:
        field = next((one.field for one in answer.candidates[0].slips if one.field in answer.unsettled), field)
    return (Observation(part.field(field), part.at(field), tuple(part.field(name) for name in FIELDS), answer),)


def candidates(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The places that may be meant, each with the fields that it changes."""
    answer: Resolution = seen.clue
    return tuple(
        Candidate(
            {part.field(slip.field): slip.after for slip in candidate.slips},
            candidate.probability,
            candidate.evidence,
            _evidence(part, candidate),
        )
        for candidate in answer.candidates
        if candidate.slips
    )


def doubtful(part: Part, context: Context) -> Sequence[Observation]:
    """A place that is wrong in what it says, for an address where nobody goes: what it leaves out is let be."""
    answer = _resolution(part, context)
    best = answer.settled or next(iter(answer.candidates), None)
    said = [slip for slip in best.slips if not slip.kind.endswith("_missing")] if best else []
    told = part.text("city") and (part.text("state") or part.text("postal_code"))
    if not said and (answer.agrees or best or answer.place or not told):
        return ()
    field = said[0].field if said else "city"
    return (Observation(part.field(field), part.at(field), tuple(part.field(name) for name in FIELDS), answer),)


def meant(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The place that is settled, else those that may be meant."""
    answer: Resolution = seen.clue
    if answer.settled is None:
        return candidates(seen, part, context)
    changes = {part.field(slip.field): slip.after for slip in answer.settled.slips}
    return (Candidate(changes, answer.settled.probability, answer.settled.evidence, _evidence(part, answer.settled)),)


def noted(part: Part, context: Context, *, kinds: Sequence[str]) -> Sequence[Observation]:
    """Something to say of a place that holds all the same."""
    return [
        Observation(part.field(note.field), note.before, (part.field(note.field),), note)
        for note in _resolution(part, context).notes
        if note.kind in kinds
    ]


def as_noted(seen: Observation, part: Part, context: Context, *, likely: float) -> Sequence[Candidate]:
    """What the post would rather have, offered with the confidence `likely`."""
    note: Slip = seen.clue
    return (Candidate({seen.field: note.after}, likely, "the post's own name"),) if note.after else ()


def _resolution(part: Part, context: Context) -> Resolution:
    city, state, postal_code = part.text("city"), part.text("state"), part.text("postal_code")
    agreed = agreement(city, state, postal_code, context.reference.places)
    if agreed is not None:
        return agreed
    asked = (city, state, postal_code, part.text("line1"), _area_code(part), context.reference)
    try:
        return _resolved(*asked)
    except Unavailable:  # points that cannot be read are no evidence: the rules about them tell of it
        return _resolved(*asked, by_points=False)


@lru_cache(maxsize=64)  # the rules of one order ask for it several times, and other orders hardly ever
def _resolved(
    city: str,
    state: str,
    postal_code: str,
    line1: str,
    area_code: str,
    reference: Reference,
    by_points: bool = True,
) -> Resolution:
    street_zips, covered = _street_zips(line1, state, reference) if by_points else ((), frozenset())
    return resolve(
        city,
        state,
        postal_code,
        places=reference.places,
        area_code=area_code,
        street_zips=street_zips,
        covered=covered,
        po_box=bool(lines.box(line1)),
        capitals=line1.isupper(),
    )


def _street_zips(line: str, state: str, reference: Reference) -> tuple[tuple[str, ...], frozenset[str]]:
    """The ZIPs of this state (of all, where none is written) in which the points know the street and the number, and
    all ZIPs that have points.
    """
    points = reference.points
    if points is None or not line[:1].isdigit():
        return (), frozenset()
    units = None if lines.is_plain_street(line, reference) else lines.trailing_units(line, reference)
    number, _, street = (units.rest if units else line).partition(" ")
    likely = reference.places.states.read(state).likely
    known = [zip5 for zip5 in points.zips(street, number) if not likely or _state_of(zip5, reference) in likely]
    return tuple(known), points.covered() if known else frozenset()


def _state_of(zip5: str, reference: Reference) -> str:
    row = reference.places.rows.get(zip5)
    return row.state if row else ""


def _area_code(part: Part) -> str:
    """The area code of the party's phone: it orders suggestions that are as likely as each other, nothing more."""
    party = part.order.at(part.path.rpartition(".")[0])
    phone = party.get("phone") if type(party) is dict else None
    if type(phone) is not str or len(phone) != 12 or not phone.startswith("+1") or party.get("relay") is True:
        return ""
    return "" if phone[2] == "8" and phone[3] == phone[4] else phone[2:5]


def _evidence(part: Part, candidate: PlaceCandidate) -> tuple[str, ...]:
    return tuple(part.field(name) for name in candidate.evidence_fields)
