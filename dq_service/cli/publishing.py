"""`dq rules publish`: the files put in force, by this process or by the server that writes the database."""

import getpass
import sys
from typing import Final

from dq_service.cli.database import migrated
from dq_service.cli.options import WrongUse
from dq_service.published import Publications
from dq_service.service.publish_request import Answer, ask
from dq_service.service.publishing import Published
from dq_service.settings import Settings
from dq_service.store.database import Taken

PATIENCE: Final = (3.0, 30.0)  # seconds that we wait: for another command like this one, for a server that proves
SHOWN: Final = 20  # paths of a kind; a new release changes many


def publish(settings: Settings) -> int:
    """Publishes and says what changed; 1 where a problem was found.

    Raises WrongUse where the database cannot be used, or the server that writes it does not answer.
    """
    answer = _answer(settings)
    if answer.failed:
        raise WrongUse(answer.failed)
    if answer.problems:
        for problem in answer.problems:
            print(problem)
        many = "" if len(answer.problems) == 1 else "s"
        print(f"{len(answer.problems)} problem{many}; nothing is published", file=sys.stderr)
        return 1
    for one in answer.published:
        _say(one)
    return 0


def _answer(settings: Settings) -> Answer:
    by = _user()
    for seconds in PATIENCE:
        try:
            with migrated(settings) as database:
                return Publications(settings, database).answer(by)
        except Taken as error:
            taken = error
        answer = ask(settings.data, by, seconds=seconds)
        if answer is not None:
            return answer
    raise WrongUse(f"{taken}; that process does not answer requests in {settings.data}")


def _say(one: Published) -> None:
    if not one.new:
        print(f"{one.kind} {one.version}: nothing has changed")
        return
    lists = (("new", "+", one.added), ("changed", "~", one.changed), ("gone", "-", one.removed))
    print(
        f"{one.kind} {one.version}: {', '.join(f'{len(paths)} {word}' for word, _, paths in lists if paths) or 'empty'}"
    )
    if one.version == 1:
        return
    lines = [f"  {sign} {path}" for _, sign, paths in lists for path in paths]
    for line in lines[:SHOWN]:
        print(line)
    if len(lines) > SHOWN:
        print(f"  and {len(lines) - SHOWN} more")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in a container
        return ""
