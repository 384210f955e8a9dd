"""The rulebook compiled for one partner: what is asked of which part of an order, and in which order.

A rule whose gates cannot pass for this partner is not in the plan at all; one whose part is absent, or whose
subject's one look (`marks`) saw nothing of the kind, is never called. So ninety rules cost little more than ten.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final, Literal

from dq_service.engine.rule import STAGES, Check, Marker, Mend, Rule
from dq_service.engine.rulebook import Rulebook
from dq_service.fields import leaves, shape_at
from dq_service.finding import DIMENSIONS, Severity
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


@dataclass(frozen=True, slots=True)
class Bound:
    """A rule as it holds for one partner: its functions with their parameters, its severity there."""

    rule: Rule
    severity: Severity
    check: Check
    repair: Mend | None
    marks: frozenset[str]
    note: str  # the reason of the partner's override, shown in the finding


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Rules of one subject that look at the same part, under the same gates."""

    stage: int
    pattern: str
    starred: bool
    wants: Literal["object", "list", "leaf"]
    countries: frozenset[str]
    orders: frozenset[str]
    reads: tuple[str, ...]
    rules: tuple[Bound, ...]  # in the order of their codes
    marker: Marker | None
    unmarked: bool  # whether some of them are asked whatever the marks


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Everything that will be asked of an order of one partner."""

    tidy: Mapping[str, tuple[Bound, ...]]  # kind of field -> the pipeline for it
    tidy_marker: Marker | None
    stages: tuple[tuple[Group, ...], ...]  # arrange, resolve, judge (index 1 to 3; 0 is empty)
    totals: Mapping[str, tuple[str, Severity]]  # code -> dimension, severity: what may count in the score
    everywhere: frozenset[str]  # codes of the field rules, which apply to every order

    @property
    def codes(self) -> frozenset[str]:
        """The rules that can speak."""
        return frozenset(self.totals)


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
    tidy = [bound for bound in rules if bound.rule.kinds]
    groups: dict[tuple[object, ...], list[Bound]] = {}
    for bound in rules:
        rule = bound.rule
        for pattern in rule.applies_to:
            key = (STAGES.index(rule.stage), pattern, rule.countries, rule.orders, rule.check.subject)
            groups.setdefault(key, []).append(bound)
    compiled = [_group(rulebook, key, bounds) for key, bounds in groups.items()]
    kinds = {kind for _, kind in leaves()}
    return Plan(
        tidy={kind: tuple(bound for bound in tidy if kind in bound.rule.kinds) for kind in kinds},
        tidy_marker=rulebook.marker("text") if tidy else None,
        stages=tuple(tuple(group for group in compiled if group.stage == index) for index in range(len(STAGES))),
        totals={bound.rule.code: (bound.rule.dimension, bound.severity) for bound in rules},
        everywhere=frozenset(bound.rule.code for bound in tidy),
    )


def weights(plan: Plan, codes: Iterable[str]) -> dict[str, int]:
    """The summed weight of these rules, by dimension."""
    out = dict.fromkeys(DIMENSIONS, 0)
    for code in codes:
        dimension, severity = plan.totals[code]
        out[dimension] += WEIGHT[severity]  # type: ignore[index]  # a rule's dimension is one of DIMENSIONS
    return {str(dimension): weight for dimension, weight in out.items()}


def _bind(rulebook: Rulebook, rule: Rule, override: Override | None) -> Bound:
    severity, note = rule.severity, ""
    check, repair = rule.check, rule.repair
    if override is not None:
        severity, note = override.severity or severity, override.reason
        if override.parameters:
            check = replace(check, parameters=_overridden(check.parameters, override))
            repair = repair and replace(repair, parameters=_overridden(repair.parameters, override))
    return Bound(
        rule,
        severity,
        partial(rulebook.function(check.name), **check.parameters)
        if check.parameters
        else rulebook.function(check.name),
        repair
        and (
            partial(rulebook.function(repair.name), **repair.parameters)
            if repair.parameters
            else rulebook.function(repair.name)
        ),
        frozenset(rule.marks),
        note,
    )


def _overridden(parameters: Mapping[str, object], override: Override) -> dict[str, object]:
    return {name: override.parameters.get(name, value) for name, value in parameters.items()}


def _group(rulebook: Rulebook, key: tuple[object, ...], bounds: list[Bound]) -> Group:
    stage, pattern, countries, orders, subject = key
    assert isinstance(stage, int) and isinstance(pattern, str) and isinstance(subject, str)
    assert isinstance(countries, tuple) and isinstance(orders, tuple)
    shape = shape_at(pattern) if pattern else {}
    marked = any(bound.marks for bound in bounds)
    return Group(
        stage,
        pattern,
        "[*]" in pattern,
        "object" if isinstance(shape, Mapping) else "list" if isinstance(shape, list) else "leaf",
        frozenset(countries),
        frozenset(orders),
        tuple(dict.fromkeys(path for bound in bounds for path in bound.rule.reads)),
        tuple(bounds),
        rulebook.marker(subject) if marked else None,
        not all(bound.marks for bound in bounds),
    )
