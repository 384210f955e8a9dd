"""The documentation that is made, not written: rules, partners' and profiles' files, settings, the command line.

`python -m dq_service.docs docs` writes it; the tests compare it with what the code says now.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import orjson
import typer

from dq_service.checks import SUBJECTS
from dq_service.cli import program
from dq_service.engine import pages
from dq_service.engine.rulebook import Rulebook, load
from dq_service.intake.expression import FUNCTIONS
from dq_service.intake.profile import FIELD_KEYS, SAMPLE_KEYS, Profile
from dq_service.intake.profile import KEYS as PROFILE_KEYS
from dq_service.parsing.record import Key, json_schema, walk
from dq_service.partner import KEYS, Partner
from dq_service.reference.whereabouts import rules_folder
from dq_service.settings import SETTINGS

Command: TypeAlias = Any  # typer's, which carries its own copy of click and names no type of it

WIDTH: Final = 80  # columns of a command's help


def written(rulebook: Rulebook) -> Mapping[str, str]:
    """The text of every generated file, by its path under `docs/`."""
    return {
        **{f"rules/{name}": text for name, text in pages.written(rulebook).items()},
        "partner.md": partner_page(),
        "partner.schema.json": _json(json_schema(Partner, "A partner of dq-service")),
        "profile.md": profile_page(),
        "profile.schema.json": _json(json_schema(Profile, "A profile of dq-service")),
        "settings.md": settings_page(),
        "command-line.md": command_line_page(),
    }


def write(rulebook: Rulebook, folder: Path) -> None:
    """Writes them all; pages of rules that are gone go too."""
    pages.write(rulebook, folder / "rules")
    for name, text in written(rulebook).items():
        (folder / name).write_text(text, encoding="utf-8")


def partner_page() -> str:
    """Every key of a partner's file."""
    lines = [
        "# A partner's file",
        "",
        "`partners/NAME.yaml` in the data folder. Every key but `name` may be left out; `dq partners check` tells what",
        "is wrong with the files, `dq partners show NAME` what holds for a partner. For editors:",
        "[partner.schema.json](partner.schema.json).",
        "",
        "| key | value | default | meaning |",
        "|---|---|---|---|",
    ]
    lines += [_row(f"`{path}`", key.kind.words, _default(key), key.meaning) for path, key in walk(KEYS)]
    return "\n".join(lines) + "\n"


def profile_page() -> str:
    """Every key of a profile's file, and the functions of our own."""
    lines = [
        "# A profile's file",
        "",
        "`profiles/NAME.yaml` in the data folder, laid over those that ship. How to write one:",
        "[profiles.md](profiles.md). For editors: [profile.schema.json](profile.schema.json).",
    ]
    tables = (
        ("The file", PROFILE_KEYS),
        ("A field, under `fields`", FIELD_KEYS),
        ("A sample, under `samples`", SAMPLE_KEYS),
    )
    for title, known in tables:
        lines += ["", f"## {title}", "", "| key | value | default | meaning |", "|---|---|---|---|"]
        lines += [_row(f"`{key.name}`", key.kind.words, _default(key), key.meaning) for key in known]
    lines += [
        "",
        "## Functions",
        "",
        "Besides those of [JMESPath](https://jmespath.org/specification.html#functions):",
        "",
    ]
    lines += ["| function | what it gives |", "|---|---|"]
    lines += [_row(f"`{name}()`", meaning) for name, meaning in FUNCTIONS.items()]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Every variable of the environment that is read."""
    lines = [
        "# Settings",
        "",
        "Variables of the environment, read once when a command starts. What holds for one partner stands in its",
        "[file](partner.md).",
        "",
        "| variable | decides | default |",
        "|---|---|---|",
    ]
    lines += [_row(f"`{one.variable}`", one.meaning, one.default) for one in SETTINGS]
    return "\n".join(lines) + "\n"


def command_line_page() -> str:
    """What each command says of itself."""
    lines = [
        "# The command line",
        "",
        "Exit code: 0; 1 where an order needs a person; 2 for wrong use or a fault of ours.",
    ]
    for name, help_text in commands():
        lines += ["", f"## `{name}`", "", "```text", help_text, "```"]
    return "\n".join(lines) + "\n"


def commands() -> Iterator[tuple[str, str]]:
    """Every command with its help, as it is typed: `dq rules show`."""
    yield from _commands(typer.main.get_command(program), "dq")


def _commands(command: Command, name: str) -> Iterator[tuple[str, str]]:
    inner = getattr(command, "commands", {})
    if name == "dq" or not inner:
        context = command.make_context(name, [], resilient_parsing=True, terminal_width=WIDTH)
        yield name, "\n".join(line.rstrip() for line in command.get_help(context).strip().splitlines())
    for word, one in inner.items():
        yield from _commands(one, f"{name} {word}")


def _default(key: Key) -> str:
    if key.required:
        return "**required**"
    return "" if key.shown is None else f"`{orjson.dumps(key.shown).decode()}`"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n"


def main() -> int:
    """Writes into the folder named on the command line, else `docs`."""
    write(load([rules_folder()], SUBJECTS), Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
