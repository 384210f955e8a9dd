"""Proves on a table of addresses that our reading has usaddress's labels and probability, and measures both.

    python tests/parsing/prove_equality.py addresses.csv[.gz] [ROWS]

Columns: address1, address2, city, state, zip. Each row is read in one line and as its lines alone. Exit code 1 when
any reading differs.
"""

import csv
import gzip
import sys
import time
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

import usaddress

from dq_service.parsing import address, crf

TOLERANCE = 1e-9


def texts(path: Path, rows: int | None) -> tuple[list[str], list[str]]:
    """Each row of the table in one line, and as its address lines alone."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as table:
        whole, lines = [], []
        for row in islice(csv.DictReader(table), rows):
            line = " ".join(part for part in (row["address1"], row["address2"]) if part)
            lines.append(line[: address.LONGEST])
            whole.append(f"{line}, {row['city']}, {row['state']} {row['zip']}"[: address.LONGEST])
    return whole, lines


def compare(lines: Iterable[str]) -> tuple[int, int, float]:
    """How many texts were read, how many readings differ, and the largest difference of probability."""
    read = different = 0
    largest = 0.0
    for line in lines:
        tokens = usaddress.tokenize(line)
        if not tokens:
            different += crf.tokenize(line) != []
            continue
        labels = usaddress.TAGGER.tag(usaddress.tokens2features(tokens))
        probability = usaddress.TAGGER.probability(labels)
        ours_tokens = crf.tokenize(line)
        ours, confidence = crf.label(ours_tokens)
        read += 1
        largest = max(largest, abs(confidence - probability))
        if (ours_tokens, ours) != (tokens, labels) or abs(confidence - probability) > TOLERANCE:
            different += 1
    return read, different, largest


def stock(line: str) -> None:
    try:  # noqa: SIM105 (contextlib.suppress would be measured too)
        usaddress.tag(line)
    except usaddress.RepeatedLabelError:
        pass


def ours(line: str) -> None:
    address.parse(line)


def seconds(read: Callable[[str], None], lines: Iterable[str]) -> float:
    begun = time.process_time()
    for line in lines:
        read(line)
    return time.process_time() - begun


def race(lines: list[str]) -> tuple[float, float]:
    """Seconds of the processor that usaddress and we need, in turns of a thousand lines, so that both meet one load."""
    theirs = mine = 0.0
    for start in range(0, len(lines), 1000):
        theirs += seconds(stock, lines[start : start + 1000])
        mine += seconds(ours, lines[start : start + 1000])
    return theirs, mine


def main() -> int:
    path, rows = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None
    failures = 0
    for form, lines in zip(("one line", "lines only"), texts(path, rows), strict=True):
        distinct = list(dict.fromkeys(lines))
        read, different, largest = compare(distinct)
        failures += different
        print(f"{form}: {read} read, {different} different, largest difference of probability {largest:.1e}")
        address._parse.cache_clear()
        crf._grammar.cache_clear()
        theirs, mine = race(distinct)
        print(
            f"  usaddress.tag {theirs / len(distinct) * 1e6:.1f} us, parse {mine / len(distinct) * 1e6:.1f} us, "
            f"ratio {mine / theirs:.3f} (nothing remembered at the start, every text once)"
        )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
