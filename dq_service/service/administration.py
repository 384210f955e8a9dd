"""The errands of access: keys and users changed, by whoever writes the database."""

from collections.abc import Callable
from datetime import datetime, timedelta

from dq_service.order import JSON
from dq_service.service import keys, users
from dq_service.service.errands import Kinds
from dq_service.service.instants import instant_text
from dq_service.service.secret import Secret
from dq_service.store.access import Key, User
from dq_service.store.database import Database


def access_errands(database: Database, secret: Callable[[], Secret], clock: Callable[[], datetime]) -> Kinds:
    """What can be asked, by its kind. Arguments and answers are JSON; `by` is who asks."""

    def create(by: str, given: JSON) -> JSON:
        now = clock()
        lasts = given["lasts"]
        text, key = keys.make(
            database,
            secret(),
            partner=given["partner"],
            scopes=given["scopes"],
            test=given["test"],
            name=given["name"],
            expires_at=None if lasts is None else now + timedelta(seconds=lasts),
            by=_actor(by),
            now=now,
        )
        return {"key": text, **_key(key)}

    def rotate(by: str, given: JSON) -> JSON:
        overlap = timedelta(seconds=given["overlap"])
        text, key, end = keys.rotate(database, secret(), given["prefix"], overlap=overlap, by=_actor(by), now=clock())
        return {"key": text, "old_ends": instant_text(end), **_key(key)}

    def revoke(by: str, given: JSON) -> JSON:
        return _key(keys.revoke(database, given["prefix"], by=_actor(by), now=clock()))

    def add(by: str, given: JSON) -> JSON:
        user, once = users.add(
            database,
            given["name"],
            given["role"],
            given["partner"],
            password=given["password"],
            by=_actor(by),
            now=clock(),
        )
        return {**_user(user), "password": once}

    def reset(by: str, given: JSON) -> JSON:
        user, once = users.reset(database, given["name"], by=_actor(by), now=clock())
        return {**_user(user), "password": once}

    def disable(by: str, given: JSON) -> JSON:
        return _user(users.disable(database, given["name"], by=_actor(by), now=clock()))

    def enable(by: str, given: JSON) -> JSON:
        return _user(users.enable(database, given["name"], by=_actor(by), now=clock()))

    return {
        "keys.create": create,
        "keys.rotate": rotate,
        "keys.revoke": revoke,
        "users.add": add,
        "users.reset": reset,
        "users.disable": disable,
        "users.enable": enable,
    }


def _actor(by: str) -> str:
    """Who typed the command, as the audit log names them."""
    return f"local:{by}" if by else "local"


def _key(key: Key) -> JSON:
    return {"prefix": key.prefix, "partner": key.partner, "scopes": list(key.scopes), "test": key.test}


def _user(user: User) -> JSON:
    return {"name": user.name, "role": user.role, "partner": user.partner}
