"""Lines of an address with words for the driver in them, and lines that only look so."""

import pytest

from dq_service.parsing import words_in_line
from dq_service.parsing.words_in_line import Split
from dq_service.reference.bundle import Reference


@pytest.mark.parametrize(
    ("line", "split"),
    [
        ("Leave at front door", Split("", "Leave at front door")),
        ("Dog in yard, please use front gate", Split("", "Dog in yard, please use front gate")),
        ("Third floor, elevator on the right", Split("", "Third floor, elevator on the right")),
        ("Apt 4B, leave at door", Split("Apt 4B", "leave at door")),
        ("Apt 4B leave at door", Split("Apt 4B", "leave at door")),
        ("Unit B leave at door", Split("Unit B", "leave at door")),
        ("2nd floor ring bell", Split("2nd floor", "ring bell")),
        ("Do not ring bell, baby sleeping", Split("", "Do not ring bell, baby sleeping")),
        ("Rear Entrance", None),
        ("Use Lumber Co", None),
        ("Ring Road Plaza", None),
        ("Corner of State and Main", None),
        ("Attn: Receiving", None),
        ("Apt 4B", None),
    ],
)
def test_instructions_in_line_2(line: str, split: Split | None, reference: Reference) -> None:
    assert words_in_line.instruction(line, reference) == split


@pytest.mark.parametrize(
    ("line", "split"),
    [
        ("14205 Ida Street, leave at door", Split("14205 Ida Street", "leave at door")),
        ("14205 Ida Street leave at door", Split("14205 Ida Street", "leave at door")),
        ("6600 Fannin, leave at door", Split("6600 Fannin", "leave at door")),
        ("Use East door, 2407 W 56th St", Split("2407 W 56th St", "Use East door")),
        ("Call Box 860", None),
        ("4521 Gate Code Road", None),
    ],
)
def test_instructions_in_line_1_leave_the_street(line: str, split: Split | None, reference: Reference) -> None:
    assert words_in_line.instruction(line, reference, street=True) == split


@pytest.mark.parametrize(
    ("line", "split"),
    [
        ("Gate 4", Split("", "Gate 4")),
        ("Ste 200, Dock 12", Split("Ste 200", "Dock 12")),
        ("905 Dearborn Drive (Door A)", Split("905 Dearborn Drive", "Door A")),
        ("500 Dock St", None),
        ("North Door", None),
        ("12 Bay Street", None),
    ],
)
def test_ways_in(line: str, split: Split | None, reference: Reference) -> None:
    assert words_in_line.way_in(line, reference) == split
