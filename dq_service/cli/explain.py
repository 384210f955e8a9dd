"""`--explain`: one order narrated stage by stage: what was read, which rules spoke, what they did, what it came to."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dq_service.app import App
from dq_service.cli.diff import diff
from dq_service.cli.privacy import Privacy
from dq_service.cli.report import Seen, changed, cut, paired, relative, sign_of, whence_of
from dq_service.engine.rule import Stage
from dq_service.finding import Finding, Repair
from dq_service.intake.record import Provenance
from dq_service.order import Order
from dq_service.parsing.address import AddressReading, parse
from dq_service.parsing.country import country_of
from dq_service.parsing.private_text import without_codes
from dq_service.reference.resolution import FIELDS, PlaceCandidate, Resolution
from dq_service.reference.resolver import resolve
from dq_service.result import Result

_PARTIES: Final = ("ship_from", "ship_to")
_STAGES: Final[Mapping[Stage, str]] = {
    "tidy": "characters and types",
    "arrange": "things in the wrong field",
    "resolve": "against what we know",
    "judge": "nothing changes any more",
}
_WIDTH: Final = 9  # columns of a stage's name

Step = tuple[str, RenderableType]  # what stands at the left edge, and what was said


def narrator(app: App, with_diff: bool) -> Callable[[Seen, int], RenderableType]:
    """What tells an order's way through the engine."""

    def narrate(seen: Seen, width: int) -> RenderableType:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=_WIDTH, no_wrap=True)
        table.add_column(ratio=1, overflow="fold")
        for name, said in _steps(app, seen):
            table.add_row(Text(name, style="bold"), said)
        return Group(table, diff(seen, width)) if with_diff else table

    return narrate


def _steps(app: App, seen: Seen) -> Iterator[Step]:
    result, received = seen.result, seen.received
    if received is None or result.order is None:
        yield "read", Text(result.findings[0].message)
        yield "verdict", _verdict(result, seen.privacy)
        return
    if seen.provenance is not None:
        yield "profile", _mapped(seen.provenance)
    order = Order(received)
    stages = {rule.code: rule.stage for rule in app.engine.rulebook.rules}
    for stage, about in _STAGES.items():
        if stage == "resolve":
            for place, line in enumerate(_readings(app, order)):
                yield ("" if place else "read"), line
        said = [pair for pair in paired(result) if stages.get(pair[0].rule, "judge") == stage]
        quiet = Text(f"{about}: nothing to say", style="dim")
        for place, line in enumerate([_spoke(seen, *pair) for pair in said] or [quiet]):
            yield ("" if place else stage), line
        order = _repaired(order, [one for one in result.repairs if stages.get(one.rule) == stage])
        if stage == "resolve":
            yield "last look", _looked_again(result)
    yield "verdict", _verdict(result, seen.privacy)


def _mapped(provenance: Provenance) -> Text:
    """What a profile took from where."""
    line = Text(provenance.profile, style="bold")
    width = max(map(len, provenance.origin), default=0)
    for name, places in provenance.origin.items():
        line.append(f"\n  {name:<{width}}", style="cyan not bold")
        line.append(f"  {', '.join(places)}", style="dim not bold")
    made = [name for name in provenance.answers_for if name not in provenance.overlooked]
    if made:
        line.append(f"\n  it answers for {', '.join(made)}", style="dim not bold")
    for name, place in provenance.overlooked.items():
        line.append(f"\n  {place} may be {name}, and is not mapped", style="yellow not bold")
    return line


def _repaired(order: Order, repairs: list[Repair]) -> Order:
    """The order as the next stage sees it."""
    for repair in repairs:
        order = order.replacing({change.field: change.after for change in repair.changes})
    return order


def _readings(app: App, order: Order) -> Iterator[Text]:
    """How the address of each party is read, and which place its city, state and ZIP name."""
    for party in _PARTIES:
        address = order.part(f"{party}.address")
        lines = ", ".join(filter(None, (address.text("line1"), address.text("line2"))))
        if lines:
            yield _address(party, parse(lines), lines)
        asked = [address.text(name) for name in FIELDS]
        if any(asked) and country_of(address, app.engine.reference) == "US":
            place = resolve(*asked, places=app.engine.reference.places)
            yield _place(party, ", ".join(map(cut, asked)), place)


def _address(party: str, reading: AddressReading, lines: str) -> Text:
    """The parts of the lines of an address with how sure the reading is."""
    units = ", ".join(" ".join(filter(None, unit)) for unit in reading.occupancies)
    parts = {
        "number": reading.number,
        "before": reading.predirectional,
        "street": reading.street,
        "type": reading.suffix,
        "after": reading.postdirectional,
        "unit": units,
        "box": reading.po_box,
        "place": reading.place,
    }
    line = Text.assemble((f"{party} ", "cyan"), (reading.kind.replace("_", " "), ""))
    for name, value in parts.items():
        if value:
            line.append(f" · {name} ", style="dim")
            line.append(cut(without_codes(value, within=lines)))
    return line.append(f"  {reading.confidence:.2f}", style="dim")


def _place(party: str, asked: str, place: Resolution) -> Text:
    line = Text.assemble((f"{party} ", "cyan"), asked, (" → ", "dim"))
    if place.agrees:
        return line.append("one place", style="green")
    candidates = place.candidates or ((place.settled,) if place.settled else ())
    if not candidates:
        return line.append("no place fits" if place.unsettled else "one place, with a note", style="yellow")
    for number, candidate in enumerate(candidates):
        if number:
            line.append("\n  or ", style="dim")
        line.append_text(_candidate(candidate))
    return line


def _candidate(candidate: PlaceCandidate) -> Text:
    named = f"{candidate.city}, {candidate.state} {candidate.postal_code}"
    return Text.assemble(named, f"  {candidate.probability:.3f}", (f"  {candidate.evidence}", "dim"))


def _spoke(seen: Seen, finding: Finding, repair: Repair | None) -> Text:
    """What a rule said, and what it did about it."""
    sign, style = sign_of(finding)
    line = Text.assemble(
        (f"{sign} {finding.rule} ", style),
        (finding.name, "bold"),
        (f"  {finding.field}", "cyan"),
        f"  {seen.privacy.message(finding)}",
    )
    if repair is not None:
        done = "would change" if finding.outcome == "shadowed" else "changed"
        for change in repair.changes:
            line.append(f"\n  {done} {relative(change.field, finding.field)}: ", style="dim")
            line.append_text(changed(change, seen.privacy))
        evidence = seen.privacy.evidence([change.field for change in repair.changes], repair.evidence)
        because = f"  {repair.confidence:.3f}{f', {evidence}' if evidence else ''}"
        line.append(because, style="dim")
        if repair.evidence_fields:
            line.append(f" ({', '.join(repair.evidence_fields)})", style="dim")
    for suggestion in finding.suggestions:
        changes = ", ".join(
            f"{relative(field, finding.field)} {cut(value)}"
            for field, value in seen.privacy.changes(suggestion.changes).items()
        )
        line.append("\n  offers ", style="dim")
        line.append(changes, style="bright_blue")
        evidence = seen.privacy.evidence(suggestion.changes, suggestion.evidence)
        line.append(f"  {suggestion.confidence:.3f}{f', {evidence}' if evidence else ''}", "dim")
    if finding.outcome in ("open", "not_evaluated"):
        line.append(f"  {finding.severity}, {finding.outcome.replace('_', ' ')}", style="dim")
    if whence := whence_of(finding, seen.provenance):
        line.append(f"\n  {whence}", style="dim italic")
    if finding.note:
        line.append(f"\n  {finding.note}", style="dim italic")
    return line


def _looked_again(result: Result) -> Text:
    fields = list(dict.fromkeys(change.field for repair in result.repairs for change in repair.changes))
    if not fields:
        return Text("nothing changed, so nobody looks again", style="dim")
    standing = [
        one.rule
        for one in result.findings
        if one.outcome not in ("repaired", "shadowed") and not {*one.fields}.isdisjoint(fields)
    ]
    still = f"{', '.join(dict.fromkeys(standing))} still see something" if standing else "their rules are content"
    return Text(f"{len(fields)} field{'' if len(fields) == 1 else 's'} changed: {', '.join(fields)}; {still}")


def _verdict(result: Result, privacy: Privacy) -> Text:
    line = Text(result.verdict, style="bold")
    hold = result.hold
    action = f"hold until {hold.until}, then {hold.then}: {privacy.why(result)}" if hold else result.action
    line.append(f" · {action}", style="not bold")
    before, after = result.score["overall"], result.score_after["overall"]
    if before is not None and after is not None:
        scores = f"score {before:.2f}" + (f", {after:.2f} as it goes on" if after != before else "")
        line.append(f"\n{scores}", style="dim not bold")
    parts = [f"{name} {share:.2f}" for name, share in result.score.items() if name != "overall" and share is not None]
    if parts:
        line.append(f" · {' · '.join(parts)}", style="dim not bold")
    if result.evaluated.missing:
        line.append(f"\nnot asked: {', '.join(result.evaluated.missing)}", style="yellow not bold")
    return line
