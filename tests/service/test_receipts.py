"""A receipt, applied to the body as received, gives the order sent on; its inverse gives the body back exactly."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import jsonpatch
from hypothesis import given
from hypothesis import strategies as st

from dq_service.engine.merge import same
from dq_service.engine.proof import overlaid
from dq_service.finding import Finding
from dq_service.order import JSON, Order
from dq_service.result import Result
from dq_service.service.commands import Cancel, Look, Moment, Refused, Revert
from dq_service.service.life import decide
from dq_service.service.receipts import difference, receipt
from dq_service.service.reviews.outcomes import fix
from tests.service.lives import BEGIN, Life, agrees, body

CITY, LINE1, LINE2 = "ship_to.address.city", "ship_to.address.line1", "ship_to.address.line2"


def _applied(patch: list[JSON], order: JSON) -> Any:
    return jsonpatch.apply_patch(order, patch)


def _told(life: Life) -> JSON:
    """The life's receipt, once it is shown to be exact, as a whole and change by change."""
    assert life.accepted is not None
    told = receipt(life.order, life.accepted, life.lines)
    exact(told)
    return told


def exact(told: JSON) -> None:
    """Whether a receipt leads from what was received to what was sent on, and back."""
    received, order = told["received"], told["order"]
    assert same(_applied(told["patch"], received), order)
    assert same(_applied(told["inverse"], order), received)
    standing = [change for change in told["changes"] if change["standing"]]
    assert [one for change in standing for one in change["patch"]] == told["patch"]
    assert [one for change in reversed(standing) for one in change["inverse"]] == told["inverse"]


def test_a_receipt_says_what_was_changed_by_whom_and_why() -> None:
    life = Life()
    life.gets(body(1, ship_to__address__city="Omhaa"))
    life.does(fix({"ship_to.name": "Cleo"}, "ann", "I called"))
    told = _told(life)
    person, machine = told["changes"]
    assert (person["field"], person["before"], person["after"]) == ("ship_to.name", "Ann", "Cleo")
    assert (person["who"], person["evidence"], person["rule"], person["revision"]) == ("ann", "I called", None, 2)
    assert machine == {
        "id": machine["id"],
        "field": CITY,
        "before": "Omhaa",
        "after": "Omaha",
        "rule": "ADR021",
        "confidence": 0.999,
        "evidence": "it is so",
        "who": "machine",
        "at": "2026-12-01T18:00:00.000Z",
        "revision": 1,
        "rulebook": "sha256:r",
        "reference": "sha256:t",
        "publication": {"rulebook": 3, "partners": 1},
        "reverted": None,
        "standing": True,
        "patch": [{"op": "replace", "path": "/ship_to/address/city", "value": "Omaha"}],
        "inverse": [{"op": "replace", "path": "/ship_to/address/city", "value": "Omhaa"}],
    }
    assert {change["id"] for change in told["changes"]} == {line.id for line in life.lines}


def test_each_change_names_what_its_revision_was_made_with() -> None:
    life = Life()
    life.gets(body(1, ship_to__address__city="Omhaa"))
    life.does(fix({"instructions": "Ring"}, "ann"))
    first = {"rulebook": "sha256:0", "reference": "sha256:1", "publication": {"rulebook": 2}}
    told = receipt(life.order, life.accepted, life.lines, {1: first})
    assert [change["rulebook"] for change in told["changes"]] == ["sha256:r", "sha256:0"]
    assert told["changes"][1]["publication"] == {"rulebook": 2}


def test_what_was_taken_back_stays_on_the_receipt_and_changes_nothing() -> None:
    life = Life()
    life.gets(body(1, ship_to__address__city="Omhaa", ship_to__address__line1="14205 Ida St, Apt 4B"))
    line = next(line for line in life.lines if line.field == CITY)
    life.does(Revert("bob", tuple(life.lines), line.id))
    told = _told(life)
    (taken,) = [change for change in told["changes"] if change["reverted"]]
    assert (taken["id"], taken["standing"], taken["patch"], taken["inverse"]) == (line.id, False, [], [])
    assert taken["reverted"] == {"at": "2026-12-01T18:00:00.000Z", "by": "bob"}
    life.does(Revert("bob", tuple(life.lines), machine=True))
    told = _told(life)
    assert told["patch"] == told["inverse"] == []


def test_what_a_repair_had_made_before_one_that_was_taken_back_stays_its_own(examine: Callable[..., Result]) -> None:
    def check(order: JSON | None, pinned: frozenset[str], noted: tuple[Finding, ...]) -> Result:
        return examine(order, pinned=pinned, noted=noted)

    place = dict.fromkeys((CITY, "ship_to.address.state", "ship_to.address.postal_code"), "")
    sent = overlaid({LINE1: "14205 Ida Street Apt 4B, Omaha NE 68142", LINE2: "", **place})
    life = Life()
    moment = Moment(BEGIN, check, life.moment().new_id)
    step = decide(None, life.arrived(sent), moment)
    unit = next(line for line in step.lines if line.field == LINE2)
    back = decide(step.after, Revert("bob", step.lines, unit.id), moment)
    lines = tuple({line.id: line for line in (*step.lines, *back.reverted)}.values())
    told = receipt(back.after, sent, lines)
    exact(told)
    address = told["order"]["ship_to"]["address"]
    assert (address["line1"], address["line2"], address["city"]) == ("14205 Ida Street Apt 4B", "", "Omaha")
    assert {change["rule"] for change in told["changes"] if change["standing"]} == {"ADR110"}
    assert {change["rule"] for change in told["changes"] if change["reverted"]} == {"ADR122"}


def test_what_an_earlier_body_said_is_on_the_receipt() -> None:
    life = Life()
    life.gets(body(1))
    life.gets(body(2, items=[{"line_id": "1", "quantity": 2}]))
    (change,) = _told(life)["changes"]
    assert (change["field"], change["who"], change["id"]) == ("items", "sender", None)


def test_a_cancelled_order_whose_sender_has_written_since_has_a_receipt() -> None:
    life = Life()
    life.gets(body(1, ship_to__address__city="Omhaa"))
    life.does(Cancel("acme"))
    life.gets(body(2, ship_to="nobody"))
    told = receipt(life.order, life.accepted, life.lines)
    assert same(_applied(told["patch"], told["received"]), told["order"])
    assert same(_applied(told["inverse"], told["order"]), told["received"])


def test_what_was_no_order_has_an_empty_receipt() -> None:
    life = Life()
    life.gets(None)
    told = receipt(life.order, None)
    assert (told["changes"], told["patch"], told["inverse"], told["order"]) == ([], [], [], None)


_LEAVES = st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-2, 2) | st.text("ab/~ é", max_size=3)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab/~ é", max_size=2), inner, max_size=4),
)
_OBJECTS = st.dictionaries(st.text("ab/~ é", max_size=2), _VALUES, max_size=5)


@given(_OBJECTS, _OBJECTS)
def test_a_difference_makes_the_other_of_the_one(one: JSON, other: JSON) -> None:
    assert same(_applied(list(difference(one, other)), one), other)
    assert not list(difference(one, one))


_NAMES = st.sampled_from(["Ann", "ann ", "", "Bea"])
_ITEMS = st.lists(
    st.fixed_dictionaries(
        {}, optional={"line_id": st.sampled_from("12"), "sku": st.sampled_from("AB"), "quantity": st.integers(1, 3)}
    ),
    max_size=3,
)
_BODIES = st.fixed_dictionaries(
    {
        "ship_to__name": _NAMES,
        "ship_to__address__city": st.sampled_from(["Omaha", "Omhaa"]),
        "ship_to__address__line1": st.sampled_from(["14205 Ida St", "14205 Ida St, Apt 4B"]),
        "items": _ITEMS,
    }
)
_FIXES = st.dictionaries(
    st.sampled_from(["ship_to.name", CITY, LINE1, LINE2, "items[0].quantity", "items[1].sku", "items", "window.start"]),
    st.sampled_from(["Omhaa", "Cleo", None]),
    min_size=1,
    max_size=2,
)
_STEPS = st.lists(
    st.tuples(st.just("body"), _BODIES) | st.tuples(st.just("fix"), _FIXES) | st.just(("revert", {})), max_size=6
)


@given(_BODIES, _STEPS)
def test_whatever_happens_the_receipt_is_exact_and_looking_again_finds_nothing_new(first: Any, steps: Any) -> None:
    life = Life()
    life.gets(body(None, **first))
    for what, changes in steps:
        with suppress(Refused):
            if what == "body":
                life.gets(body(None, **changes))
            elif what == "fix":
                life.does(fix(changes, "ann"))
            else:
                life.does(Revert("bob", tuple(life.lines), machine=True))
        _told(life)
        agrees(life)
        stood = life.kept
        assert life.does(Look()).after is stood


_WRONG = {
    CITY: ["Omhaa", " Omaha ", "OMAHA", "Omaha, NE 68142", ""],
    LINE1: ["14205 Ida Street, Apt 4B", "14205 Ida Stret", "14205&nbsp;Ida Street", "14205 Ida Street Omaha NE", 14205],
    LINE2: ["apt 4B", "Call 402-538-5759", None],
    "ship_to.address.state": ["Nebraska", "", "NE 68142", "Nebrasca"],
    "ship_to.address.postal_code": [68142, "6814Z", "68142-", ""],
    "ship_to.address.country": ["USA", "", "United States"],
    "ship_to.phone": [4025385759, "(402) 538-5759 x12", "402-538-5759 / 402-538-5760", "aisha@example.com"],
    "ship_to.email": ["aisha@gmial.com", "", "402-538-5759"],
    "items[0].quantity": ["2", 1.0, "two"],
    "window.start": ["12/02/2026 10:00 AM", 1796140800],
    "signature_required": ["yes", "false"],
    "status": ["In Transit", "shipped"],
}


_CHANGES = st.fixed_dictionaries({}, optional={path: st.sampled_from(values) for path, values in _WRONG.items()})


@given(_CHANGES)
def test_what_the_real_engine_repairs_can_be_taken_back_exactly(
    examine: Callable[..., Result], changes: dict[str, Any]
) -> None:
    def check(order: JSON | None, pinned: frozenset[str], noted: tuple[Finding, ...]) -> Result:
        return examine(order, pinned=pinned, noted=noted)

    life, sent = Life(), overlaid(changes)
    moment = Moment(BEGIN, check, life.moment().new_id)
    step = decide(None, life.arrived(sent), moment)
    told = receipt(step.after, sent, step.lines)
    exact(told)
    assert [change["id"] for change in told["changes"]] == [line.id for line in step.lines]
    assert decide(step.after, Look(), moment).after is step.after
    back = decide(step.after, Revert("bob", step.lines, machine=True), moment)
    told = receipt(back.after, sent, back.reverted)
    assert same(told["order"], sent)
    assert not any(change["standing"] for change in told["changes"])


@given(_CHANGES, st.data())
def test_one_repair_of_the_real_engine_can_be_taken_back(
    examine: Callable[..., Result], changes: dict[str, Any], data: st.DataObject
) -> None:
    def check(order: JSON | None, pinned: frozenset[str], noted: tuple[Finding, ...]) -> Result:
        return examine(order, pinned=pinned, noted=noted)

    life, sent = Life(), overlaid(changes)
    moment = Moment(BEGIN, check, life.moment().new_id)
    step = decide(None, life.arrived(sent), moment)
    if step.lines:
        line = data.draw(st.sampled_from(step.lines))
        back = decide(step.after, Revert("bob", step.lines, line.id), moment)
        lines = {one.id: one for one in (*step.lines, *back.reverted, *back.lines)}
        told = receipt(back.after, sent, tuple(lines.values()))
        exact(told)
        assert all(change["id"] for change in told["changes"] if change["standing"])
        assert same(Order(told["order"]).at(line.field), None if line.before == "" else line.before)
