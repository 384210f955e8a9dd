"""When an order was over, by what was told of it: its retention counts from then."""

from datetime import timedelta
from typing import Any

import pytest

from dq_service.service.commands import Acknowledge, Cancel, Command, EndHold, Look
from tests.service.lives import BEGIN, HOLD_MAX, Life, body

DAY = timedelta(days=1)


def lived(*days: Any) -> Life:
    """A life of one command, or body, a day; the last day is `life.now`."""
    life = Life(now=BEGIN - DAY)
    for one in days:
        life.passes(DAY)
        if isinstance(one, dict):
            life.gets(one)
        elif one is not None:
            life.does(one)
    return life


def frozen(revision: int = 1) -> Command:
    return Acknowledge(revision, "wms", frozen=True)


@pytest.mark.parametrize(
    ("days", "ended"),
    [
        ([body(1)], None),
        ([body(1, ship_to__name="")], None),
        ([body(1), body(2, status="in_transit")], None),
        ([body(1), body(2, status="delivered")], 1),
        ([body(1, status="delivered")], 0),
        ([body(1), body(2, status="delivered"), body(3, status="delivered", note="x")], 1),
        ([body(1), body(2, status="delivered"), body(3, status="returned")], 2),
        ([body(1), body(2, status="delivered"), Look(), None], 1),
        ([body(1), body(2, status="delivered"), body(3, status="in_transit")], None),
        ([body(1), Cancel("desk")], 1),
        ([body(1), Cancel("desk"), body(2, status="created")], 1),
        ([body(1, status="cancelled")], 0),
        ([body(1), body(2, status="cancelled")], 1),
        ([None, {"order_id": "A-1", "strict": True}, None, EndHold(), None, EndHold()], 5),
        ([body(1), frozen()], None),
        ([body(1), frozen(), body(2, status="in_transit")], None),
        ([body(1), frozen(), body(2, status="delivered")], 2),
        ([body(1), frozen(), body(2, status="delivered"), body(3, status="delivered", note="x")], 2),
        ([body(1), frozen(), body(2, status="delivered"), body(3, status="in_transit")], None),
        ([body(1), body(2, status="delivered"), frozen(2)], 1),
    ],
)
def test_an_order_is_over_from_when_it_was_told(days: list[Any], ended: int | None) -> None:
    life = lived(*days)
    assert life.order.ended_at == (None if ended is None else BEGIN + ended * DAY), life.order.lifecycle
    assert HOLD_MAX < DAY, "a hold ends on the day after"


def test_what_changes_nothing_is_no_change() -> None:
    life = lived(body(1), body(2, status="delivered"))
    step = life.gets(body(2, status="delivered"))
    assert step.after is step.before
