"""`dq reference`: the tables that are known here, and bringing in a partner's catalog or known addresses."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from dq_service.cli.options import Data, WrongUse, settings_of

if TYPE_CHECKING:
    from dq_service.intake.reference_import import ImportReport

commands: Final = typer.Typer(
    help="What is known of the world: tables that ship, and imports.", no_args_is_help=True, rich_markup_mode=None
)

_SHOWN: Final = 10  # lines left out that are named one by one


@commands.command("status")
def status(data: Data = None) -> int:
    """Every table, and what was never imported."""
    from rich.table import Table
    from rich.text import Text

    from dq_service.app import open_reference
    from dq_service.cli.terminal import show

    reference = open_reference(settings_of(data))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold", style="dim")
    table.add_row(*(Text(word, style="dim") for word in ("table", "rows", "date", "version", "origin")))
    for one in reference.tables:
        table.add_row(Text(one.table), Text(f"{one.rows:,}"), Text(one.date), Text(one.version), Text(one.origin))
    show(table)
    for line in silent(addresses=reference.points is not None, catalogs=bool(reference.catalogs)):
        print(line)
    return 0


@commands.command("import")
def bring_in(
    kind: Annotated[Literal["addresses", "skus"], typer.Argument(metavar="KIND", help="addresses or skus")],
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A CSV file.")],
    partner: Annotated[str, typer.Option("--partner", metavar="NAME", help="Whose SKUs they are.")] = "",
    data: Data = None,
) -> int:
    """Brings in address points or a partner's SKUs.

    Address points have OpenAddresses columns, SKUs sku,gtin,description,status,replaced_by.
    """
    from datetime import UTC, datetime

    from dq_service.app import open_reference
    from dq_service.cli.terminal import progress
    from dq_service.intake.reference_import import import_addresses, import_skus

    settings = settings_of(data)
    if (kind == "skus") != bool(partner):
        raise WrongUse("addresses: leave out --partner" if partner else "skus are a partner's: add --partner NAME")
    settings.data.mkdir(parents=True, exist_ok=True)
    try:
        if kind == "skus":
            report = import_skus(file, partner, settings.data)
        else:
            names = open_reference(settings).street_names
            with progress("lines") as moved:
                read = 0

                def told(lines: int) -> None:
                    nonlocal read
                    moved(lines - read)
                    read = lines

                today = datetime.now(UTC).date().isoformat()
                report = import_addresses(file, settings.data, names, date=today, progress=told)
    except (ValueError, UnicodeDecodeError) as error:
        raise WrongUse(str(error)) from None
    _tell(report, kind, partner)
    return 0


def silent(*, addresses: bool, catalogs: bool) -> list[str]:
    """The sources that were never imported, whose rules therefore say nothing; with the way to bring them in."""
    out = []
    if not addresses:
        out.append("addresses: not imported, rules about known points are silent; dq reference import addresses FILE")
    if not catalogs:
        out.append("skus: none imported, catalog rules are silent; dq reference import skus FILE --partner NAME")
    return out


def _tell(report: "ImportReport", kind: str, partner: str) -> None:
    whose = f" of {partner}" if partner else ""
    print(f"{report.rows:,} {kind}{whose}")
    for reason, count in report.reasons.items():
        print(f"left out: {count:,} × {reason}", file=sys.stderr)
    for remark in (*report.skipped, *report.remarks)[:_SHOWN]:
        place = f"line {remark.line}: " if remark.line else ""
        print(f"  {place}{remark.why}", file=sys.stderr)
    more = report.skipped_in_all + len(report.remarks) - _SHOWN
    if more > 0:
        print(f"  and {more:,} more", file=sys.stderr)
