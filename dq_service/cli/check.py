"""`dq check`: orders in, what is wrong with them and what was mended out, one at a time whatever their number."""

import gc
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from dq_service.cli.columns import tell
from dq_service.cli.options import Data, WrongUse, settings_of, unknown

if TYPE_CHECKING:
    from dq_service.app import App
    from dq_service.cli.printing import Printer
    from dq_service.cli.tally import Tally
    from dq_service.intake.files import Source
    from dq_service.intake.profile import Profile
    from dq_service.intake.record import Record
    from dq_service.recent import History
    from dq_service.result import Result

Format = Literal["table", "json", "ndjson", "sarif"]
InputFormat = Literal["ndjson", "json", "csv", "xlsx", "parquet"]

STDIN: Final = "-"


def check(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help=".ndjson .json .csv .parquet .xlsx, or - for standard input.")
    ],
    format: Annotated[Format, typer.Option(help="table is for people; ndjson gives one result a line.")] = "table",
    partner: Annotated[
        str, typer.Option(metavar="NAME", help="Whose orders they are; wins over what the orders say.")
    ] = "",
    profile: Annotated[
        str,
        typer.Option(metavar="NAME", help="The orders' format, see dq profiles list. [default: the partner's own]"),
    ] = "",
    columns: Annotated[
        str,
        typer.Option("--map", metavar="FIELD=COLUMN,...", help="Columns of a table, where their headings do not tell."),
    ] = "",
    recent: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, metavar="FILE", help="Earlier orders as history; FILE itself too."),
    ] = None,
    data: Data = None,
    as_of: Annotated[
        str, typer.Option(metavar="INSTANT", help="The clock of every rule, as 2026-12-01T18:00:00Z. [default: now]")
    ] = "",
    fix: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Writes the orders with their repairs in, in FILE's own format.")
    ] = None,
    diff: Annotated[bool, typer.Option("--diff", help="Shows what changed instead of the findings.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Narrates each order stage by stage.")] = False,
    input_format: Annotated[
        InputFormat | None, typer.Option("--input-format", help="What FILE is, where its name and bytes do not tell.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, metavar="N", help="Orders that the table lists; 0 lists all.")] = 50,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Lists clean orders too.")] = False,
) -> int:
    """Checks orders and mends what is certain.

    Exit code 0 where every order is clean or repaired, 1 where one needs a person, 2 for wrong use.
    """
    started = time.monotonic()
    _sensible(files, format, fix, diff=diff, explain=explain)
    clock = instant(as_of)
    mapped = mapping(columns)
    from dq_service.app import open_app
    from dq_service.cli.printing import printer
    from dq_service.cli.tally import Tally

    app = open_app(settings_of(data))
    for problem in app.problems:
        print(f"dq: {problem}", file=sys.stderr)
    if partner and partner not in app.partners:
        raise unknown("partner", partner, app.partners, f"its file would be {app.settings.partners / partner}.yaml")
    format_of = _profile(app, profile, partner, fix, mapped)
    history = Histories.read(recent, one_partner=bool(partner)) if recent else None
    gc.freeze()  # rules and tables stay as they are: no collection need walk them again
    run = Run(app, clock, partner, history, printer(format, app, files, limit, verbose, diff, explain), Tally())
    for file in files:
        if fix is not None:
            _fixed(run, file, fix, input_format, mapped)
        else:
            records, size = _records(file, input_format, mapped, format_of)
            for _ in run.checked(file, records, size):
                pass
    run.printer.finish(run.tally, time.monotonic() - started)
    return 0 if run.tally.passing else 1


@dataclass(frozen=True, slots=True)
class Run:
    """One run over some files: what orders are checked with, and where the results go."""

    app: "App"
    as_of: datetime
    partner: str
    history: "Histories | None"
    printer: "Printer"
    tally: "Tally"

    def checked(self, file: str, records: "Iterable[Record]", size: float | None) -> "Iterator[Result]":
        """The result for each record of a file, which is printed on the way; `size` is in bytes, for the progress."""
        from dq_service.cli.privacy import Privacy
        from dq_service.cli.terminal import progress

        with progress(Path(file).name, size, wanted=lambda: self.printer.shows_progress) as moved:
            for record in records:
                recent = None if self.history is None else self.history.of(record.order)
                result = self.app.check_record(record, as_of=self.as_of, partner=self.partner, recent=recent)
                self.tally.add(result)
                self.printer.write(file, record, result, Privacy.of(self.app.partner_of(record.order, self.partner)))
                moved(1 if size is None else len(record.raw or b""))
                yield result


@dataclass(frozen=True, slots=True)
class Histories:
    """Earlier orders of a file: of one partner all together, else each partner's apart."""

    by_partner: Mapping[str, "History"]
    none: "History"
    one_partner: bool

    @classmethod
    def read(cls, file: Path, *, one_partner: bool) -> "Histories":
        from dq_service.intake.files import open_source
        from dq_service.recent import History

        orders: dict[str, list[dict[str, Any]]] = {}
        for record in open_source(file).records():
            if record.order is not None:
                orders.setdefault("" if one_partner else _partner(record.order), []).append(record.order)
        return cls({name: History.of(theirs) for name, theirs in orders.items()}, History.of(()), one_partner)

    def of(self, order: Any) -> "History":
        """The history that an order is looked at with."""
        return self.by_partner.get("" if self.one_partner else _partner(order), self.none)


def instant(text: str) -> datetime:
    """The instant that `--as-of` names, in UTC; now where it names none. Raises WrongUse."""
    if not text:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"--as-of '{text}' is no instant; write 2026-12-01T18:00:00Z") from None
    if found.tzinfo is None:
        raise WrongUse(f"--as-of '{text}' has no offset, so it is no instant; write 2026-12-01T18:00:00Z or -06:00")
    return found.astimezone(UTC)


def mapping(text: str) -> dict[str, str]:
    """The column of each field that `--map` names: `order_id=Ref,ship_to.name=Customer`. Raises WrongUse."""
    found: dict[str, str] = {}
    for pair in filter(None, text.split(",")):
        field, equals, column = (part.strip() for part in pair.partition("="))
        if not field or not equals or not column:
            raise WrongUse(f"--map '{pair}' is no pair; write FIELD=COLUMN, as order_id=Reference")
        if field in found:
            raise WrongUse(f"--map names {field} twice")
        found[field] = column
    return found


def _partner(order: Any) -> str:
    name = order.get("partner") if type(order) is dict else None
    return name if type(name) is str else ""


def _sensible(files: list[str], format: Format, fix: Path | None, *, diff: bool, explain: bool) -> None:
    if (diff or explain) and format != "table":
        raise WrongUse(f"--{'diff' if diff else 'explain'} is for people; leave out --format {format}")
    if files.count(STDIN) > 1:
        raise WrongUse("standard input can be read once only")
    if fix is not None and len(files) > 1:
        raise WrongUse("--fix writes one file; give one FILE at a time")
    for file in files:
        if file != STDIN and not Path(file).is_file():
            raise WrongUse(f"no file '{file}'" if not Path(file).exists() else f"'{file}' is no file")
    if str(fix) == STDIN:
        raise WrongUse("--fix wants a file; on standard output --format ndjson has each order under `order`")
    if fix is not None and fix.is_dir():
        raise WrongUse(f"--fix '{fix}' is a folder; name a file in it")
    if fix is not None and not fix.parent.is_dir():
        raise WrongUse(f"--fix '{fix}': there is no folder '{fix.parent}'")


def _profile(app: "App", named: str, partner: str, fix: Path | None, columns: Mapping[str, str]) -> "Profile | None":
    """The profile named, else that of the partner named; None where there is none. Raises WrongUse."""
    name = named or app.partner_of(None, partner).profile
    if not name:
        return None
    if name not in app.profiles:
        raise unknown("profile", name, app.profiles, f"its file would be {app.settings.profiles / name}.yaml")
    if fix is not None:
        raise WrongUse("--fix writes orders, not payloads; with --format ndjson each result has its order")
    if columns:
        raise WrongUse(f"--map and the profile {name} both say what the columns are; give one")
    from dq_service.app import wrong_profiles
    from dq_service.parsing.yaml import DocumentError

    if app.profiles.is_own(name) and (problems := wrong_profiles(app.profiles, [name])):
        raise DocumentError(problems)
    return app.profiles[name]


def _source(file: str, format: InputFormat | None, columns: Mapping[str, str]) -> "Source":
    from dq_service.intake.columns import NoSuchColumn
    from dq_service.intake.files import open_source

    try:
        source = open_source(file, format, columns=columns or None)
    except NoSuchColumn as error:
        raise WrongUse(f"--map: {error}") from None
    if source.columns is not None and source.table is not None:
        tell(file, source.columns, source.table.headings)
    return source


def _records(
    file: str, format: InputFormat | None, columns: Mapping[str, str], profile: "Profile | None"
) -> "tuple[Iterable[Record], float | None]":
    """A file's records, and its bytes where each record tells how many were its own."""
    from dq_service.intake.files import open_source, read_orders

    if profile is not None:
        from dq_service.intake.mapping_file import map_source
        from dq_service.intake.mapping_table import columns_of

        source = open_source(file, format)
        if source.table is not None and profile.format == "csv":
            tell(file, columns_of(profile, source.table.headings), source.table.headings)
        return map_source(source, profile), None
    if file == STDIN and not columns:
        return read_orders(file, format), None
    source = _source(file, format, columns)
    counted = source.format == "ndjson" and source.path.suffix != ".gz"
    return source.records(), source.path.stat().st_size if counted else None


def _fixed(run: Run, file: str, out: Path, format: InputFormat | None, columns: Mapping[str, str]) -> None:
    """Checks a file and writes it once more with the repairs in."""
    from dq_service.intake.write import CannotWrite, write_fixed

    source = _source(file, format, columns)
    try:
        written = write_fixed(out, source, run.checked(file, source.records(), None))
    except CannotWrite as error:
        raise WrongUse(f"--fix: {error}") from None
    cells = f", {written.cells:,} cells" if written.cells else ""
    print(f"dq: {out}: {written.orders:,} orders changed{cells}", file=sys.stderr)
    if written.left_out:
        print(f"dq: not written, no column for them: {', '.join(sorted(written.left_out))}", file=sys.stderr)
