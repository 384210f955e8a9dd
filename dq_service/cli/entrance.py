"""Who may come in to a server that is about to start: whether there are keys, the first user, the provider of names."""

import ipaddress
import logging
import os
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dq_service.cli.options import WrongUse
from dq_service.settings import Settings

if TYPE_CHECKING:
    from dq_service.service.secret import Secret
    from dq_service.store.access import User
    from dq_service.store.database import Database
    from dq_service.web.access.door import Entrance
    from dq_service.web.access.oidc import Provider

log = logging.getLogger(__name__)

PASSWORD_FILE: Final = "admin-password"
ALONE: Final = ", open to this machine alone: no key was made yet"


def openness(settings: Settings, host: str) -> str:
    """What is to be said of who may come in: nothing, once there is a key. The installation's secret is made.

    Raises WrongUse for an address that others reach while there is no key. A database that does not answer tells
    nothing: until it does the server answers nobody.
    """
    from sqlalchemy.exc import DBAPIError

    from dq_service.cli.database import database_of
    from dq_service.service.secret import Secret
    from dq_service.store import access
    from dq_service.store.database import Unavailable

    Secret.of(settings.secret, settings.data)
    database = database_of(settings)
    try:
        with database.reading() as connection:
            closed = access.keys_seen(connection)[0] > 0
    except Unavailable:
        return ""
    except DBAPIError:  # tables of an older version, which the workers bring up
        closed = False
    finally:
        database.close()
    if closed:
        return ""
    if not _own(host):
        raise WrongUse(
            f"--host {host} would let anybody in, as there is no key yet: dq keys create makes one, then serve again"
        )
    return ALONE


def entrance_of(settings: Settings, workers: int) -> "Entrance":
    """How people and programs come in, for a worker."""
    from dq_service.web.access.door import Entrance

    return Entrance(
        settings.public_url,
        settings.rate_limit,
        workers,
        partial(_provider, settings) if settings.oidc_issuer else None,
        partial(_chosen, settings.data / PASSWORD_FILE),
    )


def first_start(settings: Settings, database: "Database") -> None:
    """Where there is no user at all: adds admin, with a password for once, on the terminal or in a file.

    Raises Unavailable, OSError.
    """
    from dq_service.service import users

    password = users.first(database, datetime.now(UTC))
    if password is None:
        return
    if sys.stderr.isatty():
        print(f"dq serve: sign in as {users.FIRST} with {password}, for this once", file=sys.stderr, flush=True)
        return
    file = settings.data / PASSWORD_FILE
    try:
        file.unlink(missing_ok=True)
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        log.error("no password file %s (%s): dq users reset %s gives a password", file, error.strerror, users.FIRST)
        return
    with os.fdopen(opened, "w", encoding="ascii") as out:
        out.write(f"{password}\n")
    log.warning("sign in as %s with the password in %s, for this once", users.FIRST, file)


def _chosen(file: Path, user: "User") -> None:
    """The first user has chosen a password of their own: the file with the one for once goes."""
    from dq_service.service import users

    if user.name == users.FIRST:
        file.unlink(missing_ok=True)


def _provider(settings: Settings, secret: "Secret") -> "Provider":
    from dq_service.web.access.oidc import Provider

    return Provider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret,
        secret,
        claim=settings.oidc_claim,
        roles=settings.oidc_roles,
    )


def _own(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
