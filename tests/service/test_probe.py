"""The probe: can the database be written, and how do things stand there."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from dq_service.service.probe import Probe
from dq_service.store import migrations, webhooks
from dq_service.store.database import Database
from dq_service.store.schema import LEASES, OUTBOX
from dq_service.store.standing import standing
from dq_service.store.webhooks import Webhook

NOW = datetime(2026, 12, 1, 18, tzinfo=UTC)


def happened(database: Database, minutes: int) -> None:
    """An event, so many minutes ago."""
    with database.writing() as connection:
        number = (connection.scalar(sa.select(sa.func.max(OUTBOX.c.seq))) or 0) + 1
        row = {"seq": number, "id": f"evt_{number}", "type": "order.received", "order_id": f"ord_{number}", "number": 1}
        row |= {"partner": "", "account": "", "at": NOW - timedelta(minutes=minutes), "data": {}}
        row |= {"trial": False}
        connection.execute(sa.insert(OUTBOX), row)


def listens(database: Database, name: str) -> Webhook:
    webhook = Webhook(f"whk_{name}", "https://example.com", "whsec_x", "", (), (), NOW, 0)
    with database.writing() as connection:
        webhooks.add(connection, webhook)
    return webhook


def test_a_look_writes_and_tells_how_things_stand(database: Database) -> None:
    probe = Probe(database, worker="here:0", clock=lambda: NOW)
    assert probe.seen.trouble
    asyncio.run(probe.look())
    assert probe.seen.trouble == ""
    found = probe.seen.standing
    assert found is not None
    assert found.at_head
    assert (found.waiting, found.oldest, found.holds) == (0, None, 0)
    with database.reading() as connection:
        assert connection.scalar(sa.select(LEASES.c.holder).where(LEASES.c.name == "probe:here:0")) == "here:0"


def test_what_no_webhook_wants_is_no_backlog(database: Database) -> None:
    happened(database, 60)
    with database.reading() as connection:
        assert standing(connection, NOW).waiting == 0


def test_the_age_is_of_the_oldest_that_waits_for_any_webhook(database: Database) -> None:
    for minutes in (60, 10, 1):
        happened(database, minutes)
    webhook = listens(database, "a")
    with database.writing() as connection:  # the first two are taken up, the first is delivered
        webhooks.take_up(connection, webhook, 0, NOW, 2)
        ended = webhooks.Attempted(1, "ord_1", "delivered", 1, None, 200, "", NOW)
        webhooks.settle(connection, webhook.id, [ended])
    with database.reading() as connection:
        found = standing(connection, NOW)
    assert found.oldest == NOW - timedelta(minutes=10)
    assert found.waiting == 2
    assert dict(found.deliveries) == {"pending": 1, "dead": 0}
    with database.writing() as connection:
        webhooks.disable(connection, webhook.id, NOW, "on request")
    with database.reading() as connection:
        disabled = standing(connection, NOW)
    assert (disabled.waiting, disabled.oldest, dict(disabled.webhooks)) == (0, None, {"enabled": 0, "disabled": 1})


def test_tables_of_another_version_are_told(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "HEAD", "9999")
    with database.reading() as connection:
        assert not standing(connection, NOW).at_head


def test_a_database_that_cannot_be_written_is_trouble(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/nowhere/dq.db")
    probe = Probe(database, worker="here:0", clock=lambda: NOW)
    asyncio.run(probe.look())
    assert "cannot be" in probe.seen.trouble
    database.close()
