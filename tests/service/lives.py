"""Orders to live through: a few bodies of one made-up order, an engine of four rules, and commands one after the other.

The engine is a small one, so that a test says in its body what will be found: `Omhaa` is mended, a unit is moved out
of the first line, a name must be there, and `slow` cannot be asked about in time. The real engine has its own tests.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dq_service.engine.verdict import action_of, verdict_of
from dq_service.finding import Change, Finding, Repair, Suggestion
from dq_service.intake.json_text import read, write
from dq_service.order import JSON, Order
from dq_service.partner import Partner, Policy
from dq_service.result import Evaluated, Result
from dq_service.service.commands import Arrive, Command, Moment
from dq_service.service.life import decide
from dq_service.service.versions import digest_of, digest_of_bytes, identity_of, version_of
from dq_service.store.kept import Event, Kept, ReceiptLine, Step, Version

BEGIN = datetime(2026, 12, 1, 18, tzinfo=UTC)
HOLD_MAX = timedelta(hours=2)
_CITY, _LINE1, _LINE2, _NAME = "ship_to.address.city", "ship_to.address.line1", "ship_to.address.line2", "ship_to.name"
_NO_SCORE = {"overall": None}


def body(version: int | None = 1, **changes: Any) -> JSON:
    """A body of the order; `changes` by field with `__` for the dots."""
    order = Order(
        {
            "order_id": "A-1",
            "partner": "acme",
            "status": "created",
            "source": {"version": str(version)} if version is not None else {},
            "ship_to": {"name": "Ann", "address": {"line1": "14205 Ida St", "line2": "", "city": "Omaha"}},
            "items": [{"line_id": "1", "sku": "LMP-1", "quantity": 1}],
        }
    )
    return order.replacing({path.replace("__", "."): value for path, value in changes.items()}).json


def checked(
    order: JSON | None, now: datetime, policy: Policy, pinned: frozenset[str], noted: Sequence[Finding]
) -> Result:
    """The small engine's result."""
    partner = Partner("acme", policy=policy)
    looked, repairs, findings, missing = _looked(order, pinned, noted)
    verdict = "rejected"
    if looked is not None:
        said = [(finding.severity, finding.outcome) for finding in findings]
        verdict = verdict_of(said, incomplete=bool(missing), changed=bool(repairs))
    context = _At(now, partner)
    action, hold = action_of(verdict, findings, {"CON009"}, looked or Order({}), context)  # type: ignore[arg-type]
    return Result(
        None, 7, "", "A-1", "acme", None, verdict, action, hold, _NO_SCORE, _NO_SCORE, looked and looked.json,
        tuple(repairs), tuple(findings), Evaluated(not missing, missing), "sha256:r", "sha256:t", now.isoformat(),
    )  # fmt: skip


@dataclass(frozen=True)
class _At:
    as_of: datetime
    partner: Partner


def _looked(
    order: JSON | None, pinned: frozenset[str], noted: Sequence[Finding]
) -> tuple[Order | None, list[Repair], list[Finding], tuple[str, ...]]:
    if order is None:
        return None, [], [_finding("SYS002", "order_id", "open", None)], ()
    now, repairs, findings = Order(order), [], list(noted)
    line, _, unit = now.text(_LINE1).partition(", ")
    wanted = [("ADR021", {_CITY: "Omaha"})] if now.at(_CITY) == "Omhaa" else []
    wanted += [("ADR122", {_LINE1: line, _LINE2: unit})] if unit else []
    for rule, changes in wanted:
        field = next(iter(changes))
        if pinned & changes.keys():
            findings.append(_finding(rule, field, "suggested", now.at(field), changes))
            continue
        told = tuple(Change(path, now.at(path), value) for path, value in changes.items())
        repairs.append(Repair(rule, 0.999, "it is so", (), told))
        findings.append(_finding(rule, field, "repaired", now.at(field)))
        now = now.replacing(changes)
    if not now.text(_NAME):
        findings.append(_finding("CON009" if now.at("strict") else "CON001", _NAME, "open", now.at(_NAME)))
    missing = ("ADR042",) if now.at("slow") else ()
    findings += [_finding(code, _LINE1, "not_evaluated", None) for code in missing]
    return now, repairs, findings, missing


def _finding(rule: str, field: str, outcome: Any, value: Any, changes: Mapping[str, Any] | None = None) -> Finding:
    suggestions = (Suggestion(changes, 0.9, "it is so"),) if changes else ()
    return Finding(rule, "r", field, (field,), "validity", "error", outcome, "partner", rule, value, suggestions)


@dataclass
class Life:
    """One order and all that was done to it. Time stands still unless it is told to pass."""

    policy: Policy = field(default_factory=lambda: Policy(hold_max=HOLD_MAX, never_release=("CON009",)))
    now: datetime = BEGIN
    kept: Kept | None = None
    sight: Mapping[str, Any] = field(default_factory=dict)  # laid over what the engine gets: new rules, other data
    events: list[Event] = field(default_factory=list)
    lines: list[ReceiptLine] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)  # digest -> standing
    last: Step | None = None
    accepted: JSON | None = None
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def order(self) -> Kept:
        """The order as it stands."""
        assert self.kept is not None, "no body came in yet"
        return self.kept

    @property
    def result(self) -> JSON:
        """What callers are answered."""
        found: JSON = read(self.order.result)
        return found

    def does(self, command: Command) -> Step:
        """Carries a command out. Raises Refused."""
        step = decide(self.kept, command, self.moment())
        self.kept, self.last = step.after, step
        self.events += step.events
        taken = {line.id: line for line in step.reverted}
        self.lines = [*(taken.get(line.id, line) for line in self.lines), *step.lines]
        if step.body is not None:
            self.seen[step.body.digest] = step.body.standing
            if step.body.standing == "accepted" and step.body.raw != b"[]":
                self.accepted = read(step.body.raw)
        return step

    def gets(self, order: JSON | None, *, backfill: bool = False) -> Step:
        """A body comes in."""
        return self.does(self.arrived(order, backfill=backfill))

    def arrived(self, order: JSON | None, *, backfill: bool = False) -> Arrive:
        """The command of a body; None is what is no order."""
        raw = write(order) if order is not None else b"[]"
        digest = digest_of(order) if order is not None else digest_of_bytes(raw)
        version = version_of(order) if order is not None else Version()
        identity = identity_of(order, "acme", digest)
        return Arrive(identity, raw, order, digest, version, seen=digest in self.seen, backfill=backfill)

    def passes(self, span: timedelta) -> None:
        """Time passes."""
        self.now += span

    def moment(self) -> Moment:
        """What a decision sees now."""

        def check(order: JSON | None, pinned: frozenset[str], noted: tuple[Finding, ...]) -> Result:
            seen = order if order is None else Order(order).replacing(self.sight).json if self.sight else order
            result = checked(seen, self.now, self.policy, pinned, noted)
            return replace(result, order=order) if self.sight else result

        return Moment(
            self.now, check, lambda kind: f"{kind}_{next(self._ids):04}", {"rulebook": 3, "partners": 1}, HOLD_MAX
        )

    def told(self) -> list[str]:
        """The last step's events, without `order.`."""
        return [event.type.partition(".")[2] for event in self.last.events] if self.last else []


ACTIONS = {"released": "release", "frozen": "release", "held": "hold", "refused": "refuse", "cancelled": "refuse"}


def agrees(life: Life) -> None:
    """Whether everything that is told of an order agrees with where it stands."""
    kept, result = life.order, life.result
    assert kept.action == ACTIONS.get(kept.lifecycle, kept.action)
    assert kept.action != "hold" or kept.lifecycle == "held"
    assert (kept.hold is not None) == (kept.lifecycle == "held")
    assert (result["id"], result["revision"], result["line"]) == (kept.id, kept.revision, None)
    assert (result["verdict"], result["action"]) == (kept.verdict, kept.action)
    assert result["received_id"] == "A-1"
    hold = kept.hold and (kept.hold.until, kept.hold.then, f"rev_{kept.id[4:]}")
    told = result["hold"]
    assert hold == (told and (datetime.fromisoformat(told["until"]), told["then"], told["review_id"]))
    assert [event.number for event in life.events] == list(range(1, kept.events + 1))
    assert kept.due_at is None or kept.lifecycle in ("held", "released", "refused") or kept.backfill
