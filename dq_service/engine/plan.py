"""The rulebook compiled for one partner: what is asked of which part of an order, and in which order.

A rule whose gates cannot pass for this partner is not in the plan at all; one whose part is absent, or whose
subject's one look (`marks`) saw nothing of the kind, is never called. So ninety rules cost little more than ten.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Final, Literal, get_args

from dq_service.context import Context
from dq_service.engine.rule import Call, Check, Marker, RepairFunction, Rule, Stage
from dq_service.engine.rulebook import Rulebook
from dq_service.fields import Kind, Path, parse_path, shape_at
from dq_service.finding import DIMENSIONS, Dimension, Severity
from dq_service.order import Part
from dq_service.partner import Override, Partner
from dq_service.reference.bundle import Reference

WEIGHT: Final[Mapping[Severity, int]] = {"error": 3, "warning": 1, "info": 0}

NEEDS: Final[Mapping[str, Callable[[Partner, Reference, bool], bool]]] = {
    "partner": lambda partner, _reference, _recent: bool(partner.name),
    "order_id_pattern": lambda partner, _reference, _recent: partner.order_id is not None,
    "catalog": lambda partner, reference, _recent: partner.catalog in reference.catalogs,
    "points": lambda _partner, reference, _recent: reference.points is not None,
    "recent": lambda _partner, _reference, recent: recent,
    "no_po_boxes": lambda partner, _reference, _recent: not partner.po_boxes,
    "required_contact": lambda partner, _reference, _recent: "ship_to.contact" in partner.required,
    "required_items": lambda partner, _reference, _recent: "items" in partner.required,
    "window_wanted": lambda partner, _reference, _recent: "window" in partner.required or partner.appointments,
    "instructions_required": lambda partner, _reference, _recent: bool(partner.instructions_required),
    "required": lambda partner, _reference, _recent: bool(partner.required),
    "gtin_is_key": lambda partner, _reference, _recent: partner.gtin_is_key,
}


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A rule as it holds for one partner: its functions with their parameters, its severity there."""

    rule: Rule
    severity: Severity
    check: Check
    repair: RepairFunction | None
    marks: frozenset[str]
    note: str  # the reason of the partner's override, shown in the finding


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Rules of one subject and stage that look at the same part, under the same gates, in the order of their codes."""

    bit: int  # its place in the set of groups that were asked
    judges: bool  # of the stage judge
    countries: frozenset[str]
    orders: frozenset[str]
    reads: frozenset[str]  # fields outside its part that its rules depend on
    rules: tuple[Bound, ...]
    codes: frozenset[str]
    unmarked: tuple[Bound, ...]  # those that are asked whatever the marks
    by_mark: Mapping[str, tuple[Bound, ...]]  # those that are asked when this one mark was seen

    def called_for(self, marks: Collection[str]) -> Sequence[Bound]:
        """The rules that these marks call for, in their order."""
        if len(marks) == 1:
            return self.by_mark.get(next(iter(marks)), self.unmarked)
        if not marks:
            return self.unmarked
        return [bound for bound in self.rules if not bound.marks or not bound.marks.isdisjoint(marks)]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One subject's look at a part, and the groups that it serves: a subject looks at a part only once."""

    number: int
    marker: Marker | None
    groups: tuple[Group, ...]
    unmarked: bool
    reads: frozenset[str]  # fields outside the part that any of its rules depends on
    codes: frozenset[str]  # of all its rules

    def among(self, groups: Collection[Group]) -> "Look":
        """The same look with only those of its groups."""
        kept = tuple(group for group in self.groups if group in groups)
        return replace(self, groups=kept, unmarked=any(group.unmarked for group in kept))


@dataclass(frozen=True, slots=True, eq=False)
class Stop:
    """One part of an order (or each entry of a list) at which subjects look."""

    pattern: str
    steps: Path
    starred: bool
    wants: Literal["object", "list", "leaf"]
    looks: tuple[Look, ...]
    groups: tuple[Group, ...]  # of all its looks
    gated: bool  # whether any of them has a gate
    bits: int  # of all of them
    _admitted: dict[tuple[str, str], tuple[tuple[Look, ...], int]] = field(default_factory=dict)

    def admitted(self, country: str, kind: str) -> tuple[tuple[Look, ...], int]:
        """The looks with those of their groups whose gates pass for a part in this country of an order of this kind,
        and the bits of these groups.
        """
        found = self._admitted.get((country, kind))
        if found is None:
            groups = tuple(
                group
                for group in self.groups
                if (not group.countries or country in group.countries) and (not group.orders or kind in group.orders)
            )
            looks = (look.among(groups) for look in self.looks)
            found = tuple(look for look in looks if look.groups), sum(group.bit for group in groups)
            if len(self._admitted) < 1000:  # any text may stand as a kind of order
                self._admitted[country, kind] = found
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Root:
    """The stops below one top-level field (`""`: the whole order), so that what is absent is passed over at once."""

    name: str
    stops: tuple[Stop, ...]
    reads: frozenset[str]  # other top-level fields that its rules depend on


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Everything that will be asked of an order of one partner."""

    tidy: Mapping[str, tuple[Bound, ...]]  # kind of field -> the pipeline for it
    tidy_marker: Marker
    masks: Mapping[str, tuple[Bound, ...]]  # kind of field -> what is masked in it, before anything else sees it
    arrange: tuple[Root, ...]
    after: tuple[Root, ...]  # resolve and judge: where nothing is repaired, one walk serves both
    groups: tuple[Group, ...]  # by their bits
    watched: tuple[frozenset[str], ...]  # by look: the fields outside its part that it depends on
    counts: Mapping[str, tuple[Dimension, int]]  # code -> dimension, weight: what a rule weighs in the score
    dimensions: Mapping[str, float]  # the partner's weight of each dimension in the overall score
    everywhere: frozenset[str]  # codes of the field rules, which apply to every order


def compile_plan(
    rulebook: Rulebook, partner: Partner, reference: Reference, *, has_recent: bool, as_of: datetime
) -> Plan:
    """The plan for one partner, with the overrides that hold at an instant."""
    overrides = {override.rule: override for override in partner.overrides_at(as_of)}
    rules = [
        _bind(rulebook, rule, overrides.get(rule.code))
        for rule in rulebook.rules
        if all(NEEDS[need](partner, reference, has_recent) for need in rule.needs)
        and not (rule.code in overrides and overrides[rule.code].off)
    ]
    tidy = [bound for bound in rules if bound.rule.kinds and not bound.rule.masks]
    masks = [bound for bound in rules if bound.rule.masks]
    groups: list[Group] = []
    looks: dict[tuple[str, str], int] = {}
    arrange = _roots(rulebook, rules, ("arrange",), groups, looks)
    after = _roots(rulebook, rules, ("resolve", "judge"), groups, looks)
    return Plan(
        tidy={kind: tuple(bound for bound in tidy if kind in bound.rule.kinds) for kind in get_args(Kind)},
        tidy_marker=rulebook.marker("text") or _unmarked,
        masks={kind: tuple(bound for bound in masks if kind in bound.rule.kinds) for kind in get_args(Kind)},
        arrange=arrange,
        after=after,
        groups=tuple(groups),
        watched=_watched(len(looks), [stop for root in (*arrange, *after) for stop in root.stops]),
        counts={bound.rule.code: (bound.rule.dimension, WEIGHT[bound.severity]) for bound in rules},
        dimensions={dimension: partner.weights.get(dimension, 1.0) for dimension in DIMENSIONS},
        everywhere=frozenset(bound.rule.code for bound in (*tidy, *masks)),
    )


def _unmarked(_part: Part, _context: Context) -> tuple[str, ...]:
    """The look of a rulebook without text rules: it sees nothing."""
    return ()


def weights(plan: Plan, codes: Iterable[str]) -> dict[Dimension, int]:
    """The summed weight of these rules, by dimension."""
    out: dict[Dimension, int] = dict.fromkeys(DIMENSIONS, 0)
    for code in codes:
        dimension, weight = plan.counts[code]
        out[dimension] += weight
    return out


def _bind(rulebook: Rulebook, rule: Rule, override: Override | None) -> Bound:
    severity, note = rule.severity, ""
    parameters: Mapping[str, Any] = {}
    if override is not None:
        severity, note, parameters = override.severity or severity, override.reason, override.parameters

    def bound(call: Call) -> Callable[..., Any]:
        function = rulebook.function(call.name)
        given = {name: parameters.get(name, value) for name, value in call.parameters.items()}
        return partial(function, **given) if given else function

    repair = None if rule.repair is None else bound(rule.repair)
    return Bound(rule, severity, bound(rule.check), repair, frozenset(rule.marks), note)


def _roots(
    rulebook: Rulebook,
    rules: Sequence[Bound],
    stages: Sequence[Stage],
    groups: list[Group],
    looks: dict[tuple[str, str], int],
) -> tuple[Root, ...]:
    """What these stages ask, by part; their groups are added to `groups` and their looks to `looks`."""
    found: dict[str, dict[tuple[Any, ...], list[Bound]]] = {}
    for bound in rules:
        rule = bound.rule
        if rule.stage in stages:
            for pattern in rule.applies_to:
                key = (rule.stage, rule.countries, rule.orders, rule.check.subject)
                found.setdefault(pattern, {}).setdefault(key, []).append(bound)
    roots: dict[str, list[Stop]] = {}
    for pattern, here in found.items():
        first = len(groups)
        subjects: dict[str, list[Group]] = {}
        for (stage, countries, orders, subject), bounds in here.items():
            groups.append(
                Group(
                    1 << len(groups),
                    stage == "judge",
                    frozenset(countries),
                    frozenset(orders),
                    frozenset(path for bound in bounds for path in bound.rule.reads),
                    tuple(bounds),
                    frozenset(bound.rule.code for bound in bounds),
                    tuple(bound for bound in bounds if not bound.marks),
                    {
                        mark: tuple(one for one in bounds if not one.marks or mark in one.marks)
                        for bound in bounds
                        for mark in bound.marks
                    },
                )
            )
            subjects.setdefault(subject, []).append(groups[-1])
        own = tuple(groups[first:])
        steps = parse_path(pattern) if pattern else ()
        stop = Stop(
            pattern,
            steps,
            "[*]" in pattern,
            _wants(pattern),
            tuple(_look(rulebook, subject, pattern, served, looks) for subject, served in subjects.items()),
            own,
            any(group.countries or group.orders for group in own),
            sum(group.bit for group in own),
        )
        roots.setdefault(str(steps[0]) if steps else "", []).append(stop)
    return tuple(Root(name, tuple(stops), _read_by(stops)) for name, stops in roots.items())


def _look(
    rulebook: Rulebook, subject: str, pattern: str, groups: Sequence[Group], looks: dict[tuple[str, str], int]
) -> Look:
    marked = any(bound.marks for group in groups for bound in group.rules)
    return Look(
        looks.setdefault((pattern, subject), len(looks)),
        rulebook.marker(subject) if marked else None,
        tuple(groups),
        any(group.unmarked for group in groups),
        frozenset(path for group in groups for path in group.reads),
        frozenset(code for group in groups for code in group.codes),
    )


def _watched(looks: int, stops: Sequence[Stop]) -> tuple[frozenset[str], ...]:
    found: list[set[str]] = [set() for _ in range(looks)]
    for stop in stops:
        for look in stop.looks:
            found[look.number].update(path for group in look.groups for path in group.reads)
    return tuple(map(frozenset, found))


def _read_by(stops: Sequence[Stop]) -> frozenset[str]:
    """The top-level fields that rules at these stops read besides their own part."""
    paths = {path for stop in stops for group in stop.groups for path in group.reads}
    return frozenset(str(parse_path(path)[0]) for path in paths if path)


def _wants(pattern: str) -> Literal["object", "list", "leaf"]:
    shape = shape_at(pattern) if pattern else {}
    return "object" if isinstance(shape, Mapping) else "list" if isinstance(shape, list) else "leaf"


@lru_cache(maxsize=65536)
def depends(path: str, reads: frozenset[str], changed: str) -> bool:
    """Whether what was seen of the part at `path`, with the fields that it reads besides, depends on a changed field.

    Remembered: the fields are the contract's, so there are few such questions.
    """
    return related(changed, path) or any(related(changed, other) for other in reads)


def related(path: str, other: str) -> bool:
    """Whether one of two fields is the other or stands inside it (`""` is the whole order)."""
    shorter, longer = (path, other) if len(path) < len(other) else (other, path)
    return not shorter or longer == shorter or (longer.startswith(shorter) and longer[len(shorter)] in ".[")
