"""Every command on an order in every state: where it stands then, how many revisions on, what was announced."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from dq_service.partner import Policy
from dq_service.service.commands import Acknowledge, Cancel, EndHold, Look, Refused, Revert
from dq_service.service.reviews.outcomes import fix
from tests.service.lives import HOLD_MAX, Life, agrees, body

NAME = "ship_to.name"
_BAD = body(1, ship_to__name="")


def _escalated(life: Life) -> None:
    life.gets(body(1, ship_to__name="", strict=True))
    life.passes(HOLD_MAX)
    life.does(EndHold())


def _let_go(life: Life) -> None:
    life.gets(_BAD)
    life.passes(HOLD_MAX)
    life.does(EndHold())


def _refused(life: Life) -> None:
    life.policy = Policy(hold_max=HOLD_MAX, then="refuse", never_release=())
    _let_go(life)


def _after(*steps: Callable[[Life], object]) -> Callable[[Life], None]:
    def lived(life: Life) -> None:
        for step in steps:
            step(life)

    return lived


_RELEASED = _after(lambda life: life.gets(body(1)))

STATES: dict[str, Callable[[Life], None]] = {
    "new": _after(),
    "released": _RELEASED,
    "acknowledged": _after(_RELEASED, lambda life: life.does(Acknowledge(1, "tms"))),
    "let-go": _let_go,
    "held": _after(lambda life: life.gets(_BAD)),
    "escalated": _escalated,
    "refused": _refused,
    "frozen": _after(_RELEASED, lambda life: life.does(Acknowledge(1, "tms", frozen=True))),
    "cancelled": _after(_RELEASED, lambda life: life.does(Cancel("acme"))),
    "closed": _after(lambda life: life.gets(body(1, status="delivered"))),
    "backfilled": _after(lambda life: life.gets(body(1), backfill=True)),
}


def _acknowledge(life: Life, *, frozen: bool = False) -> None:
    life.does(Acknowledge(life.kept.revision if life.kept else 1, "wms", frozen))


def _end(life: Life, span: timedelta) -> None:
    life.passes(span)
    life.does(EndHold())


def _look(life: Life, **sight: object) -> None:
    life.sight = {path.replace("__", "."): value for path, value in sight.items()}
    life.does(Look())


COMMANDS: dict[str, Callable[[Life], object]] = {
    "the first body": lambda life: life.gets(body(1)),
    "an older body": lambda life: life.gets(body(0, ship_to__name="Zoe")),
    "a good body": lambda life: life.gets(body(2, items=[])),
    "a bad body": lambda life: life.gets(body(2, ship_to__name="")),
    "a worse body": lambda life: life.gets(body(2, ship_to__name="", strict=True)),
    "status cancelled": lambda life: life.gets(body(2, status="cancelled")),
    "status delivered": lambda life: life.gets(body(2, status="delivered")),
    "a backfill": lambda life: life.gets(body(2, items=[]), backfill=True),
    "cancel": lambda life: life.does(Cancel("acme")),
    "acknowledge": _acknowledge,
    "freeze": lambda life: _acknowledge(life, frozen=True),
    "a good fix": lambda life: life.does(fix({NAME: "Cleo"}, "ann")),
    "a bad fix": lambda life: life.does(fix({NAME: None}, "ann")),
    "nothing to revert": lambda life: life.does(Revert("ann", (), machine=True)),
    "before the end": lambda life: _end(life, HOLD_MAX - timedelta(microseconds=1)),
    "the hold's end": lambda life: _end(life, HOLD_MAX),
    "the same again": _look,
    "a new rule": lambda life: _look(life, strict=True, ship_to__name=""),
    "late": lambda life: _look(life, slow=True),
}


# Each command, and what it makes of an order in each of the states above: where it stands, how many revisions on, what
# becomes of the body, what is announced. `=`: nothing changes. `!`: refused, and why.
TABLE = """
the first body
    new: released +1 accepted [received released]
    released, acknowledged, frozen, cancelled, backfilled: =
    let-go: released +1 accepted [changed]
    held, escalated, refused, closed: released +1 accepted [changed released]
an older body
    new: released +1 accepted [received released]
    released, acknowledged, let-go, held, escalated, refused, frozen, cancelled, closed, backfilled: = stale
a good body
    new, backfilled: released +1 accepted [received released]
    released, acknowledged, let-go: released +1 accepted [changed]
    held, escalated, refused, closed: released +1 accepted [changed released]
    frozen: frozen +0 offered [changed]
    cancelled: cancelled +0 accepted []
a bad body
    new, backfilled: held +1 accepted [received held opened]
    released: held +1 accepted [changed recalled held opened]
    acknowledged, let-go: released +1 accepted [changed]
    held, escalated: held +1 accepted [changed]
    refused: refused +1 accepted [changed]
    frozen: frozen +0 offered [changed]
    cancelled: cancelled +0 accepted []
    closed: held +1 accepted [changed held opened]
a worse body
    new, backfilled: held +1 accepted [received held opened]
    released, let-go: held +1 accepted [changed recalled held opened]
    acknowledged: released +1 accepted [changed]
    held, escalated: held +1 accepted [changed]
    refused, closed: held +1 accepted [changed held opened]
    frozen: frozen +0 offered [changed]
    cancelled: cancelled +0 accepted []
status cancelled
    new, backfilled: cancelled +1 accepted [received cancelled]
    released, acknowledged, let-go, held, escalated, refused, closed: cancelled +1 accepted [cancelled]
    frozen: frozen +0 offered [changed]
    cancelled: cancelled +0 accepted []
status delivered
    new, backfilled: closed +1 accepted [received]
    released, acknowledged, let-go, held, escalated, refused, closed: closed +1 accepted [changed]
    frozen: frozen +0 offered [changed]
    cancelled: cancelled +0 accepted []
a backfill
    new, backfilled: closed +1 accepted []
    released, acknowledged, let-go: released +1 accepted [changed]
    held, escalated, refused, closed: released +1 accepted [changed released]
    frozen: frozen +0 offered [changed]
    cancelled: cancelled +0 accepted []
cancel
    new: ! unknown
    released, acknowledged, let-go, held, escalated, refused, closed, backfilled: cancelled +1 [cancelled]
    frozen: ! frozen
    cancelled: =
acknowledge
    new: ! unknown
    released, acknowledged, let-go: released +0 []
    held, escalated: ! held
    refused: ! refused
    frozen: =
    cancelled: ! cancelled
    closed, backfilled: closed +0 []
freeze
    new: ! unknown
    released, acknowledged, let-go, closed, backfilled: frozen +0 []
    held, escalated: ! held
    refused: ! refused
    frozen: =
    cancelled: ! cancelled
a good fix
    new: ! unknown
    released, acknowledged, let-go: released +1 [changed]
    held, escalated, refused: released +1 [changed released]
    frozen: ! frozen
    cancelled: ! cancelled
    closed, backfilled: closed +1 [changed]
a bad fix
    new: ! unknown
    released: held +1 [changed recalled held opened]
    acknowledged: released +1 [changed]
    let-go: released +0 []
    held, escalated: held +0 []
    refused: refused +0 []
    frozen: ! frozen
    cancelled: ! cancelled
    closed, backfilled: closed +1 [changed]
nothing to revert
    new: ! unknown
    released, acknowledged, let-go, held, escalated, refused, closed, backfilled: =
    frozen: ! frozen
    cancelled: ! cancelled
before the end
    new: ! unknown
    released, acknowledged, let-go, held, escalated, refused, frozen, cancelled, closed, backfilled: =
the hold's end
    new: ! unknown
    released, acknowledged, let-go, refused, frozen, cancelled, closed, backfilled: =
    held: released +1 [expired released]
    escalated: refused +1 [expired refused]
the same again
    new: ! unknown
    released, acknowledged, let-go, held, escalated, refused, frozen, cancelled, closed, backfilled: =
a new rule
    new: ! unknown
    released, let-go: held +1 [rechecked recalled held opened]
    acknowledged: released +1 [rechecked]
    held: held +1 [rechecked]
    escalated, frozen, cancelled, closed: =
    refused: held +1 [rechecked held opened]
    backfilled: closed +1 []
late
    new: ! unknown
    released, acknowledged, let-go: released +1 [rechecked]
    held, escalated: held +1 [rechecked]
    refused: refused +1 [rechecked]
    frozen, cancelled, closed: =
    backfilled: closed +1 []
"""


def came_to(state: str, command: str) -> str:
    """What a command makes of an order in that state, in a few words; what callers are told must agree with it."""
    life = Life()
    STATES[state](life)
    before = life.kept
    events = len(life.events)
    try:
        COMMANDS[command](life)
    except Refused as refused:
        assert life.kept is before
        return f"! {refused.reason}"
    after, step = life.order, life.last
    assert step is not None
    agrees(life)
    grown = after.revision - (before.revision if before else 0)
    standing = f" {step.body.standing}" if step.body else ""
    assert (step.after is before) == (after == before)
    told = " ".join(event.type.partition(".")[2] for event in life.events[events:])
    return f"{after.lifecycle} +{grown}{standing} [{told}]" if after is not before else f"= {standing.strip()}".strip()


def _cells() -> list[tuple[str, str, str]]:
    cells, command = [], ""
    for line in TABLE.strip().splitlines():
        if not line.startswith(" "):
            command = line
            continue
        states, _, outcome = line.strip().partition(": ")
        cells += [(command, state, outcome) for state in states.split(", ")]
    return cells


def test_the_table_says_what_every_command_does_in_every_state() -> None:
    assert {(command, state) for command, state, _ in _cells()} == {(one, two) for one in COMMANDS for two in STATES}


@pytest.mark.parametrize(("command", "state", "outcome"), _cells())
def test_the_table_is_true(command: str, state: str, outcome: str) -> None:
    assert came_to(state, command) == outcome
