"""An order's way through the engine: tidy, arrange, resolve, a last look, judge."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from dq_service.context import Context
from dq_service.engine.inspection import Inspection, Saying
from dq_service.engine.plan import Bound, Group, Look, Plan, Root, bits_of, depends
from dq_service.engine.scan import Spot
from dq_service.order import Order, Part

_TIDY, _ARRANGE, _RESOLVE = range(3)


def inspect(order: Order, context: Context, plan: Plan) -> Inspection:
    """Takes an order through all four stages. Never raises for anything that stands in the order."""
    looking = Inspection(order, context, plan)
    spots = plan.scan.spots(order.json)
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
    for stop, part, looks in looking.visits(looking.plan.arrange):
        if looking.late:
            _miss(looking, looks)
            continue
        if part.order is not looking.order:
            part = looking.order.part(part.path)
        done, waiting = 0, bool(looks)
        if waiting and stop.gated:  # one repair, and those that were spared may see something
            looks = looking.admitted(stop, part)
        while waiting:
            waiting = False
            for look in looks:
                if done & look.bits == look.bits:
                    continue
                if not look.unmarked and (look.subject in looking.spared(stop, part) or not looking.marks(look, part)):
                    continue
                for group in look.groups:
                    if not done & group.bit:
                        done |= group.bit
                        before = part
                        part = _arranged(looking, look, group, part)
                        # In another country other rules have their turn.
                        waiting = waiting or (stop.gated and part is not before)
            if waiting:
                looks = looking.admitted(stop, part)


def _miss(looking: Inspection, looks: Iterable[Look]) -> None:
    for look in looks:
        looking.miss(look.rules)


def _arranged(looking: Inspection, look: Look, group: Group, part: Part) -> Part:
    """The part after all rules of a group had their turn."""
    waiting = list(group.rules)
    while waiting and part.value is not None:
        marks = looking.marks(look, part)
        moved = False
        while waiting and not moved:
            bound = waiting.pop(0)
            if not bound.marks or not bound.marks.isdisjoint(marks):
                said = looking.ask_one(bound, part)
                moved = bool(said) and looking.settle(said, _ARRANGE)
        if moved:
            part = looking.order.part(part.path)
    return part


# Judges that have something to look at, by bit and path; in the order of the plan.
Judged = dict[tuple[int, str], tuple[Group, Collection[str]]]


def _survey(looking: Inspection) -> Judged:
    """One walk after arranging: what the rules of stage resolve say is settled; which judges will be asked."""
    said: list[Saying] = []
    judged: Judged = {}
    context = looking.context
    for _, part, looks in looking.visits(looking.plan.after):
        if looking.late:
            _miss(looking, looks)
            continue
        for look in looks:
            if look.twice:
                marks = looking.marks(look, part)
            else:
                try:  # as `looking.marks`, which would cost as much again as many of these looks
                    marks = look.marker(part, context)
                except Exception as broke:
                    marks = looking.blind(look.rules, part, broke)
            if marks or look.unmarked:
                for group in look.groups:
                    if group.judges:
                        judged[group.bit, part.path] = group, marks
                    else:
                        said += looking.ask(group.called_for(marks), part)
    if said:
        _resolve(looking, said)
    return judged


def _resolve(looking: Inspection, said: list[Saying]) -> None:
    """Values that two rules want differently for one field are only suggested, the rest is applied, all at once."""
    wanted: dict[str, Any] = {}
    disputed: set[str] = set()
    repairs = [saying for saying in said if saying.outcome == "repaired"]
    for saying in repairs:
        for path, value in saying.candidates[0].changes.items():
            if wanted.setdefault(path, value) != value:
                disputed.add(path)
    for saying in repairs:
        if not disputed.isdisjoint(saying.candidates[0].changes):
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
    for stage in (_ARRANGE, _RESOLVE):
        since = tuple([path for path, changed in looking.changed.items() if changed >= stage])
        if since:
            bits, roots = looking.plan.again(since, arranged=stage == _ARRANGE)
            _renew(looking, roots, bits, since, judged)


def _renew(looking: Inspection, roots: Sequence[Root], bits: int, since: Sequence[str], judged: Judged) -> None:
    """One walk over what depends on the fields that have changed: the groups of these bits."""
    standing, waiting = looking.standing, bits_of(group for group, _ in judged.values())
    for stop, part, looks in looking.visits(roots, bits):
        spared = looking.spared(stop, part)
        for look in looks:
            concerned = look.bits & bits
            if stop.starred:  # of a list, only the entries that have changed
                concerned &= bits_of(g for g in look.groups if any(depends(part.path, g.reads, p) for p in since))
            if not concerned:
                continue
            if looking.late:
                _miss(looking, [look])
                continue
            marks = () if look.subject in spared else looking.marks(look, part)
            if not (marks or look.unmarked or look.bits & waiting or not look.codes.isdisjoint(standing)):
                continue  # it sees nothing now, and had nothing to say before
            for group in look.groups:
                if not group.bit & concerned:
                    continue
                if not group.judges:
                    _say_anew(looking, group.codes, part, looking.ask(group.called_for(marks), part))
                elif marks or group.unmarked:
                    judged[group.bit, part.path] = group, marks
                else:
                    judged.pop((group.bit, part.path), None)


def _tidied_again(looking: Inspection, paths: list[str]) -> None:
    for path, kind in looking.plan.scan.touched(looking.order, paths):
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
