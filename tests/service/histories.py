"""Random histories of one order, each step compared with a model that knows nothing of how the service does it.

`python -m tests.service.histories 10000` lives through so many; `make test` through fewer.
"""

import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dq_service.order import JSON, Order
from dq_service.partner import Policy
from dq_service.service.commands import Acknowledge, Cancel, EndHold, Look, Refused
from dq_service.service.reviews.outcomes import fix
from tests.service.lives import BEGIN, HOLD_MAX, Life, agrees, body

# The bodies by version: the recipient's name (it must not be missing) and how far the order has come.
BODIES = {
    1: ("Ann", "created"),
    2: ("", "created"),
    3: ("Bea", "created"),
    4: ("Bea", "in_transit"),
    5: ("Bea", "delivered"),
    6: ("Dan", "cancelled"),
}
FIXES = {"fix": "Cleo", "fix as v3": "Bea"}
# What happens next, with its weight: two bodies that end an order come seldom, or little would happen afterwards.
NEXT = {
    **{f"v{number}": 6 if number < 5 else 1 for number in BODIES},
    "fix": 4, "fix as v3": 2, "cancel": 1, "acknowledge": 2, "freeze": 1, "time": 9, "look": 2,
}  # fmt: skip
SPAN = timedelta(minutes=50)


@dataclass
class Model:
    """What must be known of an order to say where it stands."""

    then: str
    versioned: bool
    lifecycle: str = ""  # no body came in yet
    seen: set[int] = field(default_factory=set)
    newest: int = 0
    sent: tuple[str, str] = ("", "")
    fixed: str | None = None
    overtaken: str | None = None  # by what the sender overtook a fix of which nobody has decided since
    faults: frozenset[str] = frozenset()
    acknowledged: bool = False
    now: datetime = BEGIN
    until: datetime = BEGIN
    escalated: bool = False

    @property
    def name(self) -> str:
        """Whom the order goes to."""
        return self.sent[0] if self.fixed is None else self.fixed

    def lives(self, what: str) -> bool:
        """Takes one step. False: it must be refused."""
        if what.startswith("v"):
            self._gets(int(what[1:]))
            return True
        self.now += SPAN if what == "time" else timedelta()
        if not self.lifecycle:
            return False
        if what == "time":
            if self.lifecycle == "held" and self.now >= self.until:
                self._hold_ends()
        elif what == "look":
            if self.lifecycle not in ("frozen", "cancelled", "closed"):
                self._judged()
        elif what == "cancel":
            if self.lifecycle == "frozen":
                return False
            self.lifecycle = "cancelled"
        elif what in ("acknowledge", "freeze"):
            if self.lifecycle not in ("released", "closed", "frozen"):
                return False
            self.acknowledged = True
            self.lifecycle = "frozen" if what == "freeze" else self.lifecycle
        else:
            if self.lifecycle in ("frozen", "cancelled"):
                return False
            self.fixed, self.overtaken = FIXES[what], None
            self._judged()
        return True

    def _gets(self, number: int) -> None:
        if number in self.seen:
            return
        self.seen.add(number)
        if self.versioned and number < self.newest:
            return
        self.newest = number
        if self.lifecycle == "frozen":
            return
        name = BODIES[number][0]
        if self.lifecycle and name != self.sent[0] and self.fixed is not None and self.fixed != self.sent[0]:
            if name != self.fixed:
                self.overtaken, self.fixed = name, None
        elif self.lifecycle and name != self.sent[0]:
            self.fixed = None  # what a person had put in was what the sender had said
            self.overtaken = None
        self.sent = BODIES[number]
        if self.lifecycle != "cancelled":
            self._judged()

    def _judged(self) -> None:
        before, stood = self.faults, self.lifecycle
        doubts = [] if self.overtaken is None else [f"not {self.overtaken}"]
        self.faults = frozenset(doubts if self.name else [*doubts, "no name"])
        if self.sent[1] in ("cancelled", "delivered"):
            self.lifecycle = "cancelled" if self.sent[1] == "cancelled" else "closed"
        elif not self.faults:
            self.lifecycle = "released"
        elif stood in ("released", "refused") and self.faults <= before:
            return
        elif not (stood == "released" and self.acknowledged):
            if stood != "held":
                self.until, self.escalated = self.now + HOLD_MAX, False
            self.lifecycle = "held"

    def _hold_ends(self) -> None:
        if self.then == "escalate" and not self.escalated:
            self.until, self.escalated = self.now + HOLD_MAX, True
        else:
            self.lifecycle = "released" if self.then == "release" else "refused"


def happens(life: Life, what: str, versioned: bool) -> bool:
    """The same step in the service. False: it was refused."""
    try:
        if what.startswith("v"):
            life.gets(sent(int(what[1:]), versioned))
        elif what == "time":
            life.passes(SPAN)
            life.does(EndHold())
        elif what == "look":
            life.does(Look())
        elif what == "cancel":
            life.does(Cancel("acme"))
        elif what in ("acknowledge", "freeze"):
            life.does(Acknowledge(life.kept.revision if life.kept else 1, "wms", what == "freeze"))
        else:
            life.does(fix({"ship_to.name": FIXES[what]}, "ann"))
    except Refused:
        return False
    return True


def sent(number: int, versioned: bool) -> JSON:
    """The body of a version; without one they differ all the same."""
    name, status = BODIES[number]
    return body(number if versioned else None, ship_to__name=name, status=status)


def live_through(seed: int) -> list[str]:
    """One history, as where the order stood after each step. Raises AssertionError where service and model part."""
    chance = random.Random(seed)
    then = chance.choice(["release", "refuse", "escalate"])
    model = Model(then, chance.random() < 0.6)
    life = Life(Policy(hold_max=HOLD_MAX, then=then, never_release=()))  # type: ignore[arg-type]
    stood = ["no order"]
    happened = [f"{seed=} {then} {model.versioned=}"]
    for _ in range(chance.randint(3, 24)):
        what = chance.choices(list(NEXT), list(NEXT.values()))[0]
        before = life.kept
        happened.append(what)
        allowed = model.lives(what)
        assert happens(life, what, model.versioned) == allowed, happened
        if life.kept is None:
            assert not model.lifecycle, happened
            continue
        happened.append(f"-> {model.lifecycle}")
        stood.append(model.lifecycle)
        assert life.kept.lifecycle == model.lifecycle, (happened, life.kept.lifecycle)
        assert bool(life.kept.acknowledged) == model.acknowledged, happened
        if model.lifecycle == "held":
            assert life.kept.hold is not None, happened
            assert (life.kept.hold.until, life.kept.hold.escalated) == (model.until, model.escalated), happened
        if model.lifecycle not in ("frozen", "cancelled"):
            assert Order(life.result["order"]).text("ship_to.name") == model.name, happened
        elif before is not None and before.lifecycle == model.lifecycle:
            assert life.kept.result == before.result, happened
        agrees(life)
    told = [event.type for event in life.events]
    if "order.cancelled" in told:
        assert told.index("order.cancelled") == len(told) - 1, happened
    return stood


def main() -> None:
    """Lives through as many histories as are asked for, and says where they ended."""
    ends = Counter(live_through(seed)[-1] for seed in range(int(sys.argv[1])))
    print(*(f"{count:6} {end}" for end, count in ends.most_common()), sep="\n")


if __name__ == "__main__":
    main()
