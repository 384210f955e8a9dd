"""A group of steps, written: every row of every order in a few statements, orders and events last."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from dq_service.order import Order
from dq_service.store import audit, disputes, schema
from dq_service.store.audit import IN_ORDER
from dq_service.store.bulk import Bulk, Row, bulk
from dq_service.store.history import keys_of
from dq_service.store.kept import Body, Kept, Note, ReceiptLine, Step
from dq_service.store.review_rows import QueueRows
from dq_service.store.rollups import ADDED, counted
from dq_service.store.rows import LONG, ORDER_COLUMNS, order_row
from dq_service.store.schema import column_text
from dq_service.store.written import text_of

CHANNEL: Final = "dq_outbox"  # told on PostgreSQL at the commit of whatever wrote events


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a caller's Idempotency-Key came to: for a body of this digest, an order in this revision."""

    scope: str
    key: str
    digest: str
    order_id: str
    revision: int
    at: datetime


def write(connection: Connection, steps: Sequence[Step], remembered: Sequence[Remembered], worker: str) -> None:
    """Writes the steps, of one order as often as they come, in the transaction of this connection.

    `worker` is the writer's slot: it alone adds to its own counts. Raises what the drivers raise: a Conflict, once it
    has left `Database.writing`, where somebody else has kept one of these orders, or used one of these keys.
    """
    given = bulk(connection)
    rows = _Rows(given)
    rows.take(steps)
    judged_again = [step.after.id for step in steps if step.before is not None and step.told is not None]
    disputed = disputes.of_orders(connection, judged_again)
    with given.together():
        given.insert(schema.BODIES, rows.bodies)
        given.insert(schema.RESULTS, rows.results)
        if rows.retold:
            given.run("DELETE FROM findings WHERE order_id = ?", rows.retold)
        given.insert(schema.FINDINGS, [row for told in rows.findings.values() for row in told])
        given.insert(schema.CHANGES, rows.lines)
        if rows.reverted:
            given.run(_REVERT, rows.reverted)
        given.insert(schema.KNOWN_BY, rows.known_by)
        given.insert_new(schema.KNOWN_BY, rows.also_known_by)
        given.insert_new(schema.PARTNERS, list(rows.partners.values()))
        given.insert(schema.IDEMPOTENCY, [_remembered_row(one, given) for one in remembered])
        given.add(schema.ROLLUPS, counted(steps, worker, given.at, disputed), ADDED)
        rows.queue.write(given)
        if (rows.orders or rows.changed or rows.events) and connection.dialect.name == "postgresql":
            given.run("SELECT pg_advisory_xact_lock(?), pg_notify(?, '')", [(IN_ORDER, CHANNEL)])
        if rows.changed:
            given.run(_UPDATE.format(next_seq=given.next_seq), rows.changed)
        given.insert(schema.ORDERS, rows.orders)
        given.insert(schema.OUTBOX, rows.events)
    audit.append(connection, rows.notes)


def _remembered_row(one: Remembered, given: Bulk) -> Row:
    scope, key, digest = column_text(one.scope), column_text(one.key), column_text(one.digest)
    return scope, key, digest, one.order_id, one.revision, given.at(one.at)


_KEPT_ONCE: Final = ("id", "identity", "partner", "account", "received_id", "shipment_id", "received_at", "trial",
                     "body")  # fmt: skip
_UPDATED: Final = tuple(place for place, name in enumerate(ORDER_COLUMNS) if name not in _KEPT_ONCE)
_SET: Final = ", ".join(f"{ORDER_COLUMNS[place]} = ?" for place in _UPDATED)
_REVERT: Final = "UPDATE changes SET reverted_at = ?, reverted_by = ? WHERE order_id = ? AND id = ?"
_UPDATE: Final = (
    f"UPDATE orders SET {_SET}, body = coalesce(?, body), seq = CASE WHEN ? THEN {{next_seq}} ELSE seq END WHERE id = ?"
)


@dataclass(slots=True)
class _Rows:
    """The rows of a group, table by table."""

    given: Bulk
    orders: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    bodies: list[Row] = field(default_factory=list)
    results: list[Row] = field(default_factory=list)
    retold: list[Row] = field(default_factory=list)
    findings: dict[str, list[Row]] = field(default_factory=dict)
    lines: list[Row] = field(default_factory=list)
    reverted: list[Row] = field(default_factory=list)
    known_by: list[Row] = field(default_factory=list)
    also_known_by: list[Row] = field(default_factory=list)
    partners: dict[str, Row] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    queue: QueueRows = field(default_factory=QueueRows)

    def take(self, steps: Sequence[Step]) -> None:
        """All steps of a group, in the order in which they were made."""
        first: dict[str, Step] = {}
        last: dict[str, Kept] = {}
        for step in steps:
            first.setdefault(step.after.id, step)
            last[step.after.id] = step.after
        new = {id_ for id_, step in first.items() if step.before is None}
        numbers = self._bodies_so_far({step.after.id for step in steps if step.body is not None} - new)
        accepted: dict[str, int] = {}
        for step in steps:
            id_ = step.after.id
            if step.body is not None:
                numbers[id_] = numbers.get(id_, 0) + 1
                self._take_body(id_, step.body, numbers[id_])
                if step.body.standing == "accepted":
                    accepted[id_] = numbers[id_]
            if step.before is None or step.after.revision > step.before.revision:
                self._take_revision(step, id_ in new)
            self._take_keys(step)
            self._take_lines(step)
            if step.item is not None or step.decided is not None:
                self.queue.take(step)
            at = self.given.at
            self.notes += step.notes
            account = _long(step.after.identity.account)
            self.events += [
                (event.id, event.type, event.order_id, event.number, column_text(event.partner), account, at(event.at),
                 text_of(event.data), event.trial)
                for event in step.events
            ]  # fmt: skip
        for id_, kept in last.items():
            row = order_row(kept, accepted.get(id_, 1), self.given.at)
            if id_ in self.queue.items or id_ not in new:
                self.queue.settle(first[id_].before, kept)
            if id_ in new:
                self.orders.append(row)
                if not kept.identity.trial:
                    self.partners.setdefault(row[2], (row[2], self.given.at(kept.received_at)))
            elif kept is not first[id_].before:
                moved = _seen(kept) != _seen(first[id_].before)
                self.changed.append((*(row[place] for place in _UPDATED), accepted.get(id_), moved, id_))

    def _bodies_so_far(self, ids: set[str]) -> dict[str, int]:
        sql = "SELECT coalesce(max(number), 0) FROM bodies WHERE order_id = ?"
        return {id_: self.given.ask(sql, id_)[0][0] for id_ in ids}

    def _take_body(self, id_: str, body: Body, number: int) -> None:
        at, version = self.given.at, body.version
        self.bodies.append(
            (id_, number, column_text(body.digest), body.raw, at(version.updated_at), _long(version.number),
             body.standing, at(body.at))
        )  # fmt: skip

    def _take_revision(self, step: Step, new: bool) -> None:
        after = step.after
        published = text_of(after.published)
        self.results.append(
            (after.id, after.revision, after.result, published, after.verdict, self.given.at(after.changed_at))
        )
        if step.told is None:
            return
        if not new:
            self.retold.append((after.id,))
        self.findings[after.id] = [
            (after.id, after.revision, number, finding.rule, column_text(finding.field), finding.dimension,
             finding.severity, finding.outcome, finding.cause)
            for number, finding in enumerate(step.told.findings, start=1)
        ]  # fmt: skip

    def _take_keys(self, step: Step) -> None:
        """An order is known by whatever it was ever sent with: who finds it looks whether it still is so."""
        after, before = step.after, step.before
        if after.sent is None or (before is not None and after.sent is before.sent):
            return
        keys = keys_of(after.identity.realm, Order(after.sent)) if step.keys is None else step.keys
        rows = [(key, after.id) for key in sorted(set(keys))]
        (self.known_by if before is None else self.also_known_by).extend(rows)

    def _take_lines(self, step: Step) -> None:
        self.lines += [self._line(line) for line in step.lines]
        self.reverted += [
            (self.given.at(line.reverted_at), _long(line.reverted_by), line.order_id, line.id) for line in step.reverted
        ]

    def _line(self, line: ReceiptLine) -> Row:
        at = self.given.at
        before, after = (None if value is None else text_of(value) for value in (line.before, line.after))
        return (
            line.order_id, line.id, line.revision, line.number, _long(line.field), before, after, line.rule,
            line.confidence, _long(line.evidence), _long(line.who), at(line.at), at(line.reverted_at),
            _long(line.reverted_by),
        )  # fmt: skip


def _seen(kept: Kept | None) -> object:
    """What of an order makes it another one in the list of what has changed; not when it is looked at again."""
    return kept and (kept.revision, kept.events, kept.acknowledged, kept.changed_at)


def _long(text: str) -> str:
    return column_text(text, LONG)
