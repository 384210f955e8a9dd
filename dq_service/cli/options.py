"""What the commands have in common: their options, and the words for wrong use."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from dq_service.settings import SettingError, Settings

Data: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        file_okay=False,
        help="The data folder: partners, rules, imports. [default: DQ_DATA_DIR, else the user's data directory]",
    ),
]


class WrongUse(Exception):
    """A command that cannot be carried out as it was given; the text is one line for whoever typed it. Exit code 2."""


def settings_of(data: Path | None) -> Settings:
    """The settings of this process. Raises WrongUse for a variable that cannot be read."""
    try:
        return Settings.from_environment(os.environ, data)
    except SettingError as error:
        raise WrongUse(str(error)) from None


def unknown(kind: str, word: str, words: Iterable[str], otherwise: str) -> WrongUse:
    """There is no such thing: with the nearest that there is, else what to do."""
    from dq_service.parsing.reader import did_you_mean

    hint = did_you_mean(word, words)
    return WrongUse(f"no {kind} '{word}'{hint or '; ' + otherwise}")


def many(count: int, word: str) -> str:
    """`1 order`, `1,204 orders`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def debugging() -> bool:
    """Whether DQ_DEBUG asks for traces; a variable that cannot be read does not."""
    try:
        return Settings.from_environment(os.environ, Path()).debug
    except SettingError:
        return False
