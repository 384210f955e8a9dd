"""The tables of who may ask: partners' keys, users, and the sessions that users have open."""

from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import Field

from dq_service.store.schema import Key, Stored
from dq_service.store.written import JSONText


class KeyRow(Stored, table=True):
    """An API key; of its secret only a keyed hash. `version` counts what was changed of it."""

    __tablename__ = "api_keys"
    prefix: str = Field(primary_key=True, sa_type=Key)
    digest: bytes = Field(sa_type=sa.LargeBinary)
    secret_id: str = Field(sa_type=sa.Text)  # which installation's secret the hash was made under
    name: str = Field(sa_type=sa.Text)
    partner: str | None = Field(default=None, sa_type=sa.Text)
    scopes: Any = Field(sa_type=JSONText)
    test: bool
    created_at: datetime
    created_by: str = Field(sa_type=sa.Text)
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    used_on: date | None = None
    follows: str = Field(sa_type=sa.Text)  # the prefix of the key that it takes the place of; "" else
    version: int


class UserRow(Stored, table=True):
    """A person who signs in; `name` is what they type, in small letters. Without a password: only by OIDC."""

    __tablename__ = "users"
    __table_args__ = (sa.UniqueConstraint("name"), sa.UniqueConstraint("subject"))
    id: str = Field(primary_key=True, sa_type=Key)
    name: str = Field(sa_type=Key)
    role: str = Field(sa_type=sa.Text)
    partner: str | None = Field(default=None, sa_type=sa.Text)
    password: str | None = Field(default=None, sa_type=sa.Text)
    must_change: bool
    subject: str | None = Field(default=None, sa_type=Key)  # issuer and subject of OIDC, once known
    created_at: datetime
    signed_in_at: datetime | None = None
    disabled_at: datetime | None = None


class SessionRow(Stored, table=True):
    """A user's open session; of its token only a hash."""

    __tablename__ = "sessions"
    __table_args__ = (sa.Index(None, "user_id"), sa.Index(None, "ends_at"))
    digest: bytes = Field(primary_key=True, sa_type=sa.LargeBinary)
    user_id: str = Field(sa_type=Key, foreign_key="users.id", ondelete="CASCADE")
    created_at: datetime
    seen_at: datetime
    ends_at: datetime


KEYS: Final = Stored.metadata.tables["api_keys"]
USERS: Final = Stored.metadata.tables["users"]
SESSIONS: Final = Stored.metadata.tables["sessions"]
