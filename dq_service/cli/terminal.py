"""The terminal: what is printed for people, its width and colours, and progress while they wait."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.segment import Segments

PIPED_WIDTH: Final = 120  # columns where nobody looks; lines stay long enough for grep
_PATIENCE: Final = 0.5  # seconds before progress is shown
_OFTEN: Final = 0.1  # seconds between two looks at it


def out() -> "Console":
    """Standard output for people: plain text in a pipe, colour on a terminal unless NO_COLOR says otherwise."""
    from rich.console import Console

    piped = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Console(highlight=False, markup=False, emoji=False, width=PIPED_WIDTH if piped else None)


def trimmed(console: "Console", what: "RenderableType") -> "Segments":
    """What is to be printed, without the blanks that tables put at the ends of lines."""
    from rich.segment import Segment, Segments

    kept: list[Segment] = []
    for line in console.render_lines(what, pad=False):
        while line and not line[-1].text.strip():
            line.pop()
        if line:
            kept += [*line[:-1], Segment(line[-1].text.rstrip(), line[-1].style)]
        kept.append(Segment.line())
    return Segments(kept)


def show(what: "RenderableType") -> None:
    """Prints something for people on standard output."""
    console = out()
    console.print(trimmed(console, what), end="")


@contextmanager
def progress(
    what: str, total: float | None = None, *, wanted: Callable[[], bool] = lambda: True
) -> Iterator[Callable[[float], None]]:
    """A bar on standard error, after a moment, where that is a terminal; hands out a function that moves it on.

    While `wanted` says no, something else is being printed on the same screen.
    """
    if not sys.stderr.isatty():
        yield lambda _step: None
        return
    bar = _Bar(what, total, wanted)
    try:
        yield bar.move
    finally:
        bar.stop()


class _Bar:
    """The bar; rich is imported only once somebody has waited."""

    def __init__(self, what: str, total: float | None, wanted: Callable[[], bool]) -> None:
        self._what = what
        self._total = total
        self._wanted = wanted
        self._done = 0.0
        self._next = time.monotonic() + _PATIENCE
        self._shown: tuple[Callable[[float], None], Callable[[], None]] | None = None

    def move(self, step: float) -> None:
        self._done += step
        now = time.monotonic()
        if now < self._next or not self._wanted():
            return
        self._next = now + _OFTEN
        if self._shown is None:
            self._shown = self._start()
        self._shown[0](self._done)

    def stop(self) -> None:
        if self._shown is not None:
            self._shown[1]()

    def _start(self) -> tuple[Callable[[float], None], Callable[[], None]]:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f}" if self._total is None else "{task.percentage:.0f} %"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        task = bar.add_task(self._what, total=self._total)
        bar.start()
        return lambda done: bar.update(task, completed=done), bar.stop
