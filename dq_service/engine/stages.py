"""An order's way through the engine: tidy, arrange, resolve, a last look, judge."""

from collections.abc import Iterable, Sequence
from typing import Any

from dq_service.context import Context
from dq_service.engine.inspection import Inspection, Saying
from dq_service.engine.plan import Bound, Group, Plan, Root
from dq_service.engine.scan import Spot, scan, touched
from dq_service.order import Order, Part

_TIDY, _ARRANGE, _RESOLVE = range(3)


def inspect(order: Order, context: Context, plan: Plan) -> Inspection:
    """Takes an order through all four stages. Never raises for anything that stands in the order."""
    looking = Inspection(order, context, plan)
    _tidy(looking, scan(order.json, context.reference))
    _arrange(looking)
    _resolve(looking)
    if looking.changed:
        _look_again(looking)
    looking.sayings += _offered(_survey(looking, plan.judge))
    return looking


def _tidy(looking: Inspection, spots: Iterable[Spot]) -> None:
    """Each spot goes through the pipeline of its kind: a step sees what the step before has made of the text."""
    plan = looking.plan
    for path, kind in spots:
        pipeline = plan.tidy[kind or "text"]
        if looking.context.expired():
            looking.missing.update((bound.rule.code, bound) for bound in pipeline)
            continue
        part = looking.order.part(path)
        marks = looking.look(plan.tidy_marker, pipeline, part)
        for bound in pipeline:
            if bound.marks.isdisjoint(marks) or _excepted(bound, path):
                continue
            if looking.settle(looking.ask_one(bound, part), _TIDY):
                part = looking.order.part(path)
                if part.value is None:
                    break
                marks = looking.look(plan.tidy_marker, pipeline, part)


def _excepted(bound: Bound, path: str) -> bool:
    excepting = bound.rule.excepting
    return bool(excepting) and (path in excepting or path.rpartition(".")[2] in excepting)


def _arrange(looking: Inspection) -> None:
    """Moves what stands in the wrong field, one rule after the other: each sees the order as the last left it."""
    for stop, parts in looking.stops(looking.plan.arrange):
        for part in parts:
            for group in looking.groups(stop, part):
                part = _arranged(looking, group, part)


def _arranged(looking: Inspection, group: Group, part: Part) -> Part:
    """The part after all rules of a group had their turn."""
    if not group.unmarked and not looking.marks(group, part):
        return part
    waiting = list(group.rules)
    while waiting:
        marks = looking.marks(group, part)
        moved = False
        while waiting and not moved:
            bound = waiting.pop(0)
            if not bound.marks or not bound.marks.isdisjoint(marks):
                said = looking.ask_one(bound, part)
                moved = bool(said) and looking.settle(said, _ARRANGE)
        if moved:
            part = looking.order.part(part.path)
            if part.value is None:
                break
    return part


def _resolve(looking: Inspection) -> None:
    """All rules look at the same order and propose; values that two of them want differently are only suggested."""
    said = _survey(looking, looking.plan.resolve)
    if not said:
        return
    wanted: dict[str, list[Any]] = {}
    for saying in said:
        if saying.outcome == "repaired":
            for path, value in saying.candidates[0].changes.items():
                values = wanted.setdefault(path, [])
                if value not in values:
                    values.append(value)
    disputed = {path for path, values in wanted.items() if len(values) > 1}
    for saying in said:
        if saying.outcome == "repaired" and not disputed.isdisjoint(saying.candidates[0].changes):
            saying.outcome = "suggested"
    looking.settle(said, _RESOLVE)


def _survey(looking: Inspection, roots: Sequence[Root]) -> list[Saying]:
    """What all rules of a stage say of the order as it stands."""
    out: list[Saying] = []
    for stop, parts in looking.stops(roots):
        for part in parts:
            for group in looking.groups(stop, part):
                marks = looking.marks(group, part)
                if marks or group.unmarked:
                    out += looking.ask(group.rules, part, marks)
    return out


def _look_again(looking: Inspection) -> None:
    """Rules whose fields have changed since they looked say what they still see; nothing more is applied."""
    late = [path for path, stage in looking.changed.items() if stage > _TIDY]
    if late:
        _tidied_again(looking, late)
    for stage, roots in ((_ARRANGE, looking.plan.arrange), (_RESOLVE, looking.plan.resolve)):
        since = [path for path, changed in looking.changed.items() if changed >= stage]
        for stop, parts in looking.stops(roots if since else ()):
            for part in parts:
                for group in looking.groups(stop, part):
                    watched = (part.path, *group.reads)
                    if any(_related(path, other) for path in since for other in watched):
                        marks = looking.marks(group, part)
                        _say_anew(looking, group.rules, part, looking.ask(group.rules, part, marks))


def _tidied_again(looking: Inspection, paths: list[str]) -> None:
    for path, kind in touched(looking.order, paths, looking.context.reference):
        part = looking.order.part(path)
        pipeline = [bound for bound in looking.plan.tidy[kind or "text"] if not _excepted(bound, path)]
        marks = looking.look(looking.plan.tidy_marker, pipeline, part)
        _say_anew(looking, pipeline, part, looking.ask(pipeline, part, marks))


def _say_anew(looking: Inspection, rules: Iterable[Bound], part: Part, said: list[Saying]) -> None:
    """What these rules say now takes the place of what they said before of the same part, repairs excepted."""
    codes = {bound.rule.code for bound in rules}
    looking.sayings = [
        saying
        for saying in looking.sayings
        if saying.outcome == "repaired" or saying.part.path != part.path or saying.bound.rule.code not in codes
    ]
    looking.sayings += _offered(said)


def _offered(said: list[Saying]) -> list[Saying]:
    """The same with no repair applied."""
    for saying in said:
        if saying.outcome == "repaired":
            saying.outcome = "suggested"
    return said


def _related(path: str, other: str) -> bool:
    """Whether one of two fields is the other or stands inside it (`""` is the whole order)."""
    shorter, longer = (path, other) if len(path) < len(other) else (other, path)
    return not shorter or longer == shorter or (longer.startswith(shorter) and longer[len(shorter)] in ".[")
