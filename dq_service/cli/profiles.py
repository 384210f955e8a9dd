"""`dq profiles`: the formats that are understood, where each field is taken from, and whether that holds."""

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from dq_service.cli.options import Data, settings_of, unknown

if TYPE_CHECKING:
    from rich.table import Table

    from dq_service.intake.profile import Taken

commands: Final = typer.Typer(
    help="The profiles: how partners' own formats become orders.", no_args_is_help=True, rich_markup_mode=None
)


@commands.command("list")
def list_profiles(data: Data = None) -> int:
    """All profiles, those that ship and those of the data folder."""
    from rich.table import Table
    from rich.text import Text

    from dq_service.app import open_profiles
    from dq_service.cli.terminal import show as shown

    profiles = open_profiles(settings_of(data))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, profile in profiles.items():
        where = Text("own", style="yellow") if profiles.is_own(name) else Text("ships", style="dim")
        table.add_row(Text(name, style="bold"), where, Text(" ".join(profile.about.split()), style="dim"))
    shown(table)
    return 0


@commands.command("show")
def show(name: Annotated[str, typer.Argument(metavar="NAME")], data: Data = None) -> int:
    """Each field of the order, and what it is taken from."""
    from rich.table import Table
    from rich.text import Text

    from dq_service.app import open_profiles
    from dq_service.cli.terminal import show as shown

    settings = settings_of(data)
    profiles = open_profiles(settings)
    if name not in profiles:
        raise unknown("profile", name, profiles, f"its file would be {settings.profiles / name}.yaml")
    profile = profiles[name]
    shown(Text(profile.file, style="dim"))
    shown(Text(f"{profile.format}; {' '.join(profile.about.split())}", style="dim"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    for one in profile.fields:
        _row(table, one, "")
    shown(table)
    return 0


def _row(table: "Table", taken: "Taken", indent: str) -> None:
    from rich.text import Text

    sources = Text("\n".join(" ".join(one.split()) for one in (*taken.each, *taken.from_)))
    if taken.each:
        sources.stylize("bold")
    if taken.map:
        words = ", ".join(f"{word} → {'nothing' if meant is None else meant}" for word, meant in taken.map.items())
        sources.append(f"\n{words}", style="dim")
    if taken.constant is not None:
        otherwise = "\nelse always " if sources.plain else "always "
        sources.append(f"{otherwise}{taken.constant}", style="yellow")
    table.add_row(Text(indent + taken.field + ("[*]" if taken.each else ""), style="cyan"), sources)
    for inner in taken.fields:
        _row(table, inner, indent + "  ")


@commands.command("test")
def prove(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Left out: all of them.")] = "", data: Data = None
) -> int:
    """Proves profiles by their own samples; 1 where one does not hold."""
    from dq_service.app import open_profiles, wrong_profiles

    settings = settings_of(data)
    profiles = open_profiles(settings)
    if name and name not in profiles:
        raise unknown("profile", name, profiles, f"its file would be {settings.profiles / name}.yaml")
    names = [name] if name else list(profiles)
    problems = wrong_profiles(profiles, names)
    for problem in sorted(problems):
        print(problem)
    if problems:
        print(f"{len(problems)} problem{'' if len(problems) == 1 else 's'}", file=sys.stderr)
        return 1
    samples = sum(len(profiles[one].samples) for one in names)
    print(
        f"{len(names)} profile{'' if len(names) == 1 else 's'}, {samples} sample{'' if samples == 1 else 's'}: all hold"
    )
    return 0
