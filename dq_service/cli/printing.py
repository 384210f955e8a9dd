"""The forms in which `dq check` prints its results: a table for people, JSON, lines of JSON, SARIF."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

from dq_service.app import App
from dq_service.cli.privacy import Privacy
from dq_service.cli.tally import Tally
from dq_service.engine.own_findings import OWN_FINDINGS
from dq_service.intake.json_text import write
from dq_service.intake.record import Record
from dq_service.result import Result

if TYPE_CHECKING:
    from dq_service.cli.report import Body

_DOCUMENTS: Final = (".json", "-")  # files that may hold one order alone


class Printer(Protocol):
    """Takes results one at a time, in the order of the input, and keeps none of them."""

    @property
    def shows_progress(self) -> bool:
        """Whether a bar on standard error would not stand in the way."""

    def write(self, file: str, record: Record, result: Result, privacy: Privacy) -> None:
        """Prints one result."""

    def finish(self, tally: Tally, seconds: float) -> None:
        """Prints what comes after the last."""


def printer(
    format: str, app: App, files: Iterable[str], limit: int, verbose: bool, diff: bool, explain: bool
) -> Printer:
    """The printer of a format, onto standard output."""
    out = sys.stdout.buffer
    if format == "ndjson":
        return Lines(out)
    if format == "json":
        first, *more = files
        return Array(out, alone=not more and (first if first == "-" else Path(first).suffix.lower()) in _DOCUMENTS)
    if format == "sarif":
        return Sarif(out, app)
    return Table(app, limit, verbose, diff, explain)


class Lines:
    """One result a line, each sent off at once."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.shows_progress = not out.isatty()

    def write(self, file: str, record: Record, result: Result, privacy: Privacy) -> None:
        self._out.write(write(result.to_json()) + b"\n")
        self._out.flush()

    def finish(self, tally: Tally, seconds: float) -> None:
        self._out.flush()


class Array:
    """One array of results; of a document with one order alone, its result as it is."""

    def __init__(self, out: BinaryIO, *, alone: bool) -> None:
        self._out = out
        self._alone = alone
        self._first: bytes | None = None
        self._begun = False
        self.shows_progress = not out.isatty()

    def write(self, file: str, record: Record, result: Result, privacy: Privacy) -> None:
        text = write(result.to_json())
        if self._alone and not self._begun and self._first is None:
            self._first = text
            return
        if self._first is not None:
            self._entry(self._first)
            self._first = None
        self._entry(text)

    def finish(self, tally: Tally, seconds: float) -> None:
        if self._first is not None:
            self._out.write(self._first + b"\n")
        else:
            self._out.write(b"\n]\n" if self._begun else b"[]\n")
        self._out.flush()

    def _entry(self, text: bytes) -> None:
        self._out.write((b",\n" if self._begun else b"[\n") + text)
        self._begun = True


class Sarif:
    """A SARIF log, written as the results come."""

    def __init__(self, out: BinaryIO, app: App) -> None:
        from dq_service.cli import sarif

        self._out = out
        self._sarif = sarif
        self._begun = False
        self.shows_progress = not out.isatty()
        out.write(sarif.head(app.engine.rulebook.rules, [(own.code, own.name) for own in OWN_FINDINGS]))

    def write(self, file: str, record: Record, result: Result, privacy: Privacy) -> None:
        text = "" if record.rows or record.raw is None else record.raw.decode("utf-8", "replace")
        for said in self._sarif.results(file, result, privacy, "" if "\n" in text.strip() else text):
            self._out.write((b",\n" if self._begun else b"\n") + said)
            self._begun = True

    def finish(self, tally: Tally, seconds: float) -> None:
        self._out.write(b"\n" + self._sarif.TAIL + b"\n")
        self._out.flush()


class Table:
    """The report for people."""

    def __init__(self, app: App, limit: int, verbose: bool, diff: bool, explain: bool) -> None:
        from dq_service.cli.report import Report, Seen
        from dq_service.cli.terminal import out

        console = out()
        self._seen = Seen
        self._report = Report(console, self._body(app, verbose, diff, explain), limit)
        self._shares_the_screen = console.is_terminal

    @property
    def shows_progress(self) -> bool:
        return not self._shares_the_screen or self._report.full

    def write(self, file: str, record: Record, result: Result, privacy: Privacy) -> None:
        self._report.write(file, self._seen(result, record.order, privacy, record.provenance))

    def finish(self, tally: Tally, seconds: float) -> None:
        self._report.finish(tally, seconds)

    @staticmethod
    def _body(app: App, verbose: bool, diff: bool, explain: bool) -> "Body":
        """What stands under an order's line: its findings, or what was asked for instead of them."""
        from dq_service.cli.report import Body, findings

        if explain:
            from dq_service.cli.explain import narrator

            return Body(narrator(app, diff), lambda _: True, "a story")
        if diff:
            from dq_service.cli.diff import diff as changes

            return Body(changes, lambda result: verbose or bool(result.repairs), "changes")
        return Body(findings, lambda result: verbose or bool(result.findings) or not result.passes, "findings")
