"""`dq rules publish`: the files put in force, by this process or by the server that writes the database."""

import sys
from typing import Final

from dq_service.cli.errand import carried_out
from dq_service.parsing.yaml import Problem
from dq_service.service.publishing import Published
from dq_service.settings import Settings

SHOWN: Final = 20  # paths of a kind; a new release changes many


def publish(settings: Settings) -> int:
    """Publishes and says what changed; 1 where a problem was found.

    Raises WrongUse where the database cannot be used, or the server that writes it does not answer.
    """
    came_to = carried_out(settings, "publish", {})
    problems = [Problem(**one) for one in came_to["problems"]]
    if problems:
        for problem in problems:
            print(problem)
        many = "" if len(problems) == 1 else "s"
        print(f"{len(problems)} problem{many}; nothing is published", file=sys.stderr)
        return 1
    for one in came_to["published"]:
        _say(Published(**one))
    return 0


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
