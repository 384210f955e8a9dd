"""`dq partners`: who sends orders to this installation, what each file says, and whether the files are right."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from dq_service.cli.options import Data, settings_of, unknown

if TYPE_CHECKING:
    from rich.table import Table

    from dq_service.partner import Partner

commands: Final = typer.Typer(
    help="The partners: who sends orders, and what holds for them.", no_args_is_help=True, rich_markup_mode=None
)


@commands.command("list")
def list_partners(data: Data = None) -> int:
    """All partners of the data folder."""
    from rich.table import Table
    from rich.text import Text

    from dq_service.cli.terminal import show as shown
    from dq_service.partner import Partners

    settings = settings_of(data)
    partners = Partners.load(settings.partners)
    if not partners:
        print(f"no partners: put NAME.yaml into {settings.partners}")
        return 0
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for partner in partners.values():
        state = Text("in shadow", style="yellow") if partner.shadow else Text("repairs", style="green")
        table.add_row(Text(partner.name, style="bold"), state, Text(_said(partner), style="dim"))
    shown(table)
    return 0


@commands.command("show")
def show(name: Annotated[str, typer.Argument(metavar="NAME")], data: Data = None) -> int:
    """Every key of a partner: its own and the defaults."""
    from rich.text import Text

    from dq_service.cli.terminal import show as shown
    from dq_service.partner import Partners

    settings = settings_of(data)
    partners = Partners.load(settings.partners)
    partner = partners.by_name.get(name)
    if partner is None:
        raise unknown("partner", name, partners, f"its file would be {settings.partners / name}.yaml")
    shown(Text(partner.file, style="dim"))
    shown(_keys(partner))
    return 0


@commands.command("check")
def check(data: Data = None) -> int:
    """What is wrong with the files; overrides that ended."""
    from dq_service.app import doubts, open_profiles, read_rulebook
    from dq_service.parsing.yaml import DocumentError, Problem
    from dq_service.partner import Partners

    settings = settings_of(data)
    problems: list[Problem] = []
    ended: list[Problem] = []
    partners = Partners()
    try:
        partners = Partners.load(settings.partners)
    except DocumentError as error:
        problems += error.problems
    problems += doubts(partners, read_rulebook(settings), open_profiles(settings))
    now = datetime.now(UTC)
    for partner in partners.values():
        ended += (
            Problem(partner.file, one.line, f"the override of {one.rule} ended {one.until}; renew it or take it out")
            for one in partner.expired(now)
        )
    for problem in sorted([*problems, *ended]):
        print(problem)
    if problems:
        print(f"{len(problems)} problem{'' if len(problems) == 1 else 's'}", file=sys.stderr)
        return 1
    print(f"{len(partners)} partner{'' if len(partners) == 1 else 's'}: all right")
    return 0


def _said(partner: "Partner") -> str:
    """A partner's file in a few words: what it asks for beyond the defaults."""
    from dq_service.partner import KEYS

    said = []
    if partner.required:
        said.append("requires " + ", ".join(partner.required))
    if partner.catalog:
        said.append(f"catalog {partner.catalog}")
    if not partner.po_boxes:
        said.append("no PO boxes")
    if partner.overrides:
        said.append(f"{len(partner.overrides)} override{'' if len(partner.overrides) == 1 else 's'}")
    told = ("name", "shadow", "required", "catalog", "po_boxes", "overrides")
    others = [key.name for key in KEYS if key.name not in told and getattr(partner, key.name) != key.default]
    if others:
        said.append(f"sets {', '.join(others)}")
    return " · ".join(said) or "all defaults"


def _keys(partner: "Partner") -> "Table":
    from dataclasses import is_dataclass

    from rich.table import Table
    from rich.text import Text

    from dq_service.parsing.record import Key
    from dq_service.partner import KEYS

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", ratio=2)
    table.add_column(overflow="fold", ratio=3)

    def row(key: Key, record: object, indent: str) -> None:
        value = getattr(record, key.name)
        inner = bool(key.kind.keys) and is_dataclass(value)
        text = "" if inner else _written(value)
        left_out = not key.required and value == key.default
        table.add_row(
            Text(indent + key.name), Text(text, style="dim" if left_out else "bold"), Text(key.meaning, style="dim")
        )
        if inner:
            for child in key.kind.keys:
                row(child, value, indent + "  ")

    for key in KEYS:
        row(key, partner, "")
    return table


def _written(value: object) -> str:
    from datetime import time, timedelta

    from dq_service.parsing.record import iso_duration
    from dq_service.partner import Override

    if value is None or value == "" or value in ((), {}):
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return iso_duration(value)
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, Override):
        what = "off" if value.off else " ".join(str(part) for part in (value.severity, value.parameters) if part)
        until = f" until {value.until}" if value.until else ""
        return f"{value.rule} {what}{until}: {value.reason}"
    if isinstance(value, tuple):
        return ", ".join(_written(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_written(one)}" for name, one in value.items())
    return str(value)
