"""`--diff`: the fields of an order that changed, before and after, the differing characters marked underneath."""

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from dq_service.cli.difference import FieldDifference, Stretch, difference, differences
from dq_service.cli.privacy import Privacy
from dq_service.cli.report import Seen


def diff(seen: Seen, width: int) -> RenderableType:
    """The changed fields of an order; a line says so where nothing changed."""
    changed = differences(seen.result)
    if not changed:
        return Text("nothing changed", style="dim")
    shadow = [Text("in shadow: what would change", style="dim")] if seen.result.order_if_applied is not None else []
    return Group(*shadow, *(line for one in changed for line in _field(one, seen.privacy, width)))


def _field(one: FieldDifference, privacy: Privacy, width: int) -> list[Text]:
    head = Text.assemble((one.field, "cyan"), (f"  {' '.join(one.rules)}", "dim"))
    if privacy.hides(one.field):
        return [head.append("  (masked)", style="dim")]
    before, after = difference(*(privacy.masked(one.field, value) for value in (one.before, one.after)))
    return [
        head,
        *_side("-", before, "red", "^", width),
        *_side("+", after, "green", "^", width),
    ]


def _side(sign: str, runs: list[Stretch], style: str, mark: str, width: int) -> list[Text]:
    """One side on lines of the width at hand, under each a line of marks where it differs only in part."""
    partly = any(run.changed for run in runs) and not all(run.changed for run in runs)
    room = max(10, width - 2)
    rows: list[tuple[Text, str]] = [(Text(), "")]
    for run in runs:
        for cell in run.text:
            line, marks = rows[-1]
            if cell_len(line.plain) + cell_len(cell) > room:
                line, marks = Text(), ""
                rows.append((line, marks))
            line.append(cell, style=f"bold {style}" if run.changed else "")
            rows[-1] = line, marks + (mark if run.changed else " ") * cell_len(cell)
    out = []
    for place, (line, marks) in enumerate(rows):
        out.append(Text.assemble((f"{sign if place == 0 else ' '} ", style), line))
        if partly and marks.strip():
            out.append(Text(f"  {marks.rstrip()}", style=style))
    return out
