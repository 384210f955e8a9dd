"""Two values beside each other: what is invisible is seen, what differs is marked, and nothing else."""

from typing import Any

import pytest

from dq_service.cli.difference import beside, difference, shown


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("14205\u00a0Ida Street", "14205‹nbsp›Ida Street"),
        ("Omaha\u200b", "Omaha‹zero width›"),
        (" Omaha ", "␣Omaha␣"),
        ("a  b", "a␣␣b"),
        ("a\tb\r\nc", "a‹tab›b‹return›‹line›c"),
        ("\u202eabc", "‹U+202E›abc"),
        ("Jose\u0301", "Jose‹U+0301›"),
        ("José", "José"),
        ("नमस्ते", "नमस्ते"),
        ("", "(empty)"),
        (None, "(empty)"),
        (68142, "68142"),
        (False, "false"),
        (["a"], '["a"]'),
    ],
)
def test_what_is_invisible_is_seen(value: Any, seen: str) -> None:
    assert shown(value) == seen


def test_a_number_and_its_digits_can_be_told_apart() -> None:
    assert beside(68142, "68142") == (68142, '"68142"')
    assert beside("a", "b") == ("a", "b")
    assert beside("a", None) == ("a", None)


def marked(before: Any, after: Any) -> tuple[str, str]:
    """Both sides with what differs in square brackets."""
    sides = difference(before, after)
    old, new = ("".join(f"[{run.text}]" if run.changed else run.text for run in side) for side in sides)
    return old, new


@pytest.mark.parametrize(
    ("before", "after", "old", "new"),
    [
        ("Omhaa", "Omaha", "Omha[a]", "Om[a]ha"),
        ("68142", "68142-1234", "68142", "68142[-1234]"),
        ("Omaha\u00a0", "Omaha", "Omaha[‹nbsp›]", "Omaha"),
        ("North", "S", "[North]", "[S]"),
        (None, "NE", "[(empty)]", "[NE]"),
        ("n/a", None, "[n/a]", "[(empty)]"),
    ],
)
def test_what_differs_is_marked(before: Any, after: Any, old: str, new: str) -> None:
    assert marked(before, after) == (old, new)
