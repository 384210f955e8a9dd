"""The table that a run prints: each figure beside what it is compared with, and its bar."""

from collections.abc import Sequence
from dataclasses import dataclass

PLAIN, OURS, RATIO, BAR = 14, 14, 8, 14  # widths


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison. A bar that is not met is marked; it fails nothing, since machines differ."""

    what: str
    plain: str
    ours: str
    ratio: float | None = None  # ours to plain, or ours to the bar's own limit
    bar: str = ""
    met: bool | None = None


def figure(value: float, unit: str) -> str:
    """A number with three digits that matter and its unit."""
    shown = f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return f"{shown} {unit}"


def table(title: str, plain: str, lines: Sequence[Line]) -> str:
    """The lines under a title; `plain` names what ours is compared with."""
    width = max(len(line.what) for line in lines) + 2
    out = [f"\n{title}", f"{'':{width}}{plain:>{PLAIN}}{'ours':>{OURS}}{'ratio':>{RATIO}}  bar"]
    for line in lines:
        ratio = "" if line.ratio is None else f"{line.ratio:.2f}"
        mark = "" if line.met is None else "  ok" if line.met else "  missed"
        out.append(f"{line.what:{width}}{line.plain:>{PLAIN}}{line.ours:>{OURS}}{ratio:>{RATIO}}  {line.bar}{mark}")
    return "\n".join(part.rstrip() for part in out)
