"""`make bench`: how quick the engine, the parse and the service are, each beside what it is measured against.

Figures are for reading: a missed bar fails nothing, since machines differ and are busy.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson

from dq_service.app import open_app
from dq_service.settings import Settings
from tests.bench.engine import engine, one_line, parse
from tests.bench.http import SERVER_CORE, http_lines, on_core
from tests.bench.keep import BARS, keep_lines
from tests.bench.orders import Maker, lay_out
from tests.bench.report import table
from tests.bench.start import start_lines

PARTS = ("engine", "parse", "http", "keep", "start")
COUNT = 24_000  # more than what the engine remembers, so that each order is a new one to it
IN_PROCESS = 8_000


def main(arguments: Sequence[str]) -> int:
    """Runs the parts asked for, prints their tables; 0."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="dq-bench-") as folder:
        data = options.data or Path(folder) / "data"
        now = datetime.now(UTC)
        if options.orders:
            raws = options.orders.read_bytes().splitlines()
        else:
            maker = Maker(options.seed, now)
            raws = [orjson.dumps(order) for order in maker.orders(COUNT)]
            if not options.data:
                lay_out(data, maker)
        parts = options.parts or PARTS
        print(f"{len(raws):,} orders, Python {sys.version.split()[0]}, {os.cpu_count()} cores")
        if "engine" in parts or "parse" in parts:
            _in_process(parts, data, raws[:IN_PROCESS], options.partner, options.as_of or now)
        if "http" in parts:
            lines, remarks = http_lines(data, raws, options.partner)
            print(table("HTTP: one worker on one core", "plain /echo", lines), *remarks, sep="\n")
        if "keep" in parts:
            for dialect in BARS:
                lines, remarks = keep_lines(dialect, data, raws)
                print(table(f"Keeping: one worker, {dialect}", "plain /commit", lines), *remarks, sep="\n")
        if "start" in parts:
            print(table("Start", "", start_lines(data, raws[0], options.partner)))
    return 0


def _in_process(parts: Sequence[str], data: Path, raws: Sequence[bytes], partner: str, as_of: datetime) -> None:
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    on_core(SERVER_CORE)
    app = open_app(Settings.from_environment(os.environ, data))
    rules = len(app.engine.rulebook.rules)
    if "engine" in parts:
        print(table(f"Engine: {rules} rules, CPU an order", "libraries", engine(app, raws, partner, as_of)))
    if "parse" in parts:
        lines = list(dict.fromkeys(one_line(orjson.loads(raw)) for raw in raws))
        print(table("Parse: CPU an address", "usaddress", parse(lines)))
    if cores:
        os.sched_setaffinity(0, cores)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").partition("\n")[0])
    options.add_argument("parts", nargs="*", metavar="PART", help=f"of {' '.join(PARTS)}; all without")
    options.add_argument(
        "--orders", type=Path, metavar="FILE", help="NDJSON to measure with, instead of made-up orders"
    )
    options.add_argument("--data", type=Path, metavar="DIR", help="the data folder; made up without")
    options.add_argument("--partner", default="", metavar="NAME", help="who sends the orders; else as they say")
    options.add_argument("--as-of", type=datetime.fromisoformat, metavar="INSTANT", help="the clock; now without")
    options.add_argument("--seed", type=int, default=1, help="of the made-up orders")
    found = options.parse_args(arguments)
    for part in found.parts:
        if part not in PARTS:
            options.error(f"no part '{part}'; there are {', '.join(PARTS)}")
    return found


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
