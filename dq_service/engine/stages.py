"""An order's way through the engine: tidy, arrange, resolve, a last look, judge."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from dq_service.context import Context
from dq_service.engine.inspection import NOBODY, Inspection, Saying
from dq_service.engine.plan import Bound, Group, Look, Plan, depends
from dq_service.engine.scan import Spot, scan, touched
from dq_service.fields import parse_path
from dq_service.order import Order, Part

_TIDY, _ARRANGE, _RESOLVE = range(3)


def inspect(order: Order, context: Context, plan: Plan) -> Inspection:
    """Takes an order through all four stages. Never raises for anything that stands in the order."""
    looking = Inspection(order, context, plan)
    spots = scan(order.json, context.reference)
    for path, kind in spots:
        looking.mask(plan.masks[kind], path, _TIDY)
    _tidy(looking, spots)
    _arrange(looking)
    judged = _survey(looking)
    if looking.changed:
        _look_again(looking, judged)
    for (_, path), (group, marks) in judged.items():
        looking.sayings += _offered(looking.ask(group.called_for(marks), looking.order.part(path)))
    return looking


def _tidy(looking: Inspection, spots: Iterable[Spot]) -> None:
    """Each spot goes through the pipeline of its kind: a step sees what the step before has made of the text."""
    plan = looking.plan
    for path, kind in spots:
        pipeline = plan.tidy[kind]
        if looking.context.expired():
            looking.miss(bound for bound in pipeline if not _excepted(bound, path))
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
            if part.order is not looking.order:
                part = looking.order.part(part.path)
            done, waiting = 0, bool(looking.looks(stop, part, looking.spared(stop, part)))
            while waiting:
                waiting = False
                for look in looking.looks(stop, part):
                    if not (look.unmarked or looking.late or looking.marks(look, part)):
                        continue
                    for group in look.groups:
                        if looking.late:
                            looking.miss(group.rules)
                        elif not done & group.bit:
                            done |= group.bit
                            before = part
                            part = _arranged(looking, look, group, part)
                            # In another country other rules have their turn.
                            waiting = waiting or (stop.gated and part is not before)


def _arranged(looking: Inspection, look: Look, group: Group, part: Part) -> Part:
    """The part after all rules of a group had their turn."""
    if part.value is None or not (group.unmarked or looking.marks(look, part)):
        return part
    waiting = list(group.rules)
    while waiting:
        marks = looking.marks(look, part)
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


# Judges that have something to look at, by bit and path; in the order of the plan.
Judged = dict[tuple[int, str], tuple[Group, Collection[str]]]


def _survey(looking: Inspection) -> Judged:
    """One walk after arranging: what the rules of stage resolve say is settled; which judges will be asked."""
    said: list[Saying] = []
    judged: Judged = {}
    for stop, parts in looking.stops(looking.plan.after):
        for part in parts:
            for look in looking.looks(stop, part, looking.spared(stop, part) if stop.spared else NOBODY):
                if looking.late:
                    looking.miss(bound for group in look.groups for bound in group.rules)
                    continue
                marks = looking.marks(look, part)
                for group in look.groups if marks or look.unmarked else ():
                    if group.judges:
                        judged[group.bit, part.path] = group, marks
                    else:
                        said += looking.ask(group.called_for(marks), part)
    if said:
        _resolve(looking, said)
    return judged


def _resolve(looking: Inspection, said: list[Saying]) -> None:
    """Values that two rules want differently for one field are only suggested, the rest is applied, all at once."""
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


def _look_again(looking: Inspection, judged: Judged) -> None:
    """Rules whose fields have changed since they looked say what they still see; nothing more is applied.

    Of the judges, who speak after this, only what they will look at is renewed.
    """
    looking.standing = {saying.bound.rule.code for saying in looking.sayings if saying.outcome != "repaired"}
    late = [path for path, stage in looking.changed.items() if stage > _TIDY]
    if late:
        _tidied_again(looking, late)
    for stage, roots in ((_ARRANGE, looking.plan.arrange), (_RESOLVE, looking.plan.after)):
        since = [path for path, changed in looking.changed.items() if changed >= stage]
        if not since:
            continue
        changed_roots = {str(parse_path(path)[0]) for path in since}
        again = [
            root
            for root in roots
            if not root.name or root.name in changed_roots or not root.reads.isdisjoint(changed_roots)
        ]
        for stop, parts in looking.stops(again):
            for part in parts:
                looking.spared(stop, part)
                for look in looking.looks(stop, part):
                    if not _concerned(look, part, since):
                        continue
                    if _has_nothing_to_say(looking, look, part):
                        for group in look.groups:
                            judged.pop((group.bit, part.path), None)
                        continue
                    for group in look.groups:
                        if not _concerned(group, part, since):
                            continue
                        if looking.late:
                            looking.miss(group.rules)
                            continue
                        marks = looking.marks(look, part)
                        if not group.judges:
                            said = looking.ask(group.called_for(marks), part)
                            _say_anew(looking, group.codes, part, said)
                        elif marks or group.unmarked:
                            judged[group.bit, part.path] = group, marks
                        else:
                            judged.pop((group.bit, part.path), None)


def _has_nothing_to_say(looking: Inspection, look: Look, part: Part) -> bool:
    """Whether a subject sees nothing now, and had nothing standing before: then no rule of it need be asked again."""
    if looking.late or look.unmarked or looking.marks(look, part):
        return False
    return look.codes.isdisjoint(looking.standing)


def _concerned(asked: Look | Group, part: Part, changed: Sequence[str]) -> bool:
    return any(depends(part.path, asked.reads, path) for path in changed)


def _tidied_again(looking: Inspection, paths: list[str]) -> None:
    for path, kind in touched(looking.order, paths, looking.context.reference):
        part = looking.order.part(path)
        pipeline = [bound for bound in looking.plan.tidy[kind] if not _excepted(bound, path)]
        marks = looking.look(looking.plan.tidy_marker, pipeline, part)
        called = [bound for bound in pipeline if not bound.marks.isdisjoint(marks)]
        _say_anew(looking, frozenset(bound.rule.code for bound in pipeline), part, looking.ask(called, part))


def _say_anew(looking: Inspection, codes: frozenset[str], part: Part, said: list[Saying]) -> None:
    """What these rules say now takes the place of what they said before of the same part, repairs excepted."""
    if not codes.isdisjoint(looking.standing):
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
