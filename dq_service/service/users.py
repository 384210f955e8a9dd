"""Users: people who sign in, with a role; added, disabled, given a new password."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, get_args

from dq_service.order import JSON
from dq_service.service import passwords
from dq_service.service.access import MAY, ROLES, Caller, Role
from dq_service.service.errands import Declined
from dq_service.service.keys import known_partner
from dq_service.store import access as stored
from dq_service.store.access import User
from dq_service.store.audit import append
from dq_service.store.database import Database
from dq_service.store.ids import new_id
from dq_service.store.kept import Note
from dq_service.store.trouble import Conflict

FIRST: Final = "admin"  # who is there at the first start
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._+@-]{0,99}")
_ROLES: Final = frozenset(get_args(Role))


def caller_of(user: User) -> Caller:
    """A user as who asks; with a role of a later release, or of a partner that is not named, they may do nothing."""
    role: Role | None = user.role if user.role in _ROLES else None  # type: ignore[assignment]
    lost = role is None or (role == "partner" and user.partner is None)
    return Caller(f"user:{user.id}", frozenset() if lost or role is None else MAY[role], user.partner)


def name_of(text: str) -> str:
    """A name as it is kept: small letters, no blanks around it."""
    return text.strip().lower()


def first(database: Database, now: datetime) -> str | None:
    """The one-time password of a new user `admin` where there is no user at all; None where there is one.

    Raises Unavailable.
    """
    with database.reading() as connection:
        if stored.any_user(connection):
            return None
    password = passwords.one_time()
    new = _new(FIRST, "admin", None, passwords.hashed(password), now)
    with database.writing() as connection:
        stored.alone_with_users(connection)
        if stored.any_user(connection):
            return None
        stored.add_user(connection, new)
        append(connection, [_note("user.add", new, "local", now, {"first": True})])
    return password


def add(
    database: Database, name: str, role: str, partner: str | None, *, password: bool = True, by: str, now: datetime
) -> tuple[User, str]:
    """A new user and their one-time password ("" where they sign in by OIDC alone). Raises Declined, Unavailable."""
    known = name_of(name)
    if not _NAME.fullmatch(known):
        raise Declined("a name is an e-mail address, or letters, digits and . _ - +")
    fitting(role, partner)
    once = passwords.one_time() if password else ""
    new = _new(known, role, partner, passwords.hashed(once) if once else None, now)
    try:
        with database.writing() as connection:
            stored.add_user(connection, new)
            append(connection, [_note("user.add", new, by, now, {"role": role})])
    except Conflict:
        raise Declined(f"there is a user {known} already") from None
    return new, once


def fitting(role: str, partner: str | None) -> None:
    """Raises Declined for a role that there is not, or that does not go with a partner."""
    if role not in _ROLES:
        raise Declined(f"no role '{role}'; there are {', '.join(ROLES)}")
    if role == "partner" and not partner:
        raise Declined("a user of role partner needs a partner, whose orders they see")
    known_partner(partner or None)
    if role != "partner" and partner:
        raise Declined(f"a user of role {role} sees everybody's orders; role partner sees one partner's")


def every(database: Database) -> Sequence[User]:
    """All users, by name. Raises Unavailable."""
    with database.reading() as connection:
        return stored.users(connection)


def disable(database: Database, name: str, *, by: str, now: datetime) -> User:
    """Lets a user in no more, and ends their sessions. Raises Declined, Unavailable."""
    with database.writing() as connection:
        user = _there(stored.user(connection, name=name_of(name)))
        others = (one for one in stored.users(connection) if one.id != user.id)
        if user.role == "admin" and not any(one.role == "admin" and one.disabled_at is None for one in others):
            raise Declined(f"{user.name} is the last admin; add another first")
        stored.change_user(connection, user.id, disabled_at=now)
        stored.end_sessions(connection, user_id=user.id)
        append(connection, [_note("user.disable", user, by, now, {})])
    return replace(user, disabled_at=now)


def enable(database: Database, name: str, *, by: str, now: datetime) -> User:
    """Lets a user in again. Raises Declined, Unavailable."""
    with database.writing() as connection:
        user = _there(stored.user(connection, name=name_of(name)))
        stored.change_user(connection, user.id, disabled_at=None)
        append(connection, [_note("user.enable", user, by, now, {})])
    return replace(user, disabled_at=None)


def reset(database: Database, name: str, *, by: str, now: datetime) -> tuple[User, str]:
    """A new one-time password for a user; their sessions end. Raises Declined, Unavailable."""
    once = passwords.one_time()
    hashed = passwords.hashed(once)
    with database.writing() as connection:
        user = _there(stored.user(connection, name=name_of(name)))
        stored.change_user(connection, user.id, password=hashed, must_change=True)
        stored.end_sessions(connection, user_id=user.id)
        append(connection, [_note("user.reset", user, by, now, {})])
    return user, once


def change_password(database: Database, user: User, password: str, now: datetime) -> None:
    """A password of a user's own; all their sessions end. `passwords.fault` was asked. Raises Unavailable."""
    hashed = passwords.hashed(password)
    with database.writing() as connection:
        stored.change_user(connection, user.id, password=hashed, must_change=False)
        stored.end_sessions(connection, user_id=user.id)
        append(connection, [_note("user.password", user, f"user:{user.id}", now, {})])


def known_by(
    database: Database, subject: str, email: str, granted: tuple[str, str | None] | None, now: datetime
) -> User | None:
    """The user that an identity provider vouches for; None where they may not come in.

    `subject` is issuer and subject, `email` a verified address ("" without one). `granted` is the role and partner that
    a claim gives, which holds from now on; without it only a user who is there comes in, known by the subject, or by
    the address as long as nobody is bound to it. Raises Unavailable.
    """
    with database.writing() as connection:
        user = stored.user(connection, subject=subject)
        if user is None and email:
            user = stored.user(connection, name=name_of(email))
            if user is not None and user.subject is not None:
                return None  # somebody else's at that provider
        if user is None:
            if granted is None or not email:
                return None
            user = replace(_new(name_of(email), *granted, None, now), subject=subject, must_change=False)
            stored.add_user(connection, user)
            append(connection, [_note("user.add", user, "oidc", now, {"role": user.role})])
        if user.disabled_at is not None:
            return None
        role, partner = granted or (user.role, user.partner)
        if (user.subject, user.role, user.partner) != (subject, role, partner):
            stored.change_user(connection, user.id, subject=subject, role=role, partner=partner)
            append(connection, [_note("user.bind", user, "oidc", now, {"role": role})])
    return replace(user, subject=subject, role=role, partner=partner)


def _new(name: str, role: str, partner: str | None, hashed: str | None, now: datetime) -> User:
    return User(new_id("usr"), name, role, partner or None, hashed, hashed is not None, now)


def _there(user: User | None) -> User:
    if user is None:
        raise Declined("there is no such user; dq users list names them")
    return user


def _note(action: str, user: User, by: str, now: datetime, detail: JSON) -> Note:
    return Note(now, by, action, f"user:{user.id}", user.partner or "", detail)
