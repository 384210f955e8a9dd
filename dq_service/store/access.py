"""Who may ask, as it is stored: keys, users and their sessions, read and written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, func, insert, select, update

from dq_service.store.access_tables import KEYS, SESSIONS, USERS
from dq_service.store.schema import column_text

_KEY: Final = KEYS.c
_USER: Final = USERS.c
_SESSION: Final = SESSIONS.c
_LOCK: Final = 0x6471_6163  # of PostgreSQL's advisory locks: who adds the first user


@dataclass(frozen=True, slots=True)
class Key:
    """An API key. `digest` is of its secret, under the installation's own (`secret_id` tells which).

    `partner` None: everybody's orders. `used_on` is the day of its last use, `follows` the prefix of the key that it
    takes the place of.
    """

    prefix: str
    digest: bytes = field(repr=False)
    secret_id: str
    name: str
    partner: str | None
    scopes: Sequence[str]
    test: bool
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    used_on: date | None = None
    follows: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in. `password` is its argon2id hash; None: only by OIDC. `subject`: who they are there."""

    id: str
    name: str
    role: str
    partner: str | None
    password: str | None = field(repr=False)
    must_change: bool
    created_at: datetime
    subject: str | None = None
    signed_in_at: datetime | None = None
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """An open session of a user. `digest` is of its token."""

    digest: bytes = field(repr=False)
    user_id: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime


# --- keys ------------------------------------------------------------------------------------------------------------


def keys(connection: Connection) -> list[Key]:
    """All keys there ever were, oldest first."""
    return [_key(row) for row in connection.execute(select(KEYS).order_by(_KEY.created_at, _KEY.prefix))]


def key(connection: Connection, prefix: str) -> Key | None:
    """One key."""
    row = connection.execute(select(KEYS).where(_KEY.prefix == column_text(prefix))).one_or_none()
    return None if row is None else _key(row)


def _key(row: sa.Row[Any]) -> Key:
    return Key(**{**row._mapping, "scopes": tuple(row.scopes)})


def keys_seen(connection: Connection) -> tuple[int, int]:
    """Another value whenever a key was made or changed (not: used)."""
    row = connection.execute(select(func.count(), func.coalesce(func.sum(_KEY.version), 0))).one()
    return int(row[0]), int(row[1])


def add_key(connection: Connection, new: Key) -> None:
    """A new key. Its prefix being there is a Conflict."""
    connection.execute(insert(KEYS), {**asdict(new), "scopes": list(new.scopes)})


def change_key(connection: Connection, prefix: str, **values: Any) -> None:
    """Other values of a key; every worker sees it within two seconds."""
    connection.execute(update(KEYS).where(_KEY.prefix == prefix).values(**values, version=_KEY.version + 1))


def used(connection: Connection, days: Mapping[str, date]) -> None:
    """The day on which keys were last used."""
    for prefix, day in sorted(days.items()):
        later = sa.or_(_KEY.used_on.is_(None), _KEY.used_on < day)
        connection.execute(update(KEYS).where(_KEY.prefix == prefix, later).values(used_on=day))


# --- users -----------------------------------------------------------------------------------------------------------


def users(connection: Connection) -> list[User]:
    """All users, by name."""
    return [User(**row._mapping) for row in connection.execute(select(USERS).order_by(_USER.name))]


def any_user(connection: Connection) -> bool:
    """Whether there is one."""
    return connection.execute(select(_USER.id).limit(1)).one_or_none() is not None


def alone_with_users(connection: Connection) -> None:
    """Until this transaction ends nobody else adds a first user."""
    if connection.dialect.name == "postgresql":  # on SQLite there is one writer anyway
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def user(connection: Connection, *, id: str = "", name: str = "", subject: str = "") -> User | None:
    """One user by one of these."""
    column, value = (_USER.id, id) if id else (_USER.subject, subject) if subject else (_USER.name, name)
    row = connection.execute(select(USERS).where(column == column_text(value, 1000))).one_or_none()
    return None if row is None else User(**row._mapping)


def add_user(connection: Connection, new: User) -> None:
    """A new user. Its name being there is a Conflict."""
    connection.execute(insert(USERS), asdict(new))


def change_user(connection: Connection, id_: str, **values: Any) -> None:
    """Other values of a user."""
    connection.execute(update(USERS).where(_USER.id == id_).values(**values))


# --- sessions --------------------------------------------------------------------------------------------------------


def add_session(connection: Connection, new: Session) -> None:
    """A new session."""
    connection.execute(insert(SESSIONS), asdict(new))


def session(connection: Connection, digest: bytes) -> tuple[Session, User] | None:
    """A session and whose it is."""
    mine = [_SESSION[one.name] for one in SESSIONS.columns]
    theirs = [_USER[one.name].label(f"of_{one.name}") for one in USERS.columns]
    wanted = select(*mine, *theirs).join(USERS, _USER.id == _SESSION.user_id).where(_SESSION.digest == digest)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    found = row._mapping
    whose = User(**{one.name: found[f"of_{one.name}"] for one in USERS.columns})
    return Session(**{one.name: found[one.name] for one in SESSIONS.columns}), whose


def touch_sessions(connection: Connection, seen: Mapping[bytes, datetime]) -> None:
    """When these were last used."""
    for digest, at in sorted(seen.items()):
        connection.execute(update(SESSIONS).where(_SESSION.digest == digest, _SESSION.seen_at < at).values(seen_at=at))


def end_sessions(connection: Connection, *, user_id: str = "", digests: Iterable[bytes] = ()) -> int:
    """Ends all of a user, or these; how many there were."""
    where = _SESSION.user_id == user_id if user_id else _SESSION.digest.in_(list(digests))
    return connection.execute(sa.delete(SESSIONS).where(where)).rowcount


def forget_sessions(connection: Connection, now: datetime, idle_since: datetime) -> int:
    """Forgets those whose time is over; how many."""
    over = sa.or_(_SESSION.ends_at <= now, _SESSION.seen_at <= idle_since)
    return connection.execute(sa.delete(SESSIONS).where(over)).rowcount
