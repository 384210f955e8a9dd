"""Sessions: who is signed in, for how long, kept on our side alone; of the token in the cookie only a hash."""

import base64
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from dq_service.service import passwords
from dq_service.service.users import name_of
from dq_service.store import access as stored
from dq_service.store.access import Session, User
from dq_service.store.database import Database

IDLE: Final = timedelta(hours=12)  # without a request; a working day with its pauses
LONGEST: Final = timedelta(days=7)
_COARSE: Final = timedelta(minutes=5)  # how finely it is written down that a session is in use
_TOKEN: Final = 43  # characters


def signed_in(database: Database, name: str, password: str) -> User | None:
    """The user of this name and password, if they are let in. Takes as long for a name that there is not.

    Raises Unavailable.
    """
    with database.reading() as connection:
        user = stored.user(connection, name=name_of(name)[:200])
    good = passwords.right(user.password if user is not None else None, password)
    return user if good and user is not None and user.disabled_at is None else None


def begin(database: Database, user: User, now: datetime, *, instead_of: str = "") -> str:
    """A new session of a user; its token. One that the browser had before ends. Raises Unavailable."""
    token = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    with database.writing() as connection:
        if instead_of:
            stored.end_sessions(connection, digests=[digest_of(instead_of)])
        stored.forget_sessions(connection, now, now - IDLE)
        stored.add_session(connection, Session(digest_of(token), user.id, now, now, now + LONGEST))
        stored.change_user(connection, user.id, signed_in_at=now)
    return token


def user_of(database: Database, token: str, now: datetime) -> User | None:
    """Who is signed in with this token, as they stand now; None where nobody is. Raises Unavailable."""
    if len(token) != _TOKEN:
        return None
    digest = digest_of(token)
    with database.reading() as connection:
        found = stored.session(connection, digest)
    if found is None:
        return None
    session, user = found
    if user.disabled_at is not None or session.ends_at <= now or session.seen_at + IDLE <= now:
        return None
    if session.seen_at + _COARSE <= now:
        with database.writing() as connection:
            stored.touch_sessions(connection, {digest: now})
    return user


def end(database: Database, token: str) -> None:
    """Ends a session. Raises Unavailable."""
    with database.writing() as connection:
        stored.end_sessions(connection, digests=[digest_of(token)])


def digest_of(token: str) -> bytes:
    """What is kept of a token: 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).digest()
