"""A file of orders checked for whoever brings it: verdicts, what the rules said, and the file with the repairs in.

Nothing is kept: the file lies in a folder that its caller takes away, and no order of it is remembered.
"""

import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final, Protocol

from dq_service.finding import Change, Finding
from dq_service.intake.files import Source, open_source
from dq_service.intake.record import Record
from dq_service.intake.write import CannotWrite, write_fixed
from dq_service.result import Result

MOST: Final = 20_000  # orders of a file
LONGEST: Final = 60.0  # seconds
SHOWN: Final = 50  # orders that are listed
_UNPACKED: Final = 200 * 2**20  # bytes of a workbook, unpacked
_WORTH_A_LOOK: Final = frozenset({"open", "suggested", "not_evaluated"})


class Unfit(ValueError):
    """The file is not one that is read here; says why in a sentence."""


class Checks(Protocol):
    """What orders are checked with."""

    def check_record(self, record: Record, *, as_of: datetime, partner: str = "") -> Result:
        """The result for one record of a file."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One order of the file: what is left to do, and what changed."""

    line: int | None
    received_id: str
    verdict: str
    score: float | None
    findings: tuple[Finding, ...]
    changes: tuple[tuple[str, Change], ...]  # the rule, and the field before and after


@dataclass(slots=True)
class Checked:
    """What a file came to. `rules` by code: its name, and orders by outcome. `fixed` is None where nothing changed."""

    orders: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    rules: dict[str, tuple[str, Counter[str]]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    more: int = 0
    fixed: Path | None = None
    changed: int = 0
    left_out: Sequence[str] = ()

    def take(self, result: Result) -> None:
        """One more order."""
        self.orders += 1
        self.verdicts[result.verdict] += 1
        for rule, name, outcome in {(one.rule, one.name, one.outcome) for one in result.findings}:
            self.rules.setdefault(rule, (name, Counter()))[1][outcome] += 1
        changes = tuple((repair.rule, change) for repair in result.repairs for change in repair.changes)
        findings = tuple(one for one in result.findings if one.outcome in _WORTH_A_LOOK)
        if not changes and not findings:
            return
        if len(self.seen) == SHOWN:
            self.more += 1
            return
        overall: Mapping[str, Any] = result.score
        seen = Seen(result.line, result.received_id, result.verdict, overall.get("overall"), findings, changes)
        self.seen.append(seen)


def check_file(
    file: Path, checks: Checks, partner: str, as_of: datetime, *, clock: Callable[[], float] = monotonic
) -> Checked:
    """Checks a file that lies in a folder of its own; the repaired one is laid beside it. Raises Unfit."""
    source, checked, end = _source(file), Checked(), clock() + LONGEST

    def results() -> Iterator[Result]:
        for record in source.records():
            if checked.orders == MOST:
                raise Unfit(f"It has more than {MOST:,} orders; send it in parts, or by POST /v1/orders/batch.")
            if clock() > end:
                raise Unfit(f"It takes longer than {LONGEST:.0f} seconds; send it in parts.")
            result = checks.check_record(record, as_of=as_of, partner=partner)
            checked.take(result)
            yield result

    if source.trouble is not None:
        for _ in results():
            pass
        return checked
    out = file.with_name(f"{file.stem}.repaired{file.suffix}")
    try:
        written = write_fixed(out, source, results())
    except CannotWrite as wrong:
        raise Unfit(f"It cannot be written again: {wrong}.") from None
    checked.changed, checked.left_out = written.orders, sorted(written.left_out)
    checked.fixed = out if written.orders else None
    return checked


def _source(file: Path) -> Source:
    with file.open("rb") as opened:
        head = opened.read(4)
    if not head:
        raise Unfit("It is empty.")
    if head[:2] == b"\x1f\x8b" or head == b"PAR1":
        raise Unfit("It is packed, or Parquet. CSV, XLSX, JSON and NDJSON are read here; dq check reads the others.")
    if head == b"PK\x03\x04":
        try:
            with zipfile.ZipFile(file) as book:
                size = sum(one.file_size for one in book.infolist())
        except zipfile.BadZipFile:
            raise Unfit("It is a damaged workbook.") from None
        if size > _UNPACKED:
            raise Unfit("Unpacked, this workbook is too large to be read here.")
    return open_source(file)
