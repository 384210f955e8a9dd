"""The rulebook compiled into the plan of one partner: its overrides laid over, silent rules left out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, get_args

from dq_service.context import Context
from dq_service.engine.plan import Bound, Group, Look, Plan, Root, Stop, bits_of
from dq_service.engine.rule import Call, Rule, Stage
from dq_service.engine.rulebook import Rulebook
from dq_service.engine.scan import scan_for
from dq_service.fields import Kind, parse_path, shape_at
from dq_service.finding import DIMENSIONS, Severity
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
    twice = _asked_at(rulebook, rules, ("arrange",)) & _asked_at(rulebook, rules, ("resolve", "judge"))
    arrange = _roots(rulebook, rules, ("arrange",), groups, looks, twice)
    after = _roots(rulebook, rules, ("resolve", "judge"), groups, looks, twice)
    return Plan(
        scan=scan_for(reference.placeholders.words),
        tidy={kind: tuple(bound for bound in tidy if kind in bound.rule.kinds) for kind in get_args(Kind)},
        tidy_marker=rulebook.marker("text") or _unmarked,
        masks={kind: tuple(bound for bound in masks if kind in bound.rule.kinds) for kind in get_args(Kind)},
        arrange=arrange,
        after=after,
        groups=tuple(groups),
        lookers=_lookers(len(looks), [stop for root in (*arrange, *after) for stop in root.stops]),
        counts={bound.rule.code: (bound.rule.dimension, WEIGHT[bound.severity]) for bound in rules},
        dimensions={dimension: partner.weights.get(dimension, 1.0) for dimension in DIMENSIONS},
        everywhere=frozenset(bound.rule.code for bound in (*tidy, *masks)),
    )


def _unmarked(_part: Part, _context: Context) -> tuple[str, ...]:
    """The look of a rulebook without text rules: it sees nothing."""
    return ()


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
    twice: Collection[tuple[str, str]],
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
                    pattern,
                    stage == "judge",
                    frozenset(countries),
                    frozenset(orders),
                    frozenset(path for bound in bounds for path in _reads(bound.rule, pattern)),
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
            marked = any(bound.marks for bound in bounds)
            subjects.setdefault(rulebook.looker(subject, pattern) if marked else subject, []).append(groups[-1])
        own, spared = tuple(groups[first:]), rulebook.spared(pattern)
        steps = parse_path(pattern) if pattern else ()
        stop = Stop(
            pattern,
            None if "[*]" in pattern or len(steps) > 2 else ".".join(map(str, steps[1:])),
            len(steps) == 2 and pattern.endswith("[*]"),
            "[*]" in pattern,
            isinstance(shape_at(pattern) if pattern else {}, Mapping),
            tuple(_look(rulebook, subject, pattern, served, looks, twice) for subject, served in subjects.items()),
            own,
            spared is not None or any(group.countries or group.orders for group in own),
            bits_of(own),
            spared,
        )
        roots.setdefault(str(steps[0]) if steps else "", []).append(stop)
    return tuple(Root(name, tuple(stops), _read_by(stops)) for name, stops in roots.items())


def _asked_at(rulebook: Rulebook, rules: Sequence[Bound], stages: Sequence[Stage]) -> set[tuple[str, str]]:
    """The parts at which a subject looks in one of these stages."""
    return {
        (pattern, rulebook.looker(bound.rule.check.subject, pattern))
        for bound in rules
        if bound.rule.stage in stages
        for pattern in bound.rule.applies_to
    }


def _look(
    rulebook: Rulebook,
    subject: str,
    pattern: str,
    groups: Sequence[Group],
    looks: dict[tuple[str, str], int],
    twice: Collection[tuple[str, str]],
) -> Look:
    marked = any(bound.marks for group in groups for bound in group.rules)
    return Look(
        looks.setdefault((pattern, subject), len(looks)),
        subject,
        (rulebook.marker(subject) if marked else None) or _unmarked,
        tuple(groups),
        bits_of(groups),
        any(group.unmarked for group in groups),
        marked and (pattern, subject) in twice,
        frozenset(code for group in groups for code in group.codes),
    )


def _reads(rule: Rule, pattern: str) -> tuple[str, ...]:
    """The fields outside of its part that a rule depends on; of the whole order, those that it names, else all."""
    return rule.reads or (() if pattern else ("",))


def _lookers(looks: int, stops: Sequence[Stop]) -> tuple[int, ...]:
    found = [0] * looks
    for stop in stops:
        for look in stop.looks:
            found[look.number] |= look.bits
    return tuple(found)


def _read_by(stops: Sequence[Stop]) -> frozenset[str]:
    """The top-level fields that rules at these stops read besides their own part."""
    paths = {path for stop in stops for group in stop.groups for path in group.reads}
    return frozenset(str(parse_path(path)[0]) for path in paths if path)
