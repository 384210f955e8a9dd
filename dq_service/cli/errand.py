"""What a command has written to the database: by this process, or by the server that writes the file."""

import getpass
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from dq_service.cli.database import migrated
from dq_service.cli.options import WrongUse
from dq_service.order import JSON
from dq_service.published import Publications
from dq_service.service.errands import Answer, ask, carry_out
from dq_service.settings import Settings
from dq_service.store.database import Taken

PATIENCE: Final = (3.0, 30.0)  # seconds that we wait: for another command like this one, for a server that proves


def carried_out(settings: Settings, kind: str, arguments: JSON, *, patience: Sequence[float] = PATIENCE) -> JSON:
    """What an errand came to; `patience` is how long we wait for another command, and for the server.

    Raises WrongUse where it is declined, the database cannot be used, or the server that writes it does not answer.
    """
    answer = _answer(settings, kind, arguments, patience)
    if answer.declined or answer.failed:
        raise WrongUse(answer.declined or answer.failed)
    return answer.came_to


def _answer(settings: Settings, kind: str, arguments: JSON, patience: Sequence[float]) -> Answer:
    by = user()
    for seconds in patience:
        try:
            with migrated(settings) as database:
                return carry_out(Publications(settings, database).errands(now), kind, by, arguments)
        except Taken as error:
            taken = error
        answer = ask(settings.data, kind, by, arguments, seconds=seconds)
        if answer is not None:
            return answer
    raise WrongUse(f"{taken}; that process does not answer requests in {settings.data}")


def now() -> datetime:
    """The clock of a command."""
    return datetime.now(UTC)


def user() -> str:
    """Who types, as the record names them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in a container
        return ""
