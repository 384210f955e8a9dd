"""An order's way through the engine: tidy, arrange, resolve, a last look, judge."""

import logging
import traceback
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dq_service.context import Context, Unavailable
from dq_service.engine.plan import Bound, Group, Plan
from dq_service.engine.rule import Marker
from dq_service.engine.scan import Spot, scan, touched
from dq_service.finding import Candidate, Change, Observation, Outcome, Repair
from dq_service.order import Order, Part
from dq_service.parsing.country import country_of

log = logging.getLogger(__name__)

MOST_SUGGESTIONS: Final = 5
TIE: Final = 1e-9  # two candidates nearer than this are as likely as each other
_TIDY, _ARRANGE, _RESOLVE, _JUDGE = range(4)


@dataclass(slots=True)
class Saying:
    """What one rule said of one part, and what came of it; becomes a finding."""

    bound: Bound
    part: Part
    seen: Observation
    outcome: Outcome
    candidates: Sequence[Candidate] = ()


@dataclass(slots=True)
class Inspection:
    """One order being inspected: what has been said, repaired and left out so far."""

    order: Order
    context: Context
    plan: Plan
    sayings: list[Saying] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    changed: dict[str, int] = field(default_factory=dict)  # path -> the last stage that changed it
    asked: list[Group] = field(default_factory=list)  # groups whose part was there
    missing: dict[str, Bound] = field(default_factory=dict)  # rules that could not be asked
    broken: list[tuple[Bound, Part]] = field(default_factory=list)  # rules that raised


def inspect(order: Order, context: Context, plan: Plan) -> Inspection:
    """Takes an order through all four stages. Never raises for anything that stands in the order."""
    looking = Inspection(order, context, plan)
    _tidy(looking, scan(order.json, context.reference))
    _arrange(looking)
    _resolve(looking)
    if looking.changed:
        _look_again(looking)
    for group in plan.stages[_JUDGE]:
        for part in _parts(looking, group):
            looking.sayings += _judged(looking, _ask(looking, group.rules, group, part))
    return looking


def _tidy(looking: Inspection, spots: Iterable[Spot]) -> None:
    """Each spot goes through the pipeline of its kind: a step sees what the step before has made of the text."""
    context = looking.context
    for path, kind in spots:
        pipeline = looking.plan.tidy.get(kind or "", looking.plan.tidy["text"])
        if context.expired():
            looking.missing.update((bound.rule.code, bound) for bound in pipeline)
            continue
        part = looking.order.part(path)
        marks = _marks(looking, looking.plan.tidy_marker, pipeline, part)
        for bound in pipeline:
            if bound.marks.isdisjoint(marks) or _excepted(bound, path):
                continue
            said = _ask_one(looking, bound, part)
            if said:
                if _apply_each(looking, said, _TIDY):
                    part = looking.order.part(path)
                    if part.value is None:
                        break
                    marks = _marks(looking, looking.plan.tidy_marker, pipeline, part)


def _excepted(bound: Bound, path: str) -> bool:
    excepting = bound.rule.excepting
    return bool(excepting) and any(pattern in (path, path.rpartition(".")[2]) for pattern in excepting)


def _arrange(looking: Inspection) -> None:
    """Moves what stands in the wrong field, one rule after the other: each sees the order as the last left it."""
    for group in looking.plan.stages[_ARRANGE]:
        for part in _parts(looking, group):
            waiting = list(group.rules)
            while waiting:
                marks = _marks(looking, group.marker, group.rules, part)
                if not marks and not group.unmarked:
                    break
                moved = False
                while waiting and not moved:
                    bound = waiting.pop(0)
                    if bound.marks and bound.marks.isdisjoint(marks):
                        continue
                    said = _ask_one(looking, bound, part)
                    moved = bool(said) and _apply_each(looking, said, _ARRANGE)
                if moved:
                    part = looking.order.part(part.path)


def _resolve(looking: Inspection) -> None:
    """All rules look at the same order and propose; values that two of them want differently are only suggested."""
    said = [
        saying
        for group in looking.plan.stages[_RESOLVE]
        for part in _parts(looking, group)
        for saying in _ask(looking, group.rules, group, part)
    ]
    if not said:
        return
    wanted: dict[str, list[Any]] = {}
    for saying in said:
        if saying.outcome == "repaired":
            for path, value in saying.candidates[0].changes.items():
                if value not in wanted.setdefault(path, []):
                    wanted[path].append(value)
    disputed = {path for path, values in wanted.items() if len(values) > 1}
    for saying in said:
        if saying.outcome == "repaired" and not disputed.isdisjoint(saying.candidates[0].changes):
            saying.outcome = "suggested"
    _apply_each(looking, said, _RESOLVE)


def _look_again(looking: Inspection) -> None:
    """Rules whose fields have changed since they looked say what they still see; nothing more is applied."""
    paths = list(looking.changed)
    late = [path for path in paths if looking.changed[path] > _TIDY]
    again: list[tuple[set[tuple[str, str]], list[Saying]]] = []
    for path, kind in touched(looking.order, late, looking.context.reference):
        part = looking.order.part(path)
        pipeline = looking.plan.tidy.get(kind or "", ())
        marks = _marks(looking, looking.plan.tidy_marker, pipeline, part)
        for bound in pipeline:
            if not bound.marks.isdisjoint(marks) and not _excepted(bound, path):
                again.append(({(bound.rule.code, path)}, _ask_one(looking, bound, part)))
    for stage in (_ARRANGE, _RESOLVE):
        since = [path for path in paths if looking.changed[path] >= stage]
        for group in looking.plan.stages[stage] if since else ():
            for part in _parts(looking, group):
                if any(_related(path, other) for path in since for other in (part.path, *group.reads)):
                    stale = {(bound.rule.code, part.path) for bound in group.rules}
                    again.append((stale, _ask(looking, group.rules, group, part)))
    for stale, said in again:
        looking.sayings = [
            saying
            for saying in looking.sayings
            if saying.outcome == "repaired" or (saying.bound.rule.code, saying.part.path) not in stale
        ]
        looking.sayings += _judged(looking, said)


def _judged(looking: Inspection, said: list[Saying]) -> list[Saying]:
    for saying in said:
        if saying.outcome == "repaired":
            saying.outcome = "suggested"
    return said


def _related(path: str, other: str) -> bool:
    """Whether one of two fields is the other or stands inside it (`""` is the whole order)."""
    shorter, longer = sorted((path, other), key=len)
    return not shorter or longer == shorter or (longer.startswith(shorter) and longer[len(shorter)] in ".[")


def _parts(looking: Inspection, group: Group) -> Iterable[Part]:
    """The parts that a group looks at, where its gates pass and the deadline has not."""
    order, context = looking.order, looking.context
    found = order.parts(group.pattern) if group.starred else (order.part(group.pattern),)
    here = False
    for part in found:
        value = part.value
        if value is None or value == "" or (group.wants == "object" and type(value) is not dict):
            continue
        if group.orders and (order.text("kind") or "delivery") not in group.orders:
            continue
        if group.countries and country_of(part, context.reference) not in group.countries:
            continue
        if context.expired():
            looking.missing.update((bound.rule.code, bound) for bound in group.rules)
            return
        here = True
        yield part
    if here:
        looking.asked.append(group)


def _ask(looking: Inspection, rules: Sequence[Bound], group: Group, part: Part) -> list[Saying]:
    marks = _marks(looking, group.marker, rules, part)
    if not marks and not group.unmarked:
        return []
    out: list[Saying] = []
    for bound in rules:
        if bound.marks and bound.marks.isdisjoint(marks):
            continue
        out += _ask_one(looking, bound, part)
    return out


def _marks(looking: Inspection, marker: Marker | None, rules: Sequence[Bound], part: Part) -> Collection[str]:
    """The subject's one look at a part; when it breaks, none of its marked rules could be asked."""
    if marker is None:
        return ()
    try:
        return marker(part, looking.context)
    except Exception as broke:
        for bound in rules:
            if bound.marks:
                _broken(looking, bound, part, broke)
    return ()


def _ask_one(looking: Inspection, bound: Bound, part: Part) -> list[Saying]:
    """Asks one rule about one part, with what it proposes. A rule that raises is SYS001, never the caller's trouble."""
    context = looking.context
    try:
        return [_proposed(looking, bound, part, seen) for seen in bound.check(part, context)]
    except Unavailable:
        looking.missing[bound.rule.code] = bound
    except Exception as broke:
        _broken(looking, bound, part, broke)
    return []


def _broken(looking: Inspection, bound: Bound, part: Part, broke: Exception) -> None:
    # The message of an exception may quote the order, so only its class and the frames are logged.
    frames = "".join(traceback.format_tb(broke.__traceback__))
    log.error("rule %s broke with %s at\n%s", bound.rule.code, type(broke).__name__, frames)
    looking.missing[bound.rule.code] = bound
    looking.broken.append((bound, part))


def _proposed(looking: Inspection, bound: Bound, part: Part, seen: Observation) -> Saying:
    if bound.repair is None:
        return Saying(bound, part, seen, "open")
    candidates = tuple(bound.repair(seen, part, looking.context))[:MOST_SUGGESTIONS]
    if not candidates:
        return Saying(bound, part, seen, "open")
    sure = [confidence_of(bound, candidate) for candidate in candidates]
    apply = (
        bound.rule.safety == "safe"
        and sure[0] >= looking.context.partner.apply_at
        and (len(sure) == 1 or sure[0] - sure[1] > TIE)
    )
    return Saying(bound, part, seen, "repaired" if apply else "suggested", candidates)


def confidence_of(bound: Bound, candidate: Candidate) -> float:
    """A candidate's own confidence, else the one that its rule's YAML states."""
    confidence = candidate.confidence if candidate.confidence is not None else bound.rule.confidence
    if confidence is None:
        raise ValueError(f"{bound.rule.code}: neither the repair nor the rule states a confidence")
    return confidence


def _apply_each(looking: Inspection, said: list[Saying], stage: int) -> bool:
    """Applies what is to be repaired and keeps what was said; whether anything changed."""
    looking.sayings += said
    before = looking.order
    for saying in said:
        if saying.outcome != "repaired":
            continue
        candidate = saying.candidates[0]
        changes = tuple(
            Change(path, old, value)
            for path, value in candidate.changes.items()
            if (old := looking.order.at(path)) != value or type(old) is not type(value)
        )
        if changes:
            looking.order = looking.order.replacing({change.field: change.after for change in changes})
            looking.changed.update((change.field, stage) for change in changes)
            looking.repairs.append(
                Repair(
                    saying.bound.rule.code,
                    confidence_of(saying.bound, candidate),
                    candidate.evidence,
                    candidate.evidence_fields,
                    changes,
                )
            )
    return looking.order is not before


