"""Keys: made, recognised, rotated, revoked; on both databases."""

import logging
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from dq_service.service import keys
from dq_service.service.access import KEY_SCOPES, Caller
from dq_service.service.errands import Declined
from dq_service.service.keys import KeyRing
from dq_service.service.secret import FILE, Secret
from dq_service.store.access_tables import KEYS
from dq_service.store.database import Database
from dq_service.store.schema import AUDIT

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


class Ring:
    """A worker's keys, on a clock that is set."""

    def __init__(self, database: Database, secret: Secret) -> None:
        self.now = NOW
        self.ring = KeyRing(database, secret, clock=lambda: self.now)

    def caller(self, text: str, now: datetime = NOW) -> Caller | None:
        self.ring.look()
        self.now = now
        return self.ring.caller(text.encode())


@pytest.fixture
def secret() -> Secret:
    return Secret.new()


def made(database: Database, secret: Secret, **given: object) -> str:
    wanted = {"partner": "acme", "by": "local", "now": NOW, **given}
    return keys.make(database, secret, **wanted)[0]  # type: ignore[arg-type]


def test_a_key_says_who_calls(database: Database, secret: Secret) -> None:
    ring = Ring(database, secret)
    assert ring.caller("dq_live_" + "x" * 52) is None
    assert not ring.ring.closed
    text = made(database, secret)
    assert re.fullmatch(r"dq_live_[a-z2-9]{8}_[A-Za-z0-9_-]{43}", text)
    assert ring.caller(text) == Caller(f"key:{text[8:16]}", frozenset(KEY_SCOPES), "acme")
    trial = made(database, secret, test=True, partner=None, scopes=["check", "metrics"])
    assert ring.caller(trial) == Caller(f"key:{trial[8:16]}", frozenset({"check", "metrics"}), None, test=True)
    assert ring.ring.closed


def test_what_is_no_key(database: Database, secret: Secret) -> None:
    ring, text = Ring(database, secret), made(database, secret)
    other = "A" if text[-2] != "A" else "B"
    wrong = [text[:-1], text + "A", text[:-2] + other + text[-1], text.replace("live", "test"), text.upper(),
             text[:16] + "-" + text[17:], "", "Ω" * 60]  # fmt: skip
    assert [ring.caller(one) for one in wrong] == [None] * len(wrong)
    assert ring.caller(text) is not None


def test_nothing_of_the_secret_is_stored(database: Database, secret: Secret) -> None:
    text = made(database, secret)
    with database.reading() as connection:
        row = repr(connection.execute(sa.select(KEYS)).one())
        audit = repr(connection.execute(sa.select(AUDIT)).all())
    for told in (row, audit, repr(keys.every(database))):
        assert text[17:] not in told
    assert "key.create" in audit


def test_a_key_ends_at_its_time(database: Database, secret: Secret) -> None:
    ring, text = Ring(database, secret), made(database, secret, expires_at=NOW + timedelta(days=90))
    assert ring.caller(text, NOW + timedelta(days=89)) is not None
    assert ring.caller(text, NOW + timedelta(days=90)) is None


def test_rotated_both_go_on_for_a_while(database: Database, secret: Secret) -> None:
    ring, old = Ring(database, secret), made(database, secret, name="shop", scopes=["check"])
    new, key, end = keys.rotate(database, secret, old[8:16], by="local", now=NOW)
    assert (key.partner, key.scopes, key.name, key.follows) == ("acme", ("check",), "shop", old[8:16])
    assert end == NOW + timedelta(hours=24)
    assert [ring.caller(one, end - timedelta(seconds=1)) is not None for one in (old, new)] == [True, True]
    assert [ring.caller(one, end) is not None for one in (old, new)] == [False, True]
    with pytest.raises(Declined, match="has ended"):
        keys.rotate(database, secret, old[8:16], by="local", now=end)


def test_a_revoked_key_ends_at_once_and_the_door_stays_closed(database: Database, secret: Secret) -> None:
    ring, text = Ring(database, secret), made(database, secret)
    assert ring.caller(text) is not None
    keys.revoke(database, text[8:16], by="local", now=NOW)
    assert ring.caller(text) is None
    assert ring.ring.closed
    keys.revoke(database, text[8:16], by="local", now=NOW)  # once more is no harm
    with database.reading() as connection:
        actions = list(connection.scalars(sa.select(AUDIT.c.action).order_by(AUDIT.c.id)))
    assert actions == ["key.create", "key.revoke"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"scopes": ["fly"]}, "no scope 'fly'"),
        ({"scopes": ["admin"]}, "everybody's orders"),
        ({"partner": " "}, "printable"),
        ({"partner": "a\nb"}, "printable"),
        ({"partner": "a" * 201}, "printable"),
        ({"expires_at": NOW}, "before it begins"),
    ],
    ids=["scope", "wide", "blank", "line", "long", "ended"],
)
def test_a_key_that_cannot_be(database: Database, secret: Secret, given: dict[str, object], why: str) -> None:
    with pytest.raises(Declined, match=why):
        made(database, secret, **given)
    assert keys.every(database) == []


def test_what_was_made_under_another_secret_is_told(
    database: Database, secret: Secret, caplog: pytest.LogCaptureFixture
) -> None:
    text, other = made(database, secret), Ring(database, Secret.new())
    with caplog.at_level(logging.ERROR):
        assert other.caller(text) is None
    assert text[8:16] in caplog.text
    assert "DQ_SECRET" in caplog.text


def test_the_day_of_use_is_written_down(database: Database, secret: Secret) -> None:
    ring, text = Ring(database, secret), made(database, secret)
    ring.caller(text)
    ring.ring.write_down()
    assert [key.used_on for key in keys.every(database)] == [NOW.date()]
    seen = ring.ring._seen
    ring.ring.look()
    assert ring.ring._seen == seen  # no reason to read all keys anew


def test_the_secret_of_a_folder_is_made_once_and_nobody_else_reads_it(tmp_path: Path) -> None:
    first, again = Secret.of("", tmp_path / "data"), Secret.of("", tmp_path / "data")
    assert first == again
    assert first.id == again.id
    assert stat.S_IMODE((tmp_path / "data" / FILE).stat().st_mode) == 0o600
    given = Secret.of("x" * 32, tmp_path / "none")
    assert given != first
    assert not (tmp_path / "none").exists()
    assert repr(first) == "Secret()"
