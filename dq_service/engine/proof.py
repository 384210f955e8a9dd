"""A rule's examples proved with the whole rulebook: half a rule cannot be merged."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import orjson

from dq_service.engine.engine import Engine
from dq_service.engine.rule import BadExample, Rule, World
from dq_service.order import JSON, Order
from dq_service.parsing.yaml import DocumentError, Problem
from dq_service.partner import BUILT_IN, Partner
from dq_service.partner import load as load_partner
from dq_service.recent import History
from dq_service.reference.bundle import Reference
from dq_service.reference.catalog import Catalog, Entry
from dq_service.reference.point_rows import PointRows
from dq_service.reference.points import Points
from dq_service.result import Result

ORDER: Final[JSON] = {
    "order_id": "PROOF-100042",
    "partner": "proof",
    "channel": "shopify",
    "kind": "delivery",
    "status": "created",
    "placed_at": "2026-12-01T09:12:00-06:00",
    "ship_to": {
        "name": "Aisha Martinez",
        "phone": "+14025385759",
        "email": "aisha@example.com",
        "address": {
            "line1": "14205 Ida Street",
            "line2": "Apt 4B",
            "city": "Omaha",
            "state": "NE",
            "postal_code": "68142",
            "country": "US",
        },
    },
    "instructions": "Leave with concierge",
    "window": {"start": "2026-12-02T10:00:00-06:00", "end": "2026-12-02T12:00:00-06:00"},
    "items": [{"sku": "LMP-1496-R9", "gtin": "5537992751283", "quantity": 1, "unit": "EA"}],
}


def prove(engine: Engine, rules: Iterable[Rule] | None = None) -> list[Problem]:
    """What these rules' examples (default: of the whole rulebook) do not keep to; empty when all are proved."""
    problems = []
    clean = _checked(engine, ORDER, World())
    for finding in clean.findings:
        at = engine.rulebook.by_code.get(finding.rule)
        problems.append(
            Problem(at.file if at else finding.rule, 1, f"finds the proof's own clean order wrong: {finding.message}")
        )
    for rule in engine.rulebook.rules if rules is None else rules:
        problems += prove_rule(engine, rule)
    return problems


def prove_rule(engine: Engine, rule: Rule) -> Iterator[Problem]:
    """What one rule's examples do not keep to."""
    world = rule.examples.on
    try:
        partner_of(world, rule.file)
    except DocumentError as error:
        yield from (Problem(rule.file, 1, f"examples.on.partner: {problem.message}") for problem in error.problems)
        return
    for number, changes in enumerate(rule.examples.good, 1):
        result = _checked(engine, overlaid(changes), world)
        for finding in result.findings:
            yield Problem(rule.file, 1, f"good example {number} is not silent: {_told(finding.rule, finding)}")
    for number, example in enumerate(rule.examples.bad, 1):
        for complaint in _bad(engine, rule, example):
            yield Problem(rule.file, example.line, f"bad example {number} {complaint}")


def overlaid(changes: Mapping[str, Any]) -> JSON:
    """The proof's order with these values laid over it."""
    return Order(ORDER).replacing(changes).json


def partner_of(world: World, file: str) -> Partner:
    """The partner that an example's world describes; the built-in policy where it describes none."""
    if world.partner is None:
        return replace(BUILT_IN, catalog="proof") if world.skus else BUILT_IN
    given = {"name": "proof", **({"catalog": "proof"} if world.skus else {}), **world.partner}
    return load_partner(orjson.dumps(given).decode(), file)  # JSON is YAML


def example_result(engine: Engine, rule: Rule, changes: Mapping[str, Any]) -> Result:
    """What comes of the proof's order with these values, in the world of a rule's examples."""
    return _checked(engine, overlaid(changes), rule.examples.on)


def _checked(engine: Engine, order: JSON, world: World) -> Result:
    partner = partner_of(world, "examples")
    reference = engine.reference
    if world.skus:
        reference = replace(reference, catalogs={"proof": _catalog(world)})
    if world.points:
        reference = replace(reference, points=_points(orjson.dumps(world.points), world.points_complete, reference))
    if reference is not engine.reference:
        engine = Engine(engine.rulebook, reference)
    history = History.of(overlaid(changes) for changes in world.recent) if world.recent else None
    as_of = datetime.fromisoformat(world.as_of)
    return engine.check(order, as_of=as_of, partner=partner, recent=history)


def _catalog(world: World) -> Catalog:
    return Catalog.from_compiled(Catalog.compile(Entry(**row) for row in world.skus))


@lru_cache(maxsize=64)
def _points(rows: bytes, complete: bool, reference: Reference) -> Points:
    """Address points (number, street, unit, postcode), read as an import reads them."""
    rows_read = PointRows(orjson.loads(rows), reference.street_names, complete=complete)
    return Points(rows_read, reference.street_names)


def _bad(engine: Engine, rule: Rule, example: BadExample) -> Iterator[str]:
    given = overlaid(example.given)
    world = rule.examples.on
    result = _checked(engine, given, world)
    own = [finding for finding in result.findings if finding.rule == rule.code]
    if len(own) != 1:
        yield f"gives {len(own) or 'no'} finding{'s' if len(own) != 1 else ''} of {rule.code}; one is wanted"
    others = {finding.rule: finding for finding in result.findings if finding.rule != rule.code}
    for code in sorted(others.keys() - set(example.companions)):
        yield f"is also found by {_told(code, others[code])}; if rightly, name it under `with`"
    for code in sorted(set(example.companions) - others.keys()):
        yield f"is not found by {code}, which stands under `with`"
    if len(own) != 1:
        return
    finding = own[0]
    wanted = "repaired" if example.becomes else "suggested" if example.suggests else "open"
    if finding.outcome != wanted:
        yield f"comes out as {finding.outcome}, not {wanted}: {_told(rule.code, finding)}"
    if example.becomes:
        yield from _became(engine, rule, example, result)
    for place, changes in enumerate(example.suggests):
        offered = dict(finding.suggestions[place].changes) if place < len(finding.suggestions) else None
        if offered != dict(changes):
            yield f"suggests {offered}, not {dict(changes)}, in place {place + 1}"


def _became(engine: Engine, rule: Rule, example: BadExample, result: Result) -> Iterator[str]:
    if result.order is None:
        yield "is rejected"
        return
    wanted = overlaid({**example.given, **example.becomes})
    for path in differing(wanted, result.order):
        yield f"becomes {path}={Order(result.order).at(path)!r}, not {Order(wanted).at(path)!r}"
    again = _checked(engine, result.order, rule.examples.on)
    if any(finding.rule == rule.code for finding in again.findings):
        yield "still fails after its repair"
    for path in differing(result.order, again.order or {}):
        yield f"changes again when it is repaired twice: {path}"
    named = {field for finding in result.findings if finding.rule == rule.code for field in finding.fields}
    for repair in result.repairs:
        if repair.rule == rule.code:
            for change in repair.changes:
                if not any(
                    change.field == field or change.field.startswith((field + ".", field + "[")) for field in named
                ):
                    yield f"changes {change.field}, which its finding does not name"


def differing(one: Any, other: Any, path: str = "") -> list[str]:
    """The paths at which two values differ; absent, null and `""` are the same."""
    if isinstance(one, dict) or isinstance(other, dict):
        if not isinstance(one or {}, dict) or not isinstance(other or {}, dict):
            return [path]
        one, other = one or {}, other or {}
        names = dict.fromkeys([*one, *other])
        return [
            found
            for name in names
            for found in differing(one.get(name), other.get(name), f"{path}.{name}" if path else name)
        ]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [found for place, pair in pairs for found in differing(*pair, f"{path}[{place}]")]
    one, other = (None if value in ("", []) else value for value in (one, other))
    return [] if one == other and type(one) is type(other) else [path or "order"]


def _told(code: str, finding: Any) -> str:
    return f"{code} {finding.name} ({finding.outcome}): {finding.message}"
