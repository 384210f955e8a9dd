"""The report that people read: what is wrong with each order, what was mended, and what a run comes to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dq_service.cli.difference import beside, shown
from dq_service.cli.privacy import Privacy
from dq_service.cli.tally import VERDICTS, Tally
from dq_service.cli.terminal import trimmed
from dq_service.finding import Change, Finding, Outcome, Repair, Suggestion
from dq_service.intake.record import Provenance
from dq_service.order import JSON
from dq_service.result import Result, Verdict

WIDE: Final = 100  # columns from which a finding's field stands beside its message
_OUTCOME: Final = 11  # columns: as long as `? suggested`
_FIELD: Final = 28  # columns: as long as ship_to.address.postal_code
_LONGEST: Final = 60  # characters of a value
_TOP: Final = 10  # rules in the summary
_BAR: Final = 24  # columns of the longest bar

SIGNS: Final[dict[Outcome, tuple[str, str]]] = {  # sign and colour; the word is the outcome itself
    "repaired": ("✓", "green"),
    "suggested": ("?", "bright_blue"),
    "open": ("✗", "red"),
    "waived": ("–", "dim"),
    "shadowed": ("◌", "green"),
    "not_evaluated": ("…", "yellow"),
}
VERDICT_STYLES: Final[dict[Verdict, str]] = {
    "clean": "dim",
    "repaired": "green",
    "review": "red",
    "incomplete": "yellow",
    "rejected": "bold red",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One order as a report shows it: its result, what came in (None where nothing could be read), what is masked.

    `provenance` where a profile made the order of a payload.
    """

    result: Result
    received: JSON | None
    privacy: Privacy
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """What stands under an order's line (`show`, for a width), for which orders, and what those have."""

    show: Callable[[Seen, int], RenderableType]
    wanted: Callable[[Result], bool]
    having: str


def sign_of(finding: Finding) -> tuple[str, str]:
    """A finding's sign and colour: what is open or offered at warning level is amber, at info quiet."""
    sign, style = SIGNS[finding.outcome]
    if finding.outcome == "open" and finding.severity != "error":
        return ("!", "yellow") if finding.severity == "warning" else ("·", "dim")
    return sign, style


@dataclass(slots=True)
class Report:
    """Prints orders as they come, the first `limit` that are worth a look (0: all), then the summary."""

    console: Console
    body: Body
    limit: int = 50
    listed: int = 0
    left_out: int = 0
    file: str = field(default="", init=False)

    def write(self, file: str, seen: Seen) -> None:
        """Prints one order, or counts it as left out."""
        result = seen.result
        if not self.body.wanted(result):
            return
        if self.limit and self.listed >= self.limit:
            self.left_out += 1
            return
        if file != self.file:
            self._print(Text(("" if not self.file else "\n") + file, style="underline"))
            self.file = file
        self.listed += 1
        self._print(headline(result))
        self._print(Padding(self.body.show(seen, self.console.width - 8), (0, 0, 0, 8)))

    def _print(self, what: RenderableType) -> None:
        self.console.print(trimmed(self.console, what), end="")

    @property
    def full(self) -> bool:
        """Whether nothing more is printed before the summary."""
        return bool(self.limit) and self.listed >= self.limit

    def finish(self, tally: Tally, seconds: float) -> None:
        """Prints what was left out, and the summary."""
        if self.left_out:
            self._print(
                Text(
                    f"\n{self.left_out:,} more {_orders(self.left_out)} with {self.body.having}; --limit 0 lists all",
                    "dim",
                )
            )
        if self.listed:
            self._print(Text())
        self._print(summary(tally, seconds, self.console.width))


def headline(result: Result) -> Text:
    """The line of an order: where it stands, its id, its verdict and score."""
    overall = result.score["overall"]
    line = Text(f"{result.line if result.line is not None else '':>6}  ", style="dim")
    line.append(shown(result.received_id) if result.received_id else "(no order id)", style="bold not dim")
    line.append(f"  {result.verdict}", style=f"{VERDICT_STYLES[result.verdict]} not dim")
    if overall is not None:
        line.append(f"  {overall:.2f}", style="not dim")
    return line


def findings(seen: Seen, width: int) -> RenderableType:
    """What the rules said of an order, each with its repair or its candidates."""
    wide = width + 8 >= WIDE
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(min_width=_OUTCOME, no_wrap=True)
    grid.add_column(no_wrap=True)
    if wide:
        grid.add_column(width=_FIELD, overflow="fold")
    grid.add_column(ratio=1, overflow="fold")
    room = width - _OUTCOME - 6 - 4 - (_FIELD + 2 if wide else 0)
    for finding, repair in sorted(paired(seen.result), key=_urgency):
        sign, style = sign_of(finding)
        told = _told(finding, repair, seen.privacy, room)
        if finding.outcome in ("open", "suggested") and (whence := whence_of(finding, seen.provenance)):
            told.append(f"\n{whence}", style="dim italic")
        outcome = Text(f"{sign} {finding.outcome.replace('_', ' ')}", style=style)
        code, name = Text(finding.rule), Text(finding.field, style="cyan")
        grid.add_row(outcome, code, *((name, told) if wide else (Group(name, told),)))
    return grid


def whence_of(finding: Finding, provenance: Provenance | None) -> str:
    """Which part of the payload a finding's field came from; what the profile has to do with it."""
    if provenance is None:
        return ""
    field = finding.field
    for one, place in provenance.overlooked.items():
        if one == field or (finding.cause == "profile" and one.startswith(f"{field}.")):
            return f"the payload has {place}, which the profile {provenance.profile} does not map"
    places = ", ".join(provenance.origin.get(field, ()))
    if finding.cause == "profile":
        return f"made by the profile {provenance.profile}{f', from {places}' if places else ''}"
    return f"from {places}" if places else ""


def _urgency(pair: tuple[Finding, Repair | None]) -> int:
    """What keeps the order comes first, then what else is left to do, then what is done."""
    finding, _ = pair
    if finding.outcome not in ("open", "suggested", "not_evaluated"):
        return 2
    return 0 if finding.severity == "error" else 1


def paired(result: Result) -> Iterator[tuple[Finding, Repair | None]]:
    """Each finding with the repair that answers it."""
    left = list(result.repairs)
    for finding in result.findings:
        repair = None
        if finding.outcome in ("repaired", "shadowed"):
            about = (*finding.fields, finding.field)
            repair = next(
                (
                    one
                    for one in left
                    if one.rule == finding.rule and any(change.field.startswith(about) for change in one.changes)
                ),
                None,
            )
        if repair is not None:
            left.remove(repair)
        yield finding, repair


def _told(finding: Finding, repair: Repair | None, privacy: Privacy, room: int) -> Text:
    """The message; behind it, or under it where there is no room, what becomes of the field."""
    told = Text(privacy.message(finding))
    if repair is not None:
        for change in repair.changes:
            name = "" if change.field == finding.field else f"{relative(change.field, finding.field)}: "
            piece = Text.assemble((name, "cyan"))
            piece.append_text(changed(change, privacy))
            told.append("  " if len(told.plain.rpartition("\n")[2]) + len(piece) + 2 <= room else "\n")
            told.append_text(piece)
    for place, suggestion in enumerate(finding.suggestions, 1):
        told.append("\n")
        told.append_text(_offered(place, suggestion, finding, privacy))
    if finding.note:
        told.append(f"\n{finding.note}", style="dim italic")
    return told


def _offered(place: int, suggestion: Suggestion, finding: Finding, privacy: Privacy) -> Text:
    changes = [
        ("" if field == finding.field else f"{relative(field, finding.field)} ") + cut(value)
        for field, value in privacy.changes(suggestion.changes).items()
    ]
    line = Text.assemble((f"{place} ", "dim"), (", ".join(changes), "bright_blue"), f"  {suggestion.confidence:.2f}")
    evidence = privacy.evidence(suggestion.changes, suggestion.evidence)
    if evidence:
        line.append(f"  {evidence}", style="dim")
    return line


def relative(field: str, other: str) -> str:
    """A field as it is called beside another: `city` beside `ship_to.address.postal_code`."""
    parent = other.rpartition(".")[0]
    return field[len(parent) + 1 :] if parent and field.startswith(parent + ".") else field


def changed(change: Change, privacy: Privacy) -> Text:
    """What a field held and what it holds now, on one line."""
    if privacy.hides(change.field):
        return Text("(masked)", style="dim")
    before, after = beside(*(privacy.masked(change.field, value) for value in (change.before, change.after)))
    return Text.assemble((cut(before), "strike dim"), (" → ", "dim"), (cut(after), "green"))


def cut(value: object) -> str:
    """A value on one line, cut where it is long."""
    text = shown(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def summary(tally: Tally, seconds: float, width: int) -> RenderableType:
    """Orders by verdict, and the rules that spoke most, as bars."""
    head = Text(f"{tally.orders:,} {_orders(tally.orders)}", style="bold")
    for verdict in VERDICTS:
        if tally.verdicts[verdict]:
            head.append(" · ", style="dim not bold")
            head.append(f"{tally.verdicts[verdict]:,} {verdict}", style=f"{VERDICT_STYLES[verdict]} not bold")
    head.append(f" · {seconds:.1f} s", style="dim not bold")
    if not tally.rules:
        return head
    most = sorted(tally.rules.items(), key=lambda pair: (-pair[1], pair[0]))[:_TOP]
    longest = most[0][1]
    bar = max(8, min(_BAR, width - 62))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(max_width=34, overflow="ellipsis", no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(width=bar, no_wrap=True)
    if width >= WIDE:
        grid.add_column(style="dim", no_wrap=True)
    for (code, name), count in most:
        cells = [Text(code), Text(name), Text(f"{count:,}"), Text(blocks(count / longest * bar), style="bright_black")]
        if width >= WIDE:
            outcomes: list[Outcome] = [outcome for outcome in SIGNS if tally.outcomes[code, outcome]]
            said = " · ".join(f"{tally.outcomes[code, one]:,} {one.replace('_', ' ')}" for one in outcomes)
            cells.append(Text(said, style="dim"))
        grid.add_row(*cells)
    lines: list[RenderableType] = [head, "", Padding(grid, (0, 0, 0, 2))]
    if len(tally.rules) > _TOP:
        lines.append(Text(f"  and {len(tally.rules) - _TOP} more rules", style="dim"))
    return Group(*lines)


def blocks(length: float) -> str:
    """A bar of so many columns, to an eighth of one; never nothing for something."""
    eighths = max(1, round(length * 8))
    return "█" * (eighths // 8) + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths % 8]


def _orders(count: int) -> str:
    return "order" if count == 1 else "orders"
