"""How the stages work together: what is seen is kept only while the fields it was seen in stand."""

from collections.abc import Sequence
from typing import Any

import pytest

from dq_service.engine.engine import Engine
from dq_service.engine.inspection import Inspection
from dq_service.engine.plan import depends, opens_gates
from dq_service.engine.proof import example_result
from dq_service.engine.rule import Rule
from dq_service.partner import BUILT_IN
from dq_service.result import Result
from tests.conftest import AS_OF


def told(result: Result) -> list[Any]:
    return [(f.rule, f.field, f.outcome, f.message, f.suggestions) for f in result.findings] + list(result.repairs)


def test_what_rules_read_is_declared(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every example of every rule comes out the same when nothing that was seen is kept after a repair.

    Where it does not, a rule depends on a field that it does not name under `reads`.
    """

    def forget_all(self: Inspection, paths: Sequence[str]) -> None:
        self._seen.clear()
        self._countries.clear()
        self._spared.clear()
        self._kind = ""

    kept = [(rule, changes, told(example_result(engine, rule, changes))) for rule, changes in examples(engine)]
    monkeypatch.setattr(Inspection, "_forget", forget_all)
    for rule, changes, before in kept:
        assert told(example_result(engine, rule, changes)) == before, f"{rule.code}: {changes}"


def test_what_depends_on_a_field(engine: Engine) -> None:
    """A look at an entry of a list depends on every field of the entries; one at the whole order on what it reads."""
    plan = engine.plan(BUILT_IN, has_recent=False, as_of=AS_OF)

    def patterns(*changed: str) -> set[str]:
        bits = plan.depending(changed)
        return {group.pattern for group in plan.groups if group.bit & bits}

    assert {"items[*]", "items"} <= patterns("items[3].sku")
    assert {"ship_to.address", "ship_to"} <= patterns("ship_to.address.city")
    assert "ship_to.address" not in patterns("ship_to.phone", "items[0].sku")
    assert patterns("ship_to.phone", "items[0].sku") == patterns("ship_to.phone") | patterns("items[0].sku")
    assert plan.depending(()) == 0


@pytest.mark.parametrize(
    "path",
    ["kind", "ship_from", "ship_from.name", "ship_to", "ship_to.address", "bill_to.address.city", "stops[2].address"],
)
def test_gates_open_where_country_or_side_may_be_another(path: str) -> None:
    assert opens_gates(path)


@pytest.mark.parametrize("path", ["status", "ship_to.phone", "bill_to.contacts[0].email", "stops[2].name", "items[0]"])
def test_other_fields_open_no_gates(path: str) -> None:
    assert not opens_gates(path)


def test_the_whole_order_depends_on_what_is_read_of_it() -> None:
    read = frozenset({"items", "ship_to.address"})
    assert depends("", read, "items[0].sku")
    assert depends("", read, "ship_to")
    assert not depends("", read, "ship_to.phone")
    assert depends("", frozenset({""}), "ship_to.phone")  # it names nothing, so it depends on all


def examples(engine: Engine) -> list[tuple[Rule, dict[str, Any]]]:
    """The bad examples, and each of them with a second error that is repaired elsewhere."""
    out = []
    others: list[dict[str, Any]] = [
        {},
        {"ship_to.address.city": "Omhaa"},
        {"ship_to.phone": "402-538-5759"},
        {"window.end": "2026-12-02T12:00:00"},
        {"status": "In Transit"},
    ]
    for rule in engine.rulebook.rules:
        for example in rule.examples.bad:
            out += [(rule, {**other, **example.given}) for other in others]
    return out
