"""The queue's rows, written with the orders that they are of: orders that enter review, stay there, leave it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from dq_service.store.bulk import Bulk, Row
from dq_service.store.in_review import IN_REVIEW, Decided, Item
from dq_service.store.kept import Kept, Step
from dq_service.store.review_tables import ITEM_RULES, ITEMS
from dq_service.store.rows import LONG
from dq_service.store.schema import column_text
from dq_service.store.written import name_text

_LEAVE: Final = tuple(f"DELETE FROM {table} WHERE order_id = ?" for table in ("review_rules", "review_items", "claims"))
_RULES: Final = "DELETE FROM review_rules WHERE order_id = ?"
_MOVED: Final = (
    "UPDATE review_items SET state = ?, revision = ?, due_at = ?, hold_then = ?, escalated = ?, rank = ?, seconds = ?, "
    "what = ?, place = ?, severity = ?, confidence = ?, kind = ?, search = ? WHERE order_id = ?"
)
_DECIDED: Final = (
    "UPDATE decisions SET state = ?, ended_at = ?, ended_by = ?, why = ?, applied_at = coalesce(?, applied_at), "
    "applied_revision = coalesce(?, applied_revision) WHERE id = ?"
)


@dataclass(slots=True)
class QueueRows:
    """What a group of steps makes of the queue; of orders that never were in review nothing."""

    items: dict[str, Item] = field(default_factory=dict)
    entered: list[tuple[Kept, Item]] = field(default_factory=list)
    moved: list[tuple[str, Item, bool]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)

    def take(self, step: Step) -> None:
        """A step of an order."""
        if step.item is not None:
            self.items[step.after.id] = step.item
        if step.decided is not None:
            self.decided.append(step.decided)

    def settle(self, before: Kept | None, after: Kept) -> None:
        """How an order stood before the first of its steps, and stands after the last."""
        was, item = before is not None and before.lifecycle in IN_REVIEW, self.items.get(after.id)
        if after.lifecycle not in IN_REVIEW:
            if was:
                self.left.append(after.id)
        elif item is not None:
            if was:
                self.moved.append((after.id, item, after.identity.trial))
            else:
                self.entered.append((after, item))

    def write(self, given: Bulk) -> None:
        """All of it, in the transaction of this group."""
        if self.left:
            for sql in _LEAVE:
                given.run(sql, [(id_,) for id_ in self.left])
        if self.entered:
            given.insert(ITEMS, [item_row(kept, item, given) for kept, item in self.entered])
        if self.moved:
            given.run(_MOVED, [(*_moving(item, given), id_) for id_, item, _ in self.moved])
            given.run(_RULES, [(id_,) for id_, _, _ in self.moved])
        rules = [row for kept, item in self.entered for row in rule_rows(kept.id, item, kept.identity.trial)]
        rules += [row for id_, item, trial in self.moved for row in rule_rows(id_, item, trial)]
        given.insert(ITEM_RULES, rules)
        if self.decided:
            given.run(_DECIDED, [_decided(one, given) for one in self.decided])


def item_row(kept: Kept, item: Item, given: Bulk) -> Row:
    """The row of an order that enters review."""
    state, revision, due_at, then, escalated, *rest, kind, search = _moving(item, given)
    identity = kept.identity
    return (
        kept.id, column_text(identity.partner), name_text(identity.account), name_text(identity.received_id),
        column_text(kept.channel), state, revision, due_at, then, escalated, given.at(kept.changed_at), *rest, kind,
        "", "", search, identity.trial,
    )  # fmt: skip


def rule_rows(id_: str, item: Item, trial: bool) -> Sequence[Row]:
    """What keeps it there."""
    rows: dict[tuple[str, str], Row] = {}
    rules: set[str] = set()
    paths: set[str] = set()
    for given in item.rules:
        rule, path = column_text(given[0]), column_text(given[1])
        if (rule, path) not in rows:
            rows[rule, path] = (id_, rule, path, item.rank, trial, rule not in rules, path not in paths)
            rules.add(rule)
            paths.add(path)
    return list(rows.values())


def _moving(item: Item, given: Bulk) -> Row:
    return (
        item.state, item.revision, given.at(item.due_at), item.then, item.escalated, item.rank, item.seconds,
        column_text(item.what, LONG), column_text(item.place, LONG), item.severity, item.confidence,
        column_text(item.kind, LONG), column_text(item.search, LONG),
    )  # fmt: skip


def _decided(one: Decided, given: Bulk) -> Row:
    applied = one.state == "applied"
    return (
        one.state, None if applied else given.at(one.at), column_text(one.by), column_text(one.why, LONG),
        given.at(one.at) if applied else None, one.revision if applied else None, one.id,
    )  # fmt: skip
