"""A judgement becomes a revision: when background looks come, how long a hold runs, what is announced and counted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dq_service.partner import Policy
from dq_service.service.commands import Acknowledge, Cancel, EndHold, Look, Refused, Revert
from dq_service.service.reviews.outcomes import fix
from tests.service.lives import BEGIN, HOLD_MAX, Life, agrees, body

_HOUR = timedelta(hours=1)
_BAD = body(1, ship_to__name="")


def _life(order: object = None, **policy: object) -> Life:
    life = Life(Policy(**{"hold_max": HOLD_MAX, "never_release": ("CON009",), **policy}))  # type: ignore[arg-type]
    life.gets(body(1) if order is None else order)  # type: ignore[arg-type]
    return life


# What could not be evaluated


def test_what_could_not_be_evaluated_is_looked_at_again_ever_more_seldom() -> None:
    life = _life(body(1, slow=True))
    assert (life.order.lifecycle, life.order.verdict) == ("released", "incomplete")
    waits = []
    for _ in range(12):
        assert life.order.due_at is not None
        waits.append((life.order.due_at - life.now).total_seconds())
        life.now = life.order.due_at
        life.does(Look())
        assert (life.order.revision, life.told()) == (1, [])
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]
    life.sight = {"slow": None}
    life.does(Look())
    assert (life.order.due_at, life.order.tries, life.order.verdict) == (None, 0, "clean")
    assert (life.order.revision, life.told()) == (2, ["rechecked"])


def test_a_new_body_begins_the_looks_anew() -> None:
    life = _life(body(1, slow=True))
    life.does(Look())
    life.gets(body(2, slow=True, items=[]))
    assert (life.order.tries, life.order.due_at) == (0, life.now + timedelta(seconds=2))


def test_an_incomplete_order_that_proves_bad_is_called_back_unless_somebody_has_it() -> None:
    for acknowledged, told in ((False, ["rechecked", "recalled", "held", "opened"]), (True, ["rechecked"])):
        life = _life(body(1, slow=True))
        if acknowledged:
            life.does(Acknowledge(1, "tms"))
        life.sight = {"ship_to.name": ""}
        life.does(Look())
        assert life.told() == told
        agrees(life)


def test_what_is_over_is_not_looked_at_again() -> None:
    for over in (Cancel("acme"), Acknowledge(1, "tms", frozen=True)):
        life = _life(body(1, slow=True))
        life.does(over)
        assert life.order.due_at is None
        assert life.does(Look()).after is life.kept
    assert _life(body(1, slow=True, status="delivered")).order.due_at is None


def test_an_order_that_only_could_not_be_asked_about_is_not_called_back_for_that() -> None:
    life = _life(_BAD)
    life.passes(HOLD_MAX)
    life.does(EndHold())
    life.sight = {"slow": True}
    life.does(Look())
    assert (life.order.lifecycle, life.told()) == ("released", ["rechecked"])
    held = _life(body(1, slow=True), incomplete="hold")
    assert held.order.lifecycle == "held"


# Holds


def test_a_hold_is_not_lengthened_by_what_comes_in_between() -> None:
    life = _life(_BAD)
    life.passes(_HOUR)
    life.gets(body(2, ship_to__name="", items=[]))
    life.does(Look())
    assert life.order.hold is not None
    assert life.order.hold.until == BEGIN + HOLD_MAX
    life.gets(body(3, ship_to__name="", respond_by="2026-12-01T19:30:00Z"))
    assert life.order.hold is not None
    assert life.order.hold.until == BEGIN + _HOUR * 1.5
    agrees(life)


def test_an_escalated_hold_runs_once_more_as_long_from_when_it_ended_and_is_then_refused() -> None:
    life = _life(body(1, ship_to__name="", strict=True))
    assert life.order.hold is not None
    assert life.order.hold.then == "escalate"
    life.passes(HOLD_MAX + _HOUR)
    step = life.does(EndHold())
    assert life.told() == ["held"]
    assert step.events[0].data["hold"] == {"until": "2026-12-01T23:00:00.000Z", "then": "refuse", "escalated": True}
    assert life.does(EndHold()).after is life.kept
    life.gets(body(2, ship_to__name=""))  # what it says now would be let go; the hold was escalated all the same
    assert life.order.hold is not None
    assert (life.order.hold.then, life.order.hold.escalated) == ("refuse", True)
    life.passes(HOLD_MAX)
    life.does(EndHold())
    assert (life.order.lifecycle, life.told()) == ("refused", ["expired", "refused"])
    agrees(life)


def test_a_hold_that_was_cut_short_by_a_good_body_can_be_held_anew_in_full() -> None:
    life = _life(_BAD)
    life.passes(_HOUR)
    life.gets(body(2))
    life.gets(body(3, ship_to__name="", strict=True))
    assert life.order.hold is not None
    assert (life.order.hold.until, life.order.hold.escalated) == (life.now + HOLD_MAX, False)


def test_what_ended_by_time_is_not_fetched_back_for_the_same_faults() -> None:
    life = _life(_BAD)
    life.passes(HOLD_MAX)
    life.does(EndHold())
    life.gets(body(2, ship_to__name="", status="in_transit"))
    assert (life.order.lifecycle, life.order.verdict, life.told()) == ("released", "review", ["changed"])
    life.gets(body(3, ship_to__name="", strict=True))
    assert (life.order.lifecycle, life.told()) == ("held", ["changed", "recalled", "held", "opened"])


def test_a_policy_that_refuses_calls_back_and_takes_in_again() -> None:
    life = _life(body(1), review="refuse")
    life.gets(body(2, ship_to__name=""))
    assert (life.order.lifecycle, life.told()) == ("refused", ["changed", "recalled", "refused"])
    with pytest.raises(Refused) as refused:
        life.does(Acknowledge(2, "tms"))
    assert refused.value.reason == "refused"
    life.does(fix({"ship_to.name": "Cleo"}, "ann"))
    assert (life.order.lifecycle, life.told()) == ("released", ["changed", "released"])


# Revisions


def test_a_body_that_says_nothing_new_is_taken_and_is_no_revision() -> None:
    life = _life(body(None))
    result = life.order.result
    step = life.gets(body(None, items=[{"line_id": "1", "quantity": 1}]))
    assert step.body is not None
    assert step.body.standing == "accepted"
    assert (life.order.result, life.order.revision, step.told, step.events) == (result, 1, None, ())
    assert step.after is not step.before, "what the next body is compared with has moved"


def test_findings_that_change_are_a_revision_though_the_order_and_its_verdict_stay() -> None:
    life = _life(_BAD)
    life.sight = {"strict": True}
    life.does(Look())
    assert (life.order.revision, life.order.lifecycle) == (2, "held")
    assert [finding["rule"] for finding in life.result["findings"]] == ["CON009"]


def test_a_clock_that_is_put_back_dates_no_change_before_the_last() -> None:
    life = _life(body(1))
    life.passes(-_HOUR)
    life.gets(body(2, items=[]))
    assert life.order.changed_at == BEGIN
    life.does(Cancel("acme"))
    assert life.order.changed_at == BEGIN


def test_what_was_counted_is_told_again_so_that_it_can_be_moved() -> None:
    life = _life(_BAD)
    first = life.last
    assert first is not None
    assert first.told is not None
    assert first.before_told is None
    for step in (life.gets(body(2)), life.does(Cancel("acme"))):
        assert step.before_told is not None
        assert step.told is not None
        assert (step.told.verdict, step.told.action) == (step.after.verdict, step.after.action)
    life = _life(_BAD)
    step = life.gets(body(2))
    assert step.before_told == first.told


@pytest.mark.parametrize("uncounted", [body(1, source={"version": "1", "test": True}), None])
def test_what_was_not_counted_is_not_told_again(uncounted: object) -> None:
    life = Life()
    life.gets(uncounted or body(1), backfill=uncounted is None)  # type: ignore[arg-type]
    assert life.order.test == (uncounted is not None)
    assert life.gets(body(2, items=[])).before_told is None
    assert not life.order.test
    assert not life.order.backfill


def test_a_backfilled_order_that_its_sender_goes_on_with_begins_to_live() -> None:
    life = Life()
    life.gets(_BAD, backfill=True)
    assert (life.order.lifecycle, life.order.action, life.order.verdict, life.events) == (
        "closed",
        "release",
        "review",
        [],
    )
    life.gets(body(2, ship_to__name="", items=[]))
    assert (life.order.lifecycle, life.told()) == ("held", ["received", "held", "opened"])
    agrees(life)


def test_who_asks_for_another_revision_is_refused_and_what_is_so_already_is_not() -> None:
    life = _life(body(1))
    for command in (Cancel("acme", if_match={2}), Revert("bob", machine=True, if_match={2, 7})):
        with pytest.raises(Refused) as refused:
            life.does(command)
        assert refused.value.reason == "older"
    with pytest.raises(Refused):
        life.does(replace(life.arrived(body(2)), if_match={2}))
    assert life.does(replace(life.arrived(body(1)), if_match={2})).after is life.kept
    life.does(Cancel("acme", if_match={1}))
    assert life.does(Cancel("acme", if_match={1})).after is life.kept
    with pytest.raises(Refused):
        Life().does(replace(life.arrived(body(1)), if_match={1}))


def test_an_acknowledgement_is_of_the_revision_as_it_stands() -> None:
    life = _life(body(1))
    life.does(Acknowledge(1, "tms"))
    step = life.does(Acknowledge(1, "tms"))
    assert (step.after is life.kept, step.notes) == (True, ())
    life.gets(body(2, items=[]))
    with pytest.raises(Refused) as refused:
        life.does(Acknowledge(1, "tms", frozen=True))
    assert refused.value.reason == "older"
    life.does(Acknowledge(2, "tms", frozen=True))
    assert life.order.acknowledged is not None
    assert life.does(Acknowledge(2, "wms")).after is life.kept, "one that froze it is enough"


def test_what_came_too_late_makes_what_is_older_stale() -> None:
    life = _life(body(1))
    life.does(Acknowledge(1, "tms", frozen=True))
    assert [life.gets(body(number)).body.standing for number in (3, 2)] == ["offered", "stale"]  # type: ignore[union-attr]
    assert {"offered": True, "status": "created"}.items() <= life.events[-1].data.items()
    assert life.order.revision == 1


def test_a_cancel_says_who_and_why_in_its_event_and_in_the_audit_log() -> None:
    life = _life(_BAD)
    step = life.does(Cancel("acme", "changed their mind"))
    assert {"by": "acme", "reason": "changed their mind"}.items() <= step.events[0].data.items()
    assert [(note.actor, note.action, note.detail) for note in step.notes] == [
        ("acme", "order.cancel", {"reason": "changed their mind"})
    ]


def test_a_result_names_the_publication_that_it_was_made_with() -> None:
    life = _life(body(1))
    assert life.result["publication"] == life.order.published == {"rulebook": 3, "partners": 1}
