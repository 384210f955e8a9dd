"""An order for its page: what is open and what folded, findings at their field, and what a form comes to."""

from collections.abc import Callable
from typing import Any

import pytest

from dq_service.engine.proof import overlaid
from dq_service.intake.json_text import read, write
from dq_service.order import JSON
from dq_service.result import Result
from dq_service.web.pages.order_shown import Field, Shown, chosen, shown

Check = Callable[..., Result]


def of(check: Check, changes: dict[str, Any]) -> tuple[Shown, JSON]:
    """The page's order, and its result."""
    result = read(write(check(changes).to_json()))
    return shown(overlaid(changes), result, {"ADR021": "because"}), result


def field(whole: Shown, path: str) -> Field:
    return next(one for section in whole.sections for one in section.fields if one.path == path)


def test_only_what_differs_or_is_wrong_is_open(check: Check) -> None:
    whole, _ = of(check, {"ship_to.address.city": "Omhaa"})
    opened = [one.path for section in whole.sections for one in section.opened]
    assert opened == ["ship_to.address.city"]
    city = field(whole, "ship_to.address.city")
    assert (city.came, city.proposed, city.state) == ("Omhaa", "Omaha", "repaired")
    assert [(one.rule, one.why) for one in city.said] == [("ADR021", "because")]
    assert city.said[0].evidence
    assert whole.keeping == ()


def test_a_missing_object_offers_its_fields(check: Check) -> None:
    changes = {"window": {"start": "2026-12-02T12:00:00-06:00", "end": "2026-12-02T10:00:00-06:00"}}
    whole, _ = of(check, changes)
    when = next(section for section in whole.sections if section.name == "when")
    assert [one.path for one in when.opened] == ["window", "window.start", "window.end"]
    said = field(whole, "window").said[0]
    assert said.keeps
    assert [candidate.number for candidate in said.candidates] == [1]
    assert {put.path for put in said.candidates[0].puts} == {"window.start", "window.end"}


def test_a_form_as_it_was_changes_nothing(check: Check) -> None:
    whole, result = of(check, {"ship_to.address.city": "Omhaa", "instructions": "Ring\ntwice"})
    form = {f"set.{one.path}": str(one.proposed or "") for section in whole.sections for one in section.fields}
    form["set.instructions"] = "Ring\r\ntwice"  # as browsers send it
    assert chosen({**form, "pick.0": ""}, result) == {}


@pytest.mark.parametrize(
    ("typed", "meant"), [("3", 3), ("2.5", 2.5), ("three", "three"), ("", None), (" ", None)], ids=repr
)
def test_what_is_typed_has_the_kind_of_its_field(check: Check, typed: str, meant: Any) -> None:
    _, result = of(check, {"items[0].quantity": 0})
    assert chosen({"set.items[0].quantity": typed}, result) == {"items[0].quantity": meant}


def test_what_is_typed_wins_over_what_is_picked(check: Check) -> None:
    changes = {"window": {"start": "2026-12-02T12:00:00-06:00", "end": "2026-12-02T10:00:00-06:00"}}
    whole, result = of(check, changes)
    form = {whole.keeping[0].name: "0", "set.window.start": "2026-12-02T09:00:00-06:00"}
    assert chosen(form, result) == {
        "window.start": "2026-12-02T09:00:00-06:00",
        "window.end": "2026-12-02T12:00:00-06:00",
    }
    assert chosen({whole.keeping[0].name: "7"}, result) == {}


@pytest.mark.parametrize(
    "sent", [{"": 1, "a.b": 2, "x[": 3}, {"ship_to": "me"}, {"items": [[], {}]}, {}, {"a": {"b": {}}}]
)
def test_any_order_is_shown(check: Check, sent: JSON) -> None:
    result = read(write(check({}).to_json()))
    assert shown(sent, {**result, "order": sent}, {}).sections is not None
    assert shown(None, {**result, "order": None}, {}).likely == {}
