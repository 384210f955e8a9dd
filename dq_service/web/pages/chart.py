"""Charts as SVG, made here: no script, colours by class, a gap where nothing was measured."""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from dq_service.service.scorecards import Card, Day, Mean

WIDTH: Final = 720
HEIGHT: Final = 176
_LEFT, _RIGHT, _TOP, _BOTTOM = 32, 104, 8, 24
_APART: Final = 16  # between two labels at the end of their lines


def trend(days: Sequence[Day]) -> Markup:
    """The score of each day, as received with its interval as a band, and as sent on; from 0 to 100."""
    cards = [day.card for day in days]
    received, sent = (_runs(cards, name) for name in ("received", "sent"))
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(days) - 1)
    parts = [
        f'<svg class="trend" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Score by day, '
        'as received and as sent on; the table below has its numbers">'
    ]
    for value in (0, 50, 100):
        y = _y(value / 100)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="axis" x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{value}</text>')
    for run in received:
        parts.append(f'<polygon class="band" points="{_band(run, step)}"/>')
    for name, runs in (("sent", sent), ("received", received)):
        parts += [_line(run, step, name) for run in runs]
    parts += _labels(received, sent, step)
    first, last = days[0].day, days[-1].day
    parts.append(f'<text class="axis" x="{_LEFT}" y="{HEIGHT - 4}">{first.day} {first:%b}</text>')
    if last != first:
        end = WIDTH - _RIGHT
        parts.append(f'<text class="axis" x="{end}" y="{HEIGHT - 4}" text-anchor="end">{last.day} {last:%b}</text>')
    return Markup("".join([*parts, "</svg>"]))  # numbers and dates alone


def bar(count: int, most: int) -> Markup:
    """A bar from zero, as long as `count` of `most`."""
    length = 0 if most <= 0 else max(0.5, 100 * count / most)
    return Markup(
        '<svg class="bar-of" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{length:.1f}" height="8"/></svg>'
    )


_Run = list[tuple[int, Mean]]


def _runs(cards: Sequence[Card | None], name: str) -> list[_Run]:
    """The days one after another that have a score."""
    runs: list[_Run] = [[]]
    for place, card in enumerate(cards):
        mean: Mean | None = None if card is None else getattr(card, name)["overall"]
        if mean is None or mean.mean is None:
            runs.append([])
        else:
            runs[-1].append((place, mean))
    return [run for run in runs if run]


def _y(value: float) -> float:
    return round(_TOP + (1 - value) * (HEIGHT - _TOP - _BOTTOM), 1)


def _x(place: int, step: float) -> float:
    return round(_LEFT + place * step, 1)


def _band(run: _Run, step: float) -> str:
    upper = [f"{_x(place, step)},{_y(mean.high or 0)}" for place, mean in run]
    lower = [f"{_x(place, step)},{_y(mean.low or 0)}" for place, mean in reversed(run)]
    return " ".join(upper + lower)


def _line(run: _Run, step: float, name: str) -> str:
    points = [(_x(place, step), _y(mean.mean or 0)) for place, mean in run]
    if len(points) == 1:
        return f'<circle class="{name}" cx="{points[0][0]}" cy="{points[0][1]}" r="2.5"/>'
    return f'<polyline class="{name}" points="{" ".join(f"{x},{y}" for x, y in points)}"/>'


def _labels(received: list[_Run], sent: list[_Run], step: float) -> list[str]:
    """What each line is and where it ends, beside its end; apart where they end close together."""
    ends = [(runs[-1][-1][1], name, word) for runs, name, word in
            ((sent, "sent", "sent on"), (received, "received", "received")) if runs]  # fmt: skip
    out, above = [], -100.0
    for mean, name, word in ends:
        y = max(_y(mean.mean or 0) + 4, above + _APART)
        above = y
        told = f"{word} {(mean.mean or 0) * 100:.0f}"
        out.append(f'<text class="{name}" x="{WIDTH - _RIGHT + 8}" y="{y}">{told}</text>')
    return out
