"""What came with a test key is a realm of its own in the store, too: lists, the outbox, webhooks, history."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from dq_service.store import orders as stored
from dq_service.store import outbox, webhooks
from dq_service.store.database import Database
from dq_service.store.kept import Event, Identity
from dq_service.store.schema import DELIVERIES, PARTNERS, ROLLUPS
from dq_service.store.webhooks import Webhook
from tests.store.steps import arrival

NOW = datetime(2026, 12, 1, 18, tzinfo=UTC)
ONE = Identity("acme", "", "A-1", "")


def keep(database: Database, *trials: bool) -> None:
    """The same order of the same partner, once from each realm."""
    for number, trial in enumerate(trials):
        step = arrival(id=f"ord_{number}")
        after = replace(step.after, identity=ONE._replace(trial=trial), test=trial)
        events = (Event(f"evt_{number}", "order.received", after.id, 1, "acme", NOW, {}, trial),)
        with database.writing() as connection:
            stored.write(connection, [replace(step, after=after, events=events)], (), "here:0")


def test_the_same_names_are_two_orders() -> None:
    assert ONE.key != ONE._replace(trial=True).key
    long = ONE._replace(received_id="x" * 300)
    assert long.key != long._replace(trial=True).key
    assert ONE._replace(trial=True).key not in {Identity("test", *rest).key for rest in (ONE[1:], ONE[:3])}
    assert ONE.realm != ONE._replace(trial=True).realm


def test_each_realm_is_read_by_itself(database: Database) -> None:
    keep(database, False, True)
    with database.reading() as connection:
        for trial, id_ in ((False, "ord_0"), (True, "ord_1")):
            found = stored.find(connection, ONE._replace(trial=trial))
            assert found is not None
            assert (found.id, found.identity.trial) == (id_, trial)
            assert [one.kept.id for one in stored.page(connection, trial=trial)] == [id_]
            assert [one.kept.id for one in stored.page(connection, partner="acme", trial=trial)] == [id_]
            for partner in ("", "acme"):
                stretch = outbox.after(connection, 0, 10, partner, trial=trial)
                assert [entry.event.order_id for entry in stretch.entries] == [id_]
            assert [entry.event.order_id for entry in outbox.own(connection, 0, 10, "acme", trial=trial).entries] == [
                id_
            ]


def test_trials_count_in_no_figure_and_make_no_partner_known(database: Database) -> None:
    keep(database, True)
    with database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(ROLLUPS)) == 0
        assert connection.scalar(sa.select(sa.func.count()).select_from(PARTNERS)) == 0


def test_a_webhook_hears_of_its_own_realm(database: Database) -> None:
    keep(database, False, True)
    for trial, event in ((False, "evt_0"), (True, "evt_1")):
        hook = Webhook(f"whk_{trial}", "https://example.com", "whsec_x", "", (), (), NOW, 0, trial=trial)
        with database.writing() as connection:
            webhooks.add(connection, hook)
            assert webhooks.find(connection, hook.id) == replace(hook, types=[], include=[])
            webhooks.take_up(connection, hook, 0, NOW, 100)
            wanted = sa.select(DELIVERIES.c.event_id).where(DELIVERIES.c.webhook_id == hook.id)
            assert list(connection.scalars(wanted)) == [event]


@pytest.mark.parametrize("others", [0, 7, 30])
def test_nothing_that_others_do_changes_what_a_partner_is_told(
    database: Database, others: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither how many come at once, nor whether there are more: however much of others lies between."""
    monkeypatch.setattr(outbox, "FURTHEST", 5)
    number = 0
    for own in range(4):
        for partner, count in (("acme", 1), ("tern", others)):
            for _ in range(count):
                number += 1
                step = arrival(partner=partner)
                event = Event(f"evt_{number}", "order.received", step.after.id, 1, partner, NOW, {"own": own})
                with database.writing() as connection:
                    stored.write(connection, [replace(step, events=(event,))], (), "here:0")
    told, cursor, more = [], 0, True
    with database.reading() as connection:
        while more:
            stretch = outbox.own(connection, cursor, 2, "acme")
            told.append(([entry.event.data["own"] for entry in stretch.entries], stretch.more))
            cursor, more = stretch.end, stretch.more
        assert outbox.own(connection, cursor, 2, "acme").entries == []
    assert told == [([0, 1], True), ([2, 3], False)]
