"""What a check costs, beside the libraries that any checker of addresses and phones would call.

Both run on one core over the same new orders, a slice each in turn; figures are CPU time, medians over the slices.
"""

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime
from statistics import median
from time import process_time_ns
from typing import Any, TypeVar

import orjson
import phonenumbers
import usaddress

from dq_service.app import App
from dq_service.intake.json_text import read, write
from dq_service.parsing import address
from tests.bench.report import Line, figure

SLICES = 10
T = TypeVar("T")


def engine(app: App, raws: Sequence[bytes], partner: str, as_of: datetime) -> list[Line]:
    """The engine over orders as bytes: with reading and writing, and alone."""
    found = app.partner_of(orjson.loads(raws[0]), partner)

    def whole(raw: bytes) -> None:
        write(app.engine.check(read(raw), as_of=as_of, partner=found).to_json())

    def alone(order: Any) -> None:
        app.engine.check(order, as_of=as_of, partner=found)

    for raw in raws[: len(raws) // 10]:  # what is compiled and opened at first use
        libraries(raw)
        whole(raw)
    fresh = raws[len(raws) // 10 :]
    floor, ours = compared(libraries, whole, fresh[: len(fresh) // 2])
    _, checked = compared(lambda raw: None, alone, [orjson.loads(raw) for raw in fresh[len(fresh) // 2 :]])
    return [
        Line(
            "read, check, write",
            figure(floor, "µs"),
            figure(ours, "µs"),
            ours / floor,
            "≤ 0.80 (aim 0.50)",
            ours <= 0.8 * floor,
        ),
        Line("check alone", figure(floor, "µs"), figure(checked, "µs"), checked / floor),
    ]


def parse(lines: Sequence[str]) -> list[Line]:
    """Our reading of an address beside the library whose model it uses."""

    def plain(line: str) -> None:
        try:
            usaddress.tag(line)
        except usaddress.RepeatedLabelError:
            usaddress.parse(line)

    floor, ours = compared(plain, address.parse, lines)
    return [
        Line("one-line address", figure(floor, "µs"), figure(ours, "µs"), ours / floor, "≤ 0.45", ours / floor <= 0.45)
    ]


def libraries(raw: bytes) -> None:
    """The floor: the JSON, the one-line address tagged, the phone parsed and validated."""
    order = orjson.loads(raw)
    party = order.get("ship_to")
    party = party if isinstance(party, dict) else {}
    with contextlib.suppress(usaddress.RepeatedLabelError):
        usaddress.tag(one_line(order))
    with contextlib.suppress(phonenumbers.NumberParseException):
        phonenumbers.is_valid_number(phonenumbers.parse(str(party.get("phone") or ""), "US"))


def one_line(order: Any) -> str:
    """The recipient's address in one line, with what there is of it."""
    party = order.get("ship_to")
    parts = party.get("address") if isinstance(party, dict) else None
    if not isinstance(parts, dict):
        return ""
    line1, line2, city, state, code = (
        str(parts.get(name) or "") for name in ("line1", "line2", "city", "state", "postal_code")
    )
    return f"{line1} {line2}, {city}, {state} {code}"


def compared(plain: Callable[[T], object], ours: Callable[[T], object], things: Sequence[T]) -> tuple[float, float]:
    """Microseconds of CPU a thing that each of the two takes."""
    size = max(1, len(things) // SLICES)
    slices = [things[start : start + size] for start in range(0, len(things), size)]
    spent: tuple[list[float], list[float]] = ([], [])
    for number, part in enumerate(slices):
        turns = [(plain, spent[0]), (ours, spent[1])]
        for call, figures in turns if number % 2 else turns[::-1]:
            begun = process_time_ns()
            for thing in part:
                call(thing)
            figures.append((process_time_ns() - begun) / len(part) / 1000)
    return median(spent[0]), median(spent[1])
