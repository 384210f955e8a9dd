"""`make soak`: minutes of made-up orders through the command line and the server: is one lost, does anything grow?

Exit code 1 where an order was lost or kept twice, a hold ended early or twice, an answer was no 200, a process grew
past `GROWTH` once it was warm, a made-up request found a fault, a server that stopped cut a request off, or an order
costs more in a full database than in an empty one.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Final

import orjson

from tests.bench.http import check_server, running
from tests.bench.load import closed_loop, post
from tests.bench.orders import Maker, lay_out
from tests.soak.asked import asked, stops
from tests.soak.kept import DIALECTS, crashes, growth, histories, holds
from tests.soak.reviews import reviews

PARTS: Final = ("lines", "server", "histories", "crashes", "holds", "growth", "reviews", "asked", "stops")
DAMAGED: Final = 1000  # one line in so many is cut off on its way
WARM: Final = 1 / 3  # of the run, until which caches fill
GROWTH: Final = 32.0  # MB that a warm process may still grow by
KNOWN: Final = 5000  # orders whose addresses are imported as points
ROUNDS: Final = 12
PORT: Final = 18_940


def main(arguments: Sequence[str]) -> int:
    """Runs both; prints what was seen; 1 where it is not what it should be."""
    options = argparse.ArgumentParser(prog="make soak ARGS=", description=__doc__)
    options.add_argument("--orders", type=int, default=300_000, help="lines for the command line (default 300000)")
    options.add_argument("--seconds", type=float, default=120, help="of load on the server (default 120)")
    options.add_argument("--kept", type=int, default=10_000, help="orders kept while it is killed (default 10000)")
    options.add_argument("--kills", type=int, default=20, help="how often each server is killed (default 20)")
    options.add_argument("--filled", type=int, default=1_000_000, help="orders that fill a database (default 1000000)")
    options.add_argument("--made-up", type=int, default=300, help="requests of each kind to each call (default 300)")
    options.add_argument("--stops", type=int, default=10, help="how often a server is told to stop (default 10)")
    options.add_argument("--claims", type=int, default=1000, help="claims at a barrier (default 1000)")
    options.add_argument("--items", type=int, default=100_000, help="open items in the queue (default 100000)")
    options.add_argument("parts", nargs="*", metavar="PART", help=f"of {' '.join(PARTS)}; all without")
    chosen = options.parse_args(arguments)
    for part in chosen.parts:
        if part not in PARTS:
            options.error(f"no part '{part}'; there are {', '.join(PARTS)}")
    parts = chosen.parts or PARTS
    fine = []
    if "histories" in parts:
        fine.append(histories(chosen.kept))
    for dialect in DIALECTS:
        if "crashes" in parts:
            fine.append(crashes(dialect, chosen.kept, chosen.kills))
        if "holds" in parts:
            fine.append(holds(dialect, chosen.kept))
        if "growth" in parts:
            fine.append(growth(dialect, chosen.filled))
        if "reviews" in parts:
            fine.append(reviews(dialect, chosen.items, chosen.claims))
    if "asked" in parts:
        fine.append(asked(chosen.made_up))
    if "stops" in parts:
        fine += [stops(dialect, chosen.stops) for dialect in DIALECTS]
    with tempfile.TemporaryDirectory(prefix="dq-soak-") as folder:
        data, maker = Path(folder) / "data", Maker(7, datetime.now(UTC))
        raws = [orjson.dumps(order) for order in maker.orders(KNOWN)]
        lay_out(data, maker)
        if "lines" in parts:
            fine.append(_lines(data, maker, chosen.orders))
        if "server" in parts:
            fine.append(_server(data, raws, chosen.seconds))
    return 0 if all(fine) else 1


def _lines(data: Path, maker: Maker, count: int) -> bool:
    """`dq check -`: a result for each line, in their order, and the memory on the way."""
    command = [sys.executable, "-m", "dq_service.cli", "check", "-", "--format", "ndjson", "--data", str(data)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    sender = threading.Thread(target=_send, args=(process, maker, count))
    sender.start()
    read = rejected = 0
    held: list[float] = []
    in_order = True
    for read, line in enumerate(process.stdout, 1):
        result = orjson.loads(line)
        in_order = in_order and result["line"] == read
        rejected += result["verdict"] == "rejected"
        if read % max(1, count // 30) == 0:
            held.append(_resident(process.pid))
    sender.join()
    code = process.wait()
    grown = _grown(held)
    print(
        f"dq check -: {read:,} of {count:,} lines, in order: {in_order}, {rejected:,} of {count // DAMAGED:,} damaged,"
    )
    print(f"  exit code {code}, {_told(held)}")
    return read == count and in_order and rejected == count // DAMAGED and code in (0, 1) and grown <= GROWTH


def _send(process: "subprocess.Popen[bytes]", maker: Maker, count: int) -> None:
    assert process.stdin is not None
    with process.stdin as pipe:
        for number, order in enumerate(maker.orders(count), 1):
            raw = orjson.dumps(order)
            pipe.write((raw[: len(raw) // 2] if number % DAMAGED == 0 else raw) + b"\n")


def _server(data: Path, raws: Sequence[bytes], seconds: float) -> bool:
    """The check over HTTP, as fast as it goes: every answer a 200, and the memory after each round."""
    posts = cycle([post("/v1/orders/check", raw) for raw in raws])
    held, answers, refused = [], 0, 0
    with running(check_server(data, PORT), PORT, "/readyz", core=None) as server:
        for _ in range(ROUNDS):
            tally = asyncio.run(closed_loop(PORT, posts, seconds / ROUNDS))
            answers, refused = answers + tally.answers, refused + tally.refused
            held.append(server.resident)
    print(f"dq serve: {answers:,} answers, {refused:,} of them no 200, {_told(held)}")
    return answers > 0 and not refused and _grown(held) <= GROWTH


def _grown(held: Sequence[float]) -> float:
    """MB by which a process grew from when it was warm to the end."""
    return held[-1] - held[int(len(held) * WARM)] if held else 0.0


def _told(held: Sequence[float]) -> str:
    warm = held[int(len(held) * WARM)] if held else 0.0
    return f"{warm:.0f} MB warm, {held[-1] if held else 0.0:.0f} MB at the end (at most {GROWTH:.0f} more)"


def _resident(pid: int) -> float:
    """MB of memory that a process holds now; 0 where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
