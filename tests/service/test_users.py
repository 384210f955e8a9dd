"""Users and their sessions: who is let in, as what, until when; on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from dq_service.service import passwords, sessions, users
from dq_service.service.access import MAY
from dq_service.service.errands import Declined
from dq_service.store.access import User
from dq_service.store.access_tables import SESSIONS, USERS
from dq_service.store.database import Database
from dq_service.store.schema import AUDIT

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
OWN = "correct horse battery"


def add(database: Database, name: str = "ada@example.com", role: str = "manager", partner: str | None = None) -> str:
    return users.add(database, name, role, partner, by="local", now=NOW)[1]


def the(database: Database, name: str = "ada@example.com") -> User:
    return next(user for user in users.every(database) if user.name == name)


def test_the_first_user_is_made_once(database: Database) -> None:
    once = users.first(database, NOW)
    assert once is not None
    user = sessions.signed_in(database, "admin", once)
    assert user is not None
    assert (user.role, user.must_change) == ("admin", True)
    assert users.first(database, NOW) is None


def test_a_name_and_its_password_let_in(database: Database) -> None:
    once = add(database, " Ada@Example.com ")
    assert sessions.signed_in(database, "ADA@example.com", once) is not None
    assert sessions.signed_in(database, "ada@example.com", once + "x") is None
    assert sessions.signed_in(database, "bob@example.com", once) is None
    assert sessions.signed_in(database, "a\x00\ud800", once) is None
    with database.reading() as connection:
        stored = repr(connection.execute(sa.select(USERS)).all()) + repr(connection.execute(sa.select(AUDIT)).all())
    assert once not in stored
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in stored
    assert "argon2" not in repr(the(database))


def test_who_comes_by_the_provider_alone_has_no_password(database: Database) -> None:
    _, once = users.add(database, "ada@example.com", "reviewer", None, password=False, by="local", now=NOW)
    assert once == ""
    assert sessions.signed_in(database, "ada@example.com", "") is None


@pytest.mark.parametrize(
    ("name", "role", "partner", "why"),
    [
        ("", "admin", None, "a name is"),
        ("ada lovelace", "admin", None, "a name is"),
        ("ada", "king", None, "no role 'king'"),
        ("ada", "partner", None, "needs a partner"),
        ("ada", "admin", "acme", "sees everybody's"),
        ("bob", "admin", None, "already"),
    ],
)
def test_a_user_that_cannot_be(database: Database, name: str, role: str, partner: str | None, why: str) -> None:
    add(database, "bob")
    with pytest.raises(Declined, match=why):
        users.add(database, name, role, partner, by="local", now=NOW)


def test_a_user_is_a_caller_with_the_rights_of_the_role(database: Database) -> None:
    add(database, role="partner", partner="acme")
    caller = users.caller_of(the(database))
    assert (caller.may, caller.partner, caller.test) == (MAY["partner"], "acme", False)
    assert caller.name == f"user:{the(database).id}"


# --- sessions -------------------------------------------------------------------------------------------------------


def test_a_session_ends_when_it_rests_too_long_and_in_any_case_after_a_week(database: Database) -> None:
    add(database)
    token = sessions.begin(database, the(database), NOW)
    with database.reading() as connection:
        assert token.encode() not in b"".join(connection.scalars(sa.select(SESSIONS.c.digest)))
    at = NOW
    while at < NOW + timedelta(days=7):
        assert sessions.user_of(database, token, at) is not None
        at += timedelta(hours=11)
    assert sessions.user_of(database, token, at) is None
    rested = sessions.begin(database, the(database), NOW)
    assert sessions.user_of(database, rested, NOW + timedelta(hours=12)) is None
    assert sessions.user_of(database, "x" * 43, NOW) is None


def test_a_new_session_takes_the_place_of_the_browsers_old_one(database: Database) -> None:
    add(database)
    old = sessions.begin(database, the(database), NOW)
    new = sessions.begin(database, the(database), NOW, instead_of=old)
    assert [sessions.user_of(database, one, NOW) is not None for one in (old, new)] == [False, True]
    sessions.end(database, new)
    assert sessions.user_of(database, new, NOW) is None


def test_a_new_password_ends_all_sessions(database: Database) -> None:
    once = add(database)
    token = sessions.begin(database, the(database), NOW)
    users.change_password(database, the(database), OWN, NOW)
    assert sessions.user_of(database, token, NOW) is None
    assert sessions.signed_in(database, "ada@example.com", once) is None
    changed = sessions.signed_in(database, "ada@example.com", OWN)
    assert changed is not None
    assert not changed.must_change


def test_who_is_disabled_is_out_at_once(database: Database) -> None:
    once = add(database)
    token = sessions.begin(database, the(database), NOW)
    users.disable(database, "ada@example.com", by="local", now=NOW)
    assert sessions.user_of(database, token, NOW) is None
    assert sessions.signed_in(database, "ada@example.com", once) is None
    users.enable(database, "ada@example.com", by="local", now=NOW)
    assert sessions.signed_in(database, "ada@example.com", once) is not None
    assert sessions.user_of(database, token, NOW) is None


def test_the_last_admin_stays(database: Database) -> None:
    users.first(database, NOW)
    with pytest.raises(Declined, match="last admin"):
        users.disable(database, "admin", by="local", now=NOW)
    add(database, "bob", "admin")
    users.disable(database, "admin", by="local", now=NOW)


def test_a_reset_gives_a_password_for_once(database: Database) -> None:
    add(database)
    users.change_password(database, the(database), OWN, NOW)
    token = sessions.begin(database, the(database), NOW)
    _, once = users.reset(database, "ada@example.com", by="local", now=NOW)
    assert sessions.user_of(database, token, NOW) is None
    assert sessions.signed_in(database, "ada@example.com", OWN) is None
    user = sessions.signed_in(database, "ada@example.com", once)
    assert user is not None
    assert user.must_change
    with pytest.raises(Declined, match="no such user"):
        users.reset(database, "eve", by="local", now=NOW)


# --- vouched for ----------------------------------------------------------------------------------------------------


def known(
    database: Database, subject: str = "https://id 1", email: str = "ada@example.com",
    granted: tuple[str, str | None] | None = None,
) -> User | None:  # fmt: skip
    return users.known_by(database, subject, email, granted, NOW)


def test_a_stranger_without_a_role_stays_out(database: Database) -> None:
    assert known(database) is None
    assert users.every(database) == []


def test_a_user_that_is_there_is_bound_by_the_verified_address_once(database: Database) -> None:
    add(database)
    assert known(database, email="") is None
    user = known(database)
    assert user is not None
    assert (user.role, user.subject) == ("manager", "https://id 1")
    assert known(database, email="other@example.com") == the(database)  # by the subject from now on
    assert known(database, subject="https://id 2") is None  # the address alone does not do any more


def test_a_claim_makes_a_user_and_moves_the_role(database: Database) -> None:
    made = known(database, granted=("partner", "acme"))
    assert made is not None
    assert (the(database).role, the(database).partner, the(database).must_change) == ("partner", "acme", False)
    known(database, granted=("manager", None))
    assert (the(database).role, the(database).partner) == ("manager", None)
    users.disable(database, "ada@example.com", by="local", now=NOW)
    assert known(database, granted=("manager", None)) is None


# --- passwords ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "why"),
    [("short", "12 characters"), ("a" * 300, "256 characters"), ("a" * 20, "guess"), ("Ada@Example.com", "guess"),
     (OWN, "")],
)  # fmt: skip
def test_what_is_no_password(password: str, why: str) -> None:
    assert why in passwords.fault(password, "ada@example.com")
    assert bool(passwords.fault(password, "ada@example.com")) is bool(why)


def test_a_password_is_the_same_however_it_is_typed() -> None:
    kept = passwords.hashed("übergrößenträger")
    assert passwords.right(kept, "u\u0308bergro\u0308ßentra\u0308ger")
    assert not passwords.right(kept, "ubergroßentrager")
    assert not passwords.right(None, "")
    assert not passwords.right("no hash", "x")
