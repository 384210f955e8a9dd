"""What is in force, as it was published: each version of the rulebook and the partners, kept for ever."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, insert, select, text

from dq_service.store.schema import PUBLICATIONS, column_text

CHANNEL: Final = "dq_publications"  # told on PostgreSQL whenever something was published
_LOCK: Final = 0x64715F7075626C  # "dq_publ": whoever publishes on PostgreSQL


@dataclass(frozen=True, slots=True)
class Publication:
    """One version of one kind. `body` is what was published, `hash` is of it (`sha256:...`), `at` is aware."""

    kind: str
    version: int
    hash: str
    body: bytes = field(repr=False)
    at: datetime
    by: str


def versions(connection: Connection) -> Mapping[str, int]:
    """The newest version of each kind."""
    found = select(PUBLICATIONS.c.kind, func.max(PUBLICATIONS.c.version)).group_by(PUBLICATIONS.c.kind)
    return {str(kind): int(version) for kind, version in connection.execute(found)}


def find(connection: Connection, kind: str, version: int | None = None) -> Publication | None:
    """One version of a kind, or the newest; None where there is none."""
    columns = PUBLICATIONS.c
    found = select(columns.kind, columns.version, columns.hash, columns.body, columns.at, columns.by)
    found = found.where(columns.kind == kind).order_by(columns.version.desc()).limit(1)
    if version is not None:
        found = found.where(columns.version == version)
    row = connection.execute(found).one_or_none()
    return None if row is None else Publication(*row)


def hashes(connection: Connection, kind: str) -> frozenset[str]:
    """Of everything that was ever published of a kind."""
    return frozenset(connection.scalars(select(PUBLICATIONS.c.hash).where(PUBLICATIONS.c.kind == kind)))


def lock(connection: Connection) -> None:
    """Until this transaction ends nobody else publishes."""
    if connection.dialect.name == "postgresql":  # on SQLite there is one writer anyway
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def add(connection: Connection, kind: str, digest: str, body: bytes, *, at: datetime, by: str) -> int:
    """A new version of a kind, under `lock`; its number. Those who listen are told at the commit."""
    version = versions(connection).get(kind, 0) + 1
    row = {"kind": kind, "version": version, "hash": digest, "body": body, "at": at, "by": column_text(by)}
    connection.execute(insert(PUBLICATIONS), row)
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    return version
