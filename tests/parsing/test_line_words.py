"""A quick look misses nothing: where it says that a line lacks the words, no pattern finds anything."""

import random
import re
from collections.abc import Iterator

import pytest

from dq_service.parsing import access_codes, lines, words_in_line
from dq_service.parsing.line_words import beginnings, lacks
from dq_service.reference.bundle import Reference

# The patterns themselves tell which words they look for.
SPEAKING = (
    lines._ASKS, lines._ASKS_WITHIN, words_in_line._ASKS, words_in_line._WAY_IN, access_codes._BARE,
    *(pattern for _, pattern in access_codes._GIVEN),
)  # fmt: skip
NO_STREET = (lines._BOX, lines._ROUTE, lines._CANADIAN_ROUTE, lines._MILITARY, lines._GENERAL_DELIVERY, lines._BOX_WORD)
FILLING = ("the", "to", "is", "12", "4B", "#4521", "on", "main", "with", "front", "door", "code", "box", "1 2 3 4 5")


def _written(patterns: tuple[re.Pattern[str], ...], words: tuple[str, ...]) -> Iterator[str]:
    """Lines of words that stand beside each other in a pattern, alone, glued, and among others."""
    chance = random.Random(7)
    for pattern in patterns:
        found = re.findall(r"(?<!\\)[A-Za-z]{1,}", pattern.pattern)
        for place in range(len(found)):
            for size in (1, 2, 3):
                run = found[place : place + size]
                yield " ".join(run)
                yield "".join(run) + " 12 3"
                for _ in range(2):
                    more = [chance.choice((*words, *found)) for _ in range(3)]
                    yield " ".join([more[0], *run, *more[1:]])
                    yield f"14205 Ida {' '.join(run)} {more[1]}, {more[2]}"
                    yield ", ".join([*run, more[0]]) + " #12"


def test_a_silent_line_has_no_word_for_the_driver(reference: Reference) -> None:
    silent = spoken = 0
    for line in _written(SPEAKING, FILLING):
        found = any(
            words_in_line.instruction(line, reference, street=street)
            or words_in_line.code(line, reference, street=street)
            for street in (True, False)
        ) or words_in_line.way_in(line, reference)
        spoken += bool(found)
        silent += words_in_line.is_silent(line)
        assert not (found and words_in_line.is_silent(line)), line
    assert min(silent, spoken) > 100  # both happen


def test_a_line_that_may_be_no_street_is_looked_at() -> None:
    missed = found = 0
    for line in _written(NO_STREET, FILLING):
        other = bool(
            lines.box(line)
            or lines.box_without_number(line)
            or lines.is_military(line)
            or lines.is_route(line)
            or lines.is_general_delivery(line)
        )
        found += other
        missed += not lines.may_be_no_street(line)
        assert not other or lines.may_be_no_street(line), line
    assert min(found, missed) > 100


def test_a_line_without_a_designator_ends_with_no_unit(reference: Reference) -> None:
    ending = lines._unit_patterns(reference)[0]
    for word in sorted(reference.designators.words):
        for unit in (word, word.lower(), f"{word}.", f"{word}#", f"{word} No."):
            for line in (f"12 Ida Ter, {unit} 4B", f"12 Ida Ter {unit}4", f"Ida-{unit} 4"):
                if "#" not in line and lacks(line, lines._unit_words(reference)):
                    assert ending.fullmatch(line) is None, line


@pytest.mark.parametrize(
    ("line", "is_lacking"),
    [
        ("148 S Broadway", True),
        ("12 PLEASANT ST", False),  # begins as `please` does
        ("12please", False),
        ("Déposer à la porte", False),  # what is not ASCII may be anything
        ("12 Apple Ln", True),
    ],
)
def test_words_are_told_by_their_beginnings(line: str, is_lacking: bool) -> None:
    assert lacks(line, beginnings("please do")) is is_lacking
