"""From weighed hypotheses to candidates that can be offered: probabilities, slips, values to write, evidence."""

from math import exp
from operator import itemgetter
from typing import Final, NamedTuple

from dq_service.reference.place_hypotheses import Hypothesis, Question
from dq_service.reference.places import Places
from dq_service.reference.resolution import PlaceCandidate, PlaceField, Slip, SlipKind

SUREST: Final = 0.9999  # more than that nobody knows
REPLACED: Final = 0.99  # at most, where a ZIP is replaced by one that it is no slip of: never unasked
FORM_SLIPS: Final = frozenset({"state_name", "zip_form", "zip_plus4_damaged", "zip_lost_zero", "zip_letters"})


class Written(NamedTuple):
    """The three fields as they came, and whether a city that is supplied goes in capitals."""

    city: str
    state: str
    postal_code: str
    capitals: bool


def posterior(hypotheses: list[Hypothesis], outside: float) -> list[tuple[Hypothesis, float]]:
    """Each answer with its probability, best first; they sum to one less the probability of none of these.

    Among them are those that nobody can confirm (`confirmed` tells).
    """
    if not hypotheses:
        return []
    highest = max(outside, max([hypothesis.weight for hypothesis in hypotheses]))
    total = exp(outside - highest)
    answers: dict[tuple[str, str | None], tuple[Hypothesis, float]] = {}
    for hypothesis in hypotheses:
        zip5, weight, city, slip = hypothesis
        share = exp(weight - highest)
        total += share
        answer = (zip5, city if city is not None or slip is None else "?")
        best = answers.get(answer)
        if best is None:
            answers[answer] = hypothesis, share
        else:
            answers[answer] = (best[0] if best[0].weight >= weight else hypothesis, best[1] + share)
    shares = [
        (hypothesis, chance if (chance := share / total) < SUREST else SUREST) for hypothesis, share in answers.values()
    ]
    shares.sort(key=itemgetter(1), reverse=True)  # stable: equals stay as they came
    return shares


def confirmed(hypothesis: Hypothesis) -> bool:
    """Whether the place as a whole is one of the post's: not where it keeps a city that no table has there."""
    return hypothesis.city is not None or hypothesis.city_slip is None


def candidate(
    hypothesis: Hypothesis, probability: float, question: Question, written: Written, places: Places
) -> PlaceCandidate:
    """An answer as the values to write; what is right stays as the sender wrote it."""
    row = places.rows[hypothesis.zip5]
    city, state, postal_code = written.city, written.state, written.postal_code
    slips: tuple[Slip, ...] = ()
    if hypothesis.city is not None and hypothesis.city_slip is not None:
        city = hypothesis.city.upper() if written.capitals else hypothesis.city
        slips += (Slip("city", hypothesis.city_slip, written.city, city),)
    state_slip = question.state.of(row.state)[1]
    if state_slip is not None:
        state = row.state
        slips += (Slip("state", state_slip, written.state, state),)
    option = question.zip.options.get(hypothesis.zip5)
    zip_slip: SlipKind | None = option.slip if option else _zip_slip(question)
    if zip_slip is not None:
        postal_code = hypothesis.zip5 + option.plus4 if option else hypothesis.zip5
        slips += (Slip("postal_code", zip_slip, written.postal_code, postal_code),)
    if zip_slip in ("zip_unknown", "zip_not_of_city"):
        probability = min(probability, REPLACED)
    reason, fields = _evidence(slips, hypothesis, question, places)
    return PlaceCandidate(city, state, postal_code, slips, probability, reason, fields)


def _zip_slip(question: Question) -> SlipKind:
    if question.zip.missing:
        return "zip_missing"
    return "zip_not_of_city" if question.zip.known else "zip_unknown"


def _evidence(
    slips: tuple[Slip, ...], hypothesis: Hypothesis, question: Question, places: Places
) -> tuple[str, tuple[PlaceField, ...]]:
    """One sentence that says why, and the fields that speak for it: right ones, or wrong in their form alone."""
    row = places.rows[hypothesis.zip5]
    zip5, state = hypothesis.zip5, row.state
    name = hypothesis.city or question.city.strip()
    changed = {slip.field for slip in slips}
    wrong = {slip.field for slip in slips if slip.kind not in FORM_SLIPS}
    given: tuple[tuple[PlaceField, bool], ...] = (
        ("city", bool(question.key)),
        ("state", bool(question.state.code or question.state.likely)),
        ("postal_code", not question.zip.missing),
    )
    fields = tuple(field for field, there in given if there and field not in changed)
    fields = fields or tuple(field for field, there in given if there and field not in wrong)
    if wrong == {"city"}:
        if row.acceptable:
            return f"{zip5} is {row.city}, {state}", fields
        return f"{zip5} serves only {row.city}, {state}", fields
    if wrong == {"state"}:
        return f"{name} {zip5} lies in {places.states.names.get(state, state)}", fields
    if wrong == {"postal_code"}:
        if zip5 in question.zip.options:
            return f"{zip5} is a ZIP of {name}, {state}, one slip from what was written", fields
        alone = places.main_zips(name, state) == (zip5,)
        return f"{name}, {state} has {'only ' if alone else ''}the ZIP {zip5}", fields
    if wrong:
        return f"{name}, {state} {zip5} is nearest to what was written", fields
    return f"{name}, {state} {zip5} is one place", fields
