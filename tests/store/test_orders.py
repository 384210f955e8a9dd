"""What is written of orders comes back as it was, whatever is in it, on both engines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from dq_service.intake import json_text
from dq_service.store import orders, schema
from dq_service.store.database import Conflict, Database
from dq_service.store.kept import Acknowledgement, Body, Fix, Identity, Kept, Note, Step, Waiting
from tests.store.steps import NOW, arrival, changed, events, finding, many, order, told


def kept(database: Database, *steps: Step, remembered: tuple[orders.Remembered, ...] = ()) -> None:
    """Writes steps in one transaction."""
    with database.writing() as connection:
        orders.write(connection, steps, remembered, "w1")


def loaded(database: Database, wanted: orders.Wanted) -> orders.Loaded:
    """What a group would find."""
    with database.writing() as connection:
        return orders.load(connection, wanted)


def got(database: Database, id_: str) -> Kept | None:
    """An order by its id."""
    with database.reading() as connection:
        return orders.get(connection, id_, read=json_text.read)


def listed(connection: sa.Connection, *args: Any, **wanted: Any) -> list[Kept]:
    """A page of the list without its places."""
    return [one.kept for one in orders.page(connection, *args, **wanted)]


def rows(database: Database, table: sa.Table, *order_by: str) -> list[dict[str, Any]]:
    """All rows of a table."""
    with database.reading() as connection:
        found = connection.execute(sa.select(table).order_by(*(table.c[name] for name in order_by)))
        return [dict(row._mapping) for row in found]


def test_an_order_comes_back_as_it_was(database: Database) -> None:
    step = arrival(
        lifecycle="held",
        action="hold",
        hold=Waiting(NOW + timedelta(hours=2), "escalate", "it lacks a city", True),
        fixes={"ship_to.name": Fix("ship_to.name", "Bo", {"a": [1, None]}, "kim", NOW, "called")},
        acknowledged=Acknowledgement(1, "wms", False, NOW),
        due_at=NOW + timedelta(seconds=2),
        tries=3,
    )
    kept(database, step)
    wanted = orders.Wanted(
        {step.after.identity, Identity("acme", "", "other", "")},
        {step.after.id, "ord_none", "x\x00"},
        {(step.after.identity, step.body.digest), (step.after.identity, "sha256:other")},  # type: ignore[union-attr]
    )
    found = loaded(database, wanted)
    assert found.by_id == {step.after.id: step.after}
    assert found.by_identity == {step.after.identity.key: step.after}
    assert found.seen == {(step.after.id, step.body.digest)}  # type: ignore[union-attr]
    assert got(database, step.after.id) == step.after
    with database.reading() as connection:
        assert orders.find(connection, step.after.identity) == step.after
        assert orders.find(connection, Identity("acme", "", "other", "")) is None
        assert orders.accepted_body_of(connection, step.after.id) == step.body.raw  # type: ignore[union-attr]


def test_several_steps_of_one_order_in_one_group(database: Database) -> None:
    first = arrival()
    second = changed(first.after, said=told(finding("ZIP001", outcome="open"), verdict="review", action="hold"))
    stale = Step(second.after, second.after, Body("sha256:old", b"{}", first.after.version, "stale", NOW))
    third = changed(second.after)
    kept(database, first, second, stale, third)
    assert got(database, first.after.id) == third.after
    assert [(row["number"], row["standing"]) for row in rows(database, schema.BODIES, "number")] == [
        (1, "accepted"),
        (2, "accepted"),
        (3, "stale"),
        (4, "accepted"),
    ]
    assert [row["revision"] for row in rows(database, schema.RESULTS, "revision")] == [1, 2, 3]
    assert [(row["revision"], row["rule"]) for row in rows(database, schema.FINDINGS, "number")] == [(3, "ADR021")]
    outbox = rows(database, schema.OUTBOX, "seq")
    assert [row["id"] for row in outbox] == [event.id for step in (first, second, third) for event in step.events]
    assert [row["number"] for row in outbox] == [1, 2, 3, 4]


def test_a_stale_body_moves_nothing(database: Database) -> None:
    first = arrival()
    kept(database, first)
    late = Body("sha256:late", b'{"late": true}', first.after.version, "stale", NOW)
    kept(database, Step(first.after, first.after, late))
    assert got(database, first.after.id) == first.after
    found = loaded(database, orders.Wanted({first.after.identity}, digests={(first.after.identity, "sha256:late")}))
    assert found.seen == {(first.after.id, "sha256:late")}


def test_a_body_that_is_filled_keeps_what_its_bytes_do_not_say(database: Database) -> None:
    first = arrival()
    second = changed(first.after, sent={**order(7), "items": [{"sku": "A", "quantity": 2}]}, filled=True)
    kept(database, first, replace(second, body=replace(second.body, raw=b'{"items": []}')))  # type: ignore[type-var]
    assert got(database, first.after.id) == second.after


def test_what_was_no_order_has_no_order(database: Database) -> None:
    step = arrival(verdict="rejected", action="refuse", lifecycle="refused")
    step = replace(step, after=replace(step.after, sent=None), body=replace(step.body, raw=b"\xff\xfe no JSON"))  # type: ignore[type-var]
    kept(database, step)
    assert got(database, step.after.id) == step.after


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a NUL", "a\x00b"),
        ("half a character", "a\ud800b"),
        ("a character beyond the basic plane", "a\U0001f69ab"),
        ("a long text", "x" * 100_000),
        ("a whole number of 40 digits", 10**40 + 1),
        ("a whole number of 64 bits", 2**64 - 1),
        ("a small float", 5e-324),
        ("a control character", "\x1f"),
    ],
)
def test_whatever_stands_in_an_order(database: Database, name: str, value: Any) -> None:
    text = value if isinstance(value, str) else str(value)
    inside = "\ufffd" if name == "half a character" else value  # a body with half a character is no JSON
    sent = {**order(8), "order_id": inside, "note": inside, "ship_to": {"name": inside, "phone": inside}}
    step = arrival(
        sent=sent,
        partner=text,
        account=text,
        channel=text,
        said=told(finding(field=text)),
        hold=Waiting(NOW, "release", text),
        fixes={"note": Fix("note", value, value, text, NOW, text)},
        acknowledged=Acknowledgement(1, text, True, NOW),
    )
    line = replace(step.lines[0], field=text, before=value, after=value, who=text, evidence=text)
    note = Note(NOW, text, text, text, text, {"value": value})
    event = replace(step.events[0], data={"value": value}, partner=text)
    step = replace(step, lines=(line,), notes=(note,), events=(event,))
    kept(database, step, remembered=(orders.Remembered(text, text, text, step.after.id, 1, NOW),))
    back = got(database, step.after.id)
    assert back is not None
    assert (back.sent, back.result, back.fixes) == (step.after.sent, step.after.result, step.after.fixes), name
    identity = step.after.identity
    asked = loaded(database, orders.Wanted({identity})).by_identity[identity.key]
    assert asked == replace(back, identity=identity)  # as it was asked for: a partner's column is cut
    assert back.identity[1:] == identity[1:]
    with database.reading() as connection:
        (told_line,) = orders.changes_of(connection, step.after.id)
    assert (told_line.before, told_line.after) == (value, value)
    assert rows(database, schema.OUTBOX)[0]["data"] == {"value": value}
    assert rows(database, schema.AUDIT)[0]["detail"] == {"value": value}
    keys = {(text, text)}
    assert set(loaded(database, orders.Wanted(idempotency=keys)).remembered) == keys


def test_what_is_no_number_becomes_null(database: Database) -> None:
    step = arrival()
    kept(database, replace(step, events=(replace(step.events[0], data={"a": float("nan"), "b": [float("inf")]}),)))
    assert rows(database, schema.OUTBOX)[0]["data"] == {"a": None, "b": [None]}


def test_an_identity_is_kept_once(database: Database) -> None:
    first = arrival()
    kept(database, first)
    other = arrival(sent=first.after.sent)
    with pytest.raises(Conflict):
        kept(database, *many(3), other)
    assert [row["id"] for row in rows(database, schema.ORDERS)] == [first.after.id]
    assert len(rows(database, schema.OUTBOX)) == 2, "the group is written whole or not at all"
    kept(database, arrival(sent=first.after.sent, account="a shop of its own"))


def test_a_key_is_remembered_once(database: Database) -> None:
    first, second = many(2)
    remembered = orders.Remembered("acme", "k1", "sha256:1", first.after.id, 1, NOW)
    kept(database, first, remembered=(remembered,))
    assert loaded(database, orders.Wanted(idempotency={("acme", "k1"), ("bolt", "k1")})).remembered == {
        ("acme", "k1"): remembered
    }
    with pytest.raises(Conflict):
        kept(database, second, remembered=(replace(remembered, order_id=second.after.id),))
    assert got(database, second.after.id) is None


def test_lines_of_the_receipt_and_what_is_taken_back(database: Database) -> None:
    first = arrival()
    kept(database, first)
    (line,) = first.lines
    taken = replace(line, reverted_at=NOW + timedelta(minutes=1), reverted_by="kim")
    second = replace(changed(first.after), lines=(), reverted=(taken,))
    own = replace(line, id="chg_own", revision=2, rule="", confidence=None, who="kim", before=None, after=["x", 1.0])
    kept(database, replace(second, lines=(own,)))
    with database.reading() as connection:
        assert list(orders.changes_of(connection, first.after.id)) == [taken, own]
        assert orders.changes_of(connection, "ord_none") == []
        revisions = orders.revisions_of(connection, first.after.id)
    assert [(one.number, one.result, one.published) for one in revisions] == [
        (1, first.after.result, {"rulebook": 1, "partners": 1}),
        (2, second.after.result, {"rulebook": 1, "partners": 1}),
    ]


def test_the_list_of_orders_goes_by_when_they_changed(database: Database) -> None:
    steps = [
        arrival(
            partner="acme" if place % 2 else "bolt",
            at=NOW + timedelta(seconds=place // 3),
            lifecycle="held" if place % 5 == 0 else "released",
        )
        for place in range(20)
    ]
    kept(database, *steps)
    expected = [step.after for step in steps]
    with database.reading() as connection:
        seen: list[Kept] = []
        after = None
        while page := orders.page(connection, after=after, limit=7):
            seen += [one.kept for one in page]
            after = page[-1].seq
        assert seen == expected
        assert after == orders.latest(connection)
        since = NOW + timedelta(seconds=3) + orders.OVERLAP
        wanted = [one for one in expected if one.changed_at >= since - orders.OVERLAP]
        assert listed(connection, changed_since=since) == wanted
        assert listed(connection, changed_since=since, partner="acme") == [
            one for one in wanted if one.identity.partner == "acme"
        ]
        assert listed(connection, changed_since=since, after=after) == []
        assert listed(connection, changed_since=NOW + timedelta(days=1)) == []
        assert len(listed(connection, changed_since=datetime.min.replace(tzinfo=UTC))) == 20
        assert listed(connection, "held") == [one for one in expected if one.lifecycle == "held"]
        assert listed(connection, identity=expected[4].identity) == [expected[4]]


def test_who_goes_along_the_list_sees_each_change_and_no_look(database: Database) -> None:
    first, second = many(2)
    kept(database, first, second)
    with database.reading() as connection:
        (_, last) = orders.page(connection)
    looked = replace(first.after, due_at=NOW, tries=1)
    kept(database, Step(first.after, looked))
    with database.reading() as connection:
        assert orders.page(connection, after=last.seq) == []
    acknowledged = replace(looked, acknowledged=Acknowledgement(1, "wms", False, NOW))
    kept(database, Step(looked, acknowledged))  # the clock stands still: changed_at is what it was
    moved = changed(second.after, changed_at=NOW - timedelta(hours=1))  # and here it has gone back
    kept(database, moved)
    with database.reading() as connection:
        assert listed(connection, after=last.seq) == [acknowledged, moved.after]
        assert listed(connection) == [acknowledged, moved.after]


def test_an_order_that_is_committed_late_is_not_passed_over(postgresql_url: str) -> None:
    """Two workers: the one that began first ends last. A reader in between goes on from what it saw."""
    database = Database.open(postgresql_url)
    early, late = arrival(at=NOW), arrival(at=NOW + timedelta(seconds=5))
    try:
        with database.writing() as slow:
            slow.execute(sa.text("SELECT 1"))
            kept(database, late)
            with database.reading() as connection:
                (seen,) = orders.page(connection)
            orders.write(slow, [early], (), "w2")
        with database.reading() as connection:
            assert seen.kept == late.after
            assert listed(connection, after=seen.seq) == [early.after]
            assert listed(connection, changed_since=late.after.changed_at) == [late.after, early.after]
    finally:
        database.close()


def test_what_is_due(database: Database) -> None:
    first, second, third, fourth = many(4)

    def holding(step: Step, minutes: int) -> Step:
        return replace(step, after=replace(step.after, hold=Waiting(NOW + timedelta(minutes=minutes), "release", "")))

    looked = replace(fourth, after=replace(fourth.after, due_at=NOW + timedelta(seconds=2)))
    with database.reading() as connection:
        assert orders.next_hold(connection) is None
    kept(database, holding(first, 30), holding(second, 10), third, looked)
    with database.reading() as connection:
        assert orders.next_hold(connection) == NOW + timedelta(minutes=10)
        assert orders.due_holds(connection, NOW + timedelta(minutes=9), 9) == []
        both = [second.after.id, first.after.id]
        assert orders.due_holds(connection, NOW + timedelta(minutes=30), 9) == both
        assert orders.due_holds(connection, NOW + timedelta(minutes=30), 1) == both[:1]
        assert orders.due(connection, NOW + timedelta(seconds=1), 9) == []
        assert orders.due(connection, NOW + timedelta(seconds=2), 9) == [fourth.after.id]
    before = holding(second, 10).after
    over = replace(before, hold=None, revision=2, events=3)
    kept(database, Step(before, over, told=told(), events=events(over, 2, "order.expired")))
    with database.reading() as connection:
        assert orders.due_holds(connection, NOW + timedelta(minutes=30), 9) == [first.after.id]


def test_partners_are_noted_when_they_first_come(database: Database) -> None:
    kept(database, arrival(partner="acme"), arrival(partner="acme", at=NOW + timedelta(days=1)))
    kept(database, arrival(partner="acme", at=NOW + timedelta(days=2)), arrival(partner="bolt"))
    assert rows(database, schema.PARTNERS, "name") == [
        {"name": "acme", "first_seen": NOW},
        {"name": "bolt", "first_seen": NOW},
    ]
