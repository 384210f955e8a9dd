"""A place in a line: look-alikes that stay, moves that lose nothing, several at once."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.engine.proof import overlaid
from dq_service.result import Result
from tests.conftest import FIELDS, address, at

Check = Callable[..., Result]


def words(values: dict[str, str]) -> Counter[str]:
    return Counter(word.casefold() for value in values.values() for word in re.findall(r"\w+", value))


@pytest.mark.parametrize(
    "fields",
    [
        {"line1": "14205 Omaha Street"},
        {"line1": "1 Washington Ave", "city": "New York", "state": "NY", "postal_code": "10001"},
        {"line1": "4201 Iowa City Rd", "city": "Iowa City", "state": "IA", "postal_code": "52240"},
        {"line1": "380 W 2880 S", "line2": "", "city": "Salt Lake City", "state": "UT", "postal_code": "84115"},
        {"line1": "208 Richmond Townhouse Rd", "line2": "", "city": "Carolina", "state": "RI", "postal_code": "02812"},
    ],
)
def test_what_stands_rightly_stays(check: Check, fields: dict[str, str]) -> None:
    result = check(at(**fields))
    assert [finding.rule for finding in result.findings] == []
    assert result.verdict == "clean"


def test_all_in_one_line_with_a_unit(check: Check) -> None:
    empty = dict.fromkeys(("line2", "city", "state", "postal_code"), "")
    result = check(at(line1="14205 Ida Street Apt 4B, Omaha, NE 68142", **empty))
    assert address(result) == {
        "line1": "14205 Ida Street",
        "line2": "Apt 4B",
        "city": "Omaha",
        "state": "NE",
        "postal_code": "68142",
    }
    assert result.verdict == "repaired"


def test_another_place_in_the_line_is_a_persons_choice(check: Check) -> None:
    result = check(at(line1="14205 Ida Street, Norfolk, VA 23518"))
    assert address(result)["line1"] == "14205 Ida Street, Norfolk, VA 23518"
    assert result.verdict == "review"


RIGHT = {"line1": "14205 Ida Street", "line2": "Apt 4B", "city": "Omaha", "state": "NE", "postal_code": "68142"}
PLACES = ("Omaha", "NE", "Nebraska", "68142", "Omaha, NE 68142", "Omaha NE", "NE 68142")
UNITS = ("", "Apt 4B", "Ste 200", "# 4")
ENDS = ("", "Omaha", "Omaha, NE 68142", "NE 68142", "USA", "Omaha, NE 68142, USA")


@st.composite
def displaced(draw: st.DrawFn) -> dict[str, str]:
    """A right address of which some fields are empty, one place field holds something else, and the lines hold more."""
    fields = {name: draw(st.sampled_from((value, ""))) for name, value in RIGHT.items()}
    fields[draw(st.sampled_from(FIELDS[2:]))] = draw(st.sampled_from(PLACES))
    ends = draw(st.sampled_from(UNITS)), draw(st.sampled_from(ENDS))
    fields["line1"] = ", ".join(filter(None, (RIGHT["line1"], *ends)))
    return fields


@given(displaced())
def test_moving_loses_no_word_and_settles(examine: Callable[..., Result], fields: dict[str, str]) -> None:
    first = examine(overlaid(at(**fields)))
    assert "SYS001" not in {finding.rule for finding in first.findings}
    after = address(first)
    filled = " ".join(after.values()).casefold()
    for word in words(fields):
        # What stood in the order still stands there, if only once; a country in a line may go, and a state's name
        # is its code.
        assert word in filled or word in ("usa", "nebraska"), (fields, after)
    assert address(examine(first.order)) == after
