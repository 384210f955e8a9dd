"""People's fixes: they stay until the sender really changes the field, follow their entries, and can be taken back."""

from datetime import timedelta
from typing import Any

import pytest

from dq_service.order import JSON, Order
from dq_service.service.commands import Acknowledge, Look, Refused, Revert
from dq_service.service.reviews.outcomes import fix
from tests.service.lives import Life, agrees, body

NAME, CITY = "ship_to.name", "ship_to.address.city"
LINE1, LINE2 = "ship_to.address.line1", "ship_to.address.line2"


def _at(life: Life, field: str) -> Any:
    return Order(life.result["order"]).at(field)


def _found(life: Life) -> list[tuple[str, str, str]]:
    return [(finding["rule"], finding["field"], finding["outcome"]) for finding in life.result["findings"]]


def _fixed(order: JSON, **changes: Any) -> Life:
    life = Life()
    life.gets(order)
    life.does(fix({path.replace("__", "."): value for path, value in changes.items()}, "ann", "I called"))
    return life


def test_a_fix_stays_while_its_sender_changes_something_else() -> None:
    life = _fixed(body(1, ship_to__name=""), ship_to__name="Cleo")
    assert life.told() == ["changed", "released"]
    life.gets(body(2, ship_to__name=None, instructions="Ring twice"))
    assert (_at(life, NAME), _at(life, "instructions")) == ("Cleo", "Ring twice")
    assert life.order.fixes[NAME].by == "ann"


def test_what_the_sender_really_changes_is_taken_and_goes_to_a_person() -> None:
    life = _fixed(body(1), ship_to__name="Cleo")
    life.gets(body(2, ship_to__name="Bea"))
    assert _at(life, NAME) == "Bea"
    assert life.told() == ["changed", "recalled", "held", "opened"]
    (finding,) = life.result["findings"]
    assert (finding["rule"], finding["name"], finding["value"]) == ("SYS004", "fix-overtaken", "Bea")
    assert (finding["severity"], finding["outcome"], finding["cause"]) == ("error", "suggested", "partner")
    assert [one["changes"] for one in finding["suggestions"]] == [{NAME: "Cleo"}]
    assert not life.order.fixes


def test_an_overtaken_fix_waits_for_a_person_whatever_else_happens() -> None:
    life = _fixed(body(1), ship_to__name="Cleo")
    life.gets(body(2, ship_to__name="Bea"))
    life.does(Look())
    life.gets(body(3, ship_to__name="bea ", instructions="Ring"))
    life.does(fix({"instructions": "Knock"}, "ann"))
    assert life.order.lifecycle == "held"
    assert _found(life) == [("SYS004", NAME, "suggested")]
    life.does(fix({NAME: "Bea"}, "ann"))
    assert (life.order.lifecycle, _found(life)) == ("released", [])


def test_an_overtaken_fix_is_over_when_the_sender_changes_the_field_again() -> None:
    life = _fixed(body(1), ship_to__name="Cleo")
    life.gets(body(2, ship_to__name="Bea"))
    life.gets(body(3, ship_to__name="Dan"))
    assert (life.order.lifecycle, _found(life), _at(life, NAME)) == ("released", [], "Dan")


def test_a_sender_who_comes_to_say_the_same_confirms_the_fix() -> None:
    life = _fixed(body(1), ship_to__name="Cleo")
    life.gets(body(2, ship_to__name="CLEO"))
    assert (life.order.lifecycle, _found(life), _at(life, NAME)) == ("released", [], "Cleo")
    life.gets(body(3, ship_to__name="Dan"))
    assert (life.order.lifecycle, _found(life), _at(life, NAME)) == ("released", [], "Dan")


def test_the_machine_leaves_alone_what_a_person_has_put_in() -> None:
    life = _fixed(body(1), ship_to__address__city="Omhaa")
    assert _at(life, CITY) == "Omhaa"
    assert _found(life) == [("ADR021", CITY, "suggested")]


def test_a_fix_follows_its_list_entry() -> None:
    lamp, sofa = {"line_id": "1", "sku": "LMP-1", "quantity": 1}, {"line_id": "2", "sku": "SOF-2", "quantity": 1}
    life = _fixed(body(1, items=[lamp]), **{"items[0].quantity": 5})
    life.gets(body(2, items=[sofa, {**lamp, "quantity": 1.0}]))
    assert list(life.order.fixes) == ["items[1].quantity"]
    assert life.result["order"]["items"] == [sofa, {**lamp, "quantity": 5}]
    life.does(Look())
    assert life.result["order"]["items"] == [sofa, {**lamp, "quantity": 5}]


def test_a_fix_of_an_entry_that_the_sender_takes_out_is_offered_back() -> None:
    lamp, sofa = {"line_id": "1", "sku": "LMP-1", "quantity": 1}, {"line_id": "2", "sku": "SOF-2", "quantity": 1}
    life = _fixed(body(1, items=[sofa, lamp]), **{"items[1].quantity": 5})
    life.gets(body(2, items=[sofa]))
    (finding,) = life.result["findings"]
    assert (finding["field"], life.order.lifecycle) == ("items", "held")
    (suggestion,) = finding["suggestions"]
    offered = Order(life.result["order"]).replacing(suggestion["changes"]).json
    assert offered["items"] == [sofa, {**lamp, "quantity": 5}]


def test_entries_that_people_added_stay() -> None:
    life = _fixed(body(1, items=[]), **{"items[0].sku": "A", "items[1].quantity": 2, "items[1].sku": "B"})
    life.gets(body(2, items=[{"sku": "C"}]))
    assert life.result["order"]["items"] == [{"sku": "C"}, {"sku": "A"}, {"quantity": 2, "sku": "B"}]
    life.does(Look())
    assert life.result["order"]["items"] == [{"sku": "C"}, {"sku": "A"}, {"quantity": 2, "sku": "B"}]


def test_of_a_whole_that_a_person_put_in_the_sender_can_still_change_parts() -> None:
    window = {"start": "2026-12-02T10:00:00Z", "end": "2026-12-02T12:00:00Z"}
    life = _fixed(body(1, window=window), window={**window, "end": "2026-12-02T14:00:00Z"})
    life.gets(body(2, window={**window, "start": "2026-12-02T09:00:00Z"}))
    assert life.result["order"]["window"] == {"start": "2026-12-02T09:00:00Z", "end": "2026-12-02T14:00:00Z"}
    assert life.order.lifecycle == "released"
    life.does(Look())
    assert life.result["order"]["window"] == {"start": "2026-12-02T09:00:00Z", "end": "2026-12-02T14:00:00Z"}


def test_a_fix_for_a_whole_takes_the_place_of_those_for_its_parts() -> None:
    life = _fixed(body(1), **{"window.start": "a", "window.end": "b", "windows": "c"})
    life.does(fix({"window": {"start": "d"}}, "bob"))
    assert {field: one.value for field, one in life.order.fixes.items()} == {"window": {"start": "d"}, "windows": "c"}
    life.does(fix({"window.end": "e"}, "bob"))
    assert life.result["order"]["window"] == {"start": "d", "end": "e"}


def test_what_a_list_entry_leaves_out_stays_however_often_it_is_left_out() -> None:
    life = Life()
    life.gets(body(1, items=[{"line_id": "1", "sku": "LMP-1", "quantity": 1}]))
    for version in (2, 3):
        life.gets(body(version, items=[{"line_id": "1", "quantity": version}]))
        assert life.result["order"]["items"] == [{"line_id": "1", "quantity": version, "sku": "LMP-1"}]
        assert life.order.filled
    life.gets(body(4, items=[{"line_id": "1", "sku": None, "quantity": 4}]))
    assert life.result["order"]["items"] == [{"line_id": "1", "sku": None, "quantity": 4}]
    assert not life.order.filled


@pytest.mark.parametrize("field", ["ship_to.name.first", "items[7].sku", "items[*].sku", "", "a..b", "items[0"])
def test_a_field_for_which_the_order_has_no_place_is_refused(field: str) -> None:
    life = Life()
    life.gets(body(1))
    before = life.kept
    with pytest.raises(Refused) as refused:
        life.does(fix({field: "x"}, "ann"))
    assert refused.value.reason == "unknown"
    assert life.kept is before


def test_a_fix_of_a_revision_that_is_not_the_last_is_refused() -> None:
    life = _fixed(body(1), ship_to__name="Cleo")
    with pytest.raises(Refused) as refused:
        life.does(fix({NAME: "Dan"}, "bob", revision=1))
    assert refused.value.reason == "older"
    life.does(fix({NAME: "Dan"}, "bob", revision=2))
    assert _at(life, NAME) == "Dan"


def test_what_was_no_order_has_no_fields_to_fix() -> None:
    life = Life()
    life.gets(None)
    assert (life.order.lifecycle, life.order.verdict, life.told()) == ("refused", "rejected", ["received", "refused"])
    with pytest.raises(Refused):
        life.does(fix({NAME: "Cleo"}, "ann"))
    assert life.does(Look()).after is life.kept
    assert life.gets(None).body is None


def test_a_fix_is_written_down() -> None:
    life = _fixed(body(1, ship_to__name=""), ship_to__name="Cleo")
    (line,) = life.lines
    assert (line.field, line.before, line.after, line.who, line.evidence) == (NAME, None, "Cleo", "ann", "I called")
    assert (line.revision, line.number, line.rule, line.confidence) == (2, 1, "", None)
    assert life.last is not None
    (note,) = life.last.notes
    assert (note.actor, note.action, note.object) == ("ann", "order.fix", life.order.id)
    assert note.detail == {"fields": [NAME], "reason": "I called", "revision": 1}


# Taking back


def _line(life: Life, field: str) -> str:
    return next(line.id for line in life.lines if line.field == field and line.reverted_at is None)


def test_all_that_the_machine_did_is_taken_back() -> None:
    sent = body(1, ship_to__address__city="Omhaa", ship_to__address__line1="14205 Ida St, Apt 4B")
    life = Life()
    life.gets(sent)
    assert (_at(life, CITY), _at(life, LINE1), _at(life, LINE2)) == ("Omaha", "14205 Ida St", "Apt 4B")
    life.does(Revert("bob", tuple(life.lines), machine=True))
    assert life.result["order"] == sent
    assert (life.order.lifecycle, life.order.verdict, life.told()) == ("released", "review", ["changed"])
    assert {line.reverted_by for line in life.lines} == {"bob"}
    life.does(Look())
    assert life.result["order"] == sent


def test_a_held_order_stays_held_when_something_is_taken_back() -> None:
    life = Life()
    life.gets(body(1, ship_to__name="", ship_to__address__city="Omhaa"))
    until = life.order.hold
    life.passes(timedelta(minutes=5))
    life.does(Revert("bob", tuple(life.lines), machine=True))
    assert (life.order.lifecycle, life.told()) == ("held", ["changed"])
    assert until is not None
    assert life.order.hold is not None
    assert life.order.hold.until == until.until
    agrees(life)


@pytest.mark.parametrize("half", [LINE1, LINE2])
def test_of_a_move_both_halves_are_taken_back(half: str) -> None:
    life = Life()
    life.gets(body(1, ship_to__address__line1="14205 Ida St, Apt 4B"))
    life.does(Revert("bob", tuple(life.lines), _line(life, half)))
    assert (_at(life, LINE1), _at(life, LINE2)) == ("14205 Ida St, Apt 4B", None)
    assert all(line.reverted_at for line in life.lines)


def test_one_change_is_taken_back_and_the_others_stay() -> None:
    life = Life()
    life.gets(body(1, ship_to__address__city="Omhaa", ship_to__address__line1="14205 Ida St, Apt 4B"))
    life.does(Revert("bob", tuple(life.lines), _line(life, CITY)))
    assert (_at(life, CITY), _at(life, LINE2)) == ("Omhaa", "Apt 4B")
    assert [line.field for line in life.lines if line.reverted_at] == [CITY]
    assert life.does(Revert("bob", tuple(life.lines), life.lines[0].id)).after is life.kept


def test_what_was_taken_back_gives_way_to_what_the_sender_sends_next() -> None:
    life = Life()
    life.gets(body(1, ship_to__address__city="Omhaa"))
    life.does(Revert("bob", tuple(life.lines), machine=True))
    life.gets(body(2, ship_to__address__city="Lincoln"))
    assert (_at(life, CITY), _found(life), life.order.fixes) == ("Lincoln", [], {})


def test_a_fix_is_taken_back() -> None:
    life = _fixed(body(1), ship_to__name="Cleo")
    life.does(Revert("bob", tuple(life.lines), _line(life, NAME)))
    assert (_at(life, NAME), life.lines[0].reverted_by) == ("Ann", "bob")


def test_a_change_that_does_not_stand_any_more_or_never_was_is_refused() -> None:
    life = Life()
    life.gets(body(1, ship_to__address__city="Omhaa"))
    line = _line(life, CITY)
    life.gets(body(2))
    for change, reason in ((line, "older"), ("chg_none", "unknown")):
        with pytest.raises(Refused) as refused:
            life.does(Revert("bob", tuple(life.lines), change))
        assert refused.value.reason == reason


def test_a_repair_that_is_made_again_keeps_its_line() -> None:
    life = Life()
    life.gets(body(1, ship_to__address__city="Omhaa"))
    line = _line(life, CITY)
    life.gets(body(2, ship_to__address__city="Omhaa", instructions="Ring"))
    assert (life.order.revision, len(life.lines)) == (2, 1)
    life.does(Revert("bob", tuple(life.lines), line))
    assert _at(life, CITY) == "Omhaa"


def test_an_acknowledged_order_is_told_of_an_overtaken_fix_and_stays_released() -> None:
    life = _fixed(body(1), ship_to__name="Cleo")
    life.does(Acknowledge(2, "tms"))
    life.gets(body(2, ship_to__name="Bea"))
    assert (life.order.lifecycle, life.order.verdict, life.told()) == ("released", "review", ["changed"])
    agrees(life)
