"""City, state and ZIP: each error told once by its own rule, and what people may write stays."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.engine.engine import Engine
from dq_service.engine.proof import overlaid
from dq_service.engine.rulebook import Rulebook
from dq_service.reference.bundle import Reference
from dq_service.reference.point_rows import PointRows, PointTable, Streets
from dq_service.reference.points import Points
from dq_service.reference.unavailable import Unavailable
from dq_service.result import Result

Check = Callable[..., Result]
NAMES = ("city", "state", "postal_code")


def at(city: Any = "Omaha", state: Any = "NE", postal_code: Any = "68142") -> dict[str, Any]:
    values = zip(NAMES, (city, state, postal_code), strict=True)
    return {f"ship_to.address.{name}": value for name, value in values}


def place(result: Result) -> tuple[Any, ...]:
    assert result.order is not None
    return tuple(result.order["ship_to"]["address"].get(name) for name in NAMES)


def codes(result: Result) -> list[str]:
    return sorted(finding.rule for finding in result.findings)


@pytest.mark.parametrize(
    "written",
    [
        ("OMAHA", "NE", "68142-1234"),
        ("Saint Louis", "MO", "63101"),
        ("St. Louis", "MO", "63101"),
        ("Ft Worth", "TX", "76102"),
        ("Mt. Pleasant", "SC", "29464"),
        ("Ontario", "CA", "91761"),
        ("San Juan", "PR", "00926"),
        ("APO", "AE", "09012"),
    ],
)
def test_right_spellings_stay(check: Check, written: tuple[str, str, str]) -> None:
    result = check(at(*written))
    assert codes(result) == []
    assert place(result) == written


@pytest.mark.parametrize(
    ("written", "rule", "right"),
    [
        (("Omhaa", "NE", "68142"), "ADR021", ("Omaha", "NE", "68142")),
        (("", "NE", "68142"), "ADR022", ("Omaha", "NE", "68142")),
        (("Omaha", "", "68142"), "ADR026", ("Omaha", "NE", "68142")),
        (("Omaha", "Nebraska", "68142"), "ADR028", ("Omaha", "NE", "68142")),
        (("Omaha", "IA", "68142"), "ADR029", ("Omaha", "NE", "68142")),
        (("Boston", "MA", "2108"), "ADR031", ("Boston", "MA", "02108")),
        (("Omaha", "NE", "68I42"), "ADR032", ("Omaha", "NE", "68142")),
    ],
)
def test_each_error_is_told_by_its_own_rule(
    check: Check, written: tuple[str, str, str], rule: str, right: tuple[str, str, str]
) -> None:
    result = check(at(*written))
    assert codes(result) == [rule]
    assert place(result) == right
    (repair,) = result.repairs
    assert set(repair.evidence_fields).isdisjoint(change.field for change in repair.changes)


def test_no_clear_winner_is_one_finding(check: Check) -> None:
    result = check(at("Springfield", "", ""))
    assert codes(result) == ["ADR020"]
    assert place(result) == ("Springfield", "", "")
    assert result.verdict == "review"


@pytest.mark.parametrize("area_code", ["402", "314"])
def test_the_phone_never_decides(check: Check, area_code: str) -> None:
    result = check({**at("Springfield", "", ""), "ship_to.phone": f"+1{area_code}5385759"})
    assert place(result) == ("Springfield", "", "")


def test_another_country_is_left_alone(check: Check) -> None:
    result = check({**at("Guadalajara", "JAL", "44100"), "ship_to.address.country": "MX"})
    assert [code for code in codes(result) if code.startswith("ADR0")] == []


@given(
    st.sampled_from(["Omaha", "Omhaa", "", "Springfield", "Norfolk"]) | st.text("OmahNorflk .-,", max_size=12),
    st.sampled_from(["NE", "", "Nebraska", "XX", "VA"]) | st.text("NEVAbrask. ", max_size=6),
    st.sampled_from(["68142", "", "6814", "23518", "O8142", "99999"]) | st.text("0123456789O-", max_size=10),
)
def test_any_place_gets_an_answer_and_repairs_settle(
    examine: Callable[..., Result], city: str, state: str, postal_code: str
) -> None:
    first = examine(overlaid(at(city, state, postal_code)))
    assert "SYS001" not in codes(first)
    assert place(examine(first.order)) == place(first)


POINTS = [
    {"number": "14205", "street": "Ida St", "postcode": "68142"},
    {"number": "1", "street": "Elm St", "postcode": "68102"},
    {"number": "14205", "street": "Ida St", "postcode": "50309"},  # in Iowa
]


def with_points(reference: Reference, rulebook: Rulebook, table: PointTable | None = None) -> Check:
    table = table or PointRows(POINTS, reference.street_names)
    engine = Engine(rulebook, replace(reference, points=Points(table, reference.street_names)))
    return lambda over: engine.check(overlaid(over), as_of=datetime(2026, 12, 1, 18, tzinfo=UTC))


def best(result: Result) -> tuple[str, float]:
    """The ZIP that is offered first, and how sure it is."""
    (finding,) = result.findings
    return str(finding.suggestions[0].changes["ship_to.address.postal_code"]), finding.suggestions[0].confidence


def test_a_known_street_and_number_name_the_zip(check: Check, reference: Reference, rulebook: Rulebook) -> None:
    plain, known = (best(asked(at(postal_code=""))) for asked in (check, with_points(reference, rulebook)))
    assert known[0] == "68142"
    assert known[1] > 5 * plain[1]


def test_a_number_that_the_points_lack_names_no_zip(check: Check, reference: Reference, rulebook: Rulebook) -> None:
    over = {**at(postal_code=""), "ship_to.address.line1": "14207 Ida Street"}
    assert best(check(over)) == best(with_points(reference, rulebook)(over))


def test_a_box_leans_to_a_zip_of_boxes(check: Check) -> None:
    where = at("Pekin", "IL", "")
    street, box = (check({**where, "ship_to.address.line1": line}) for line in ("14205 Ida Street", "PO Box 12"))
    assert place(street)[2] == "61554"
    offered = [one.changes for finding in box.findings for one in finding.suggestions]
    assert {"ship_to.address.postal_code": "61555"} in offered[:1]


class Unreadable(PointRows):
    """Points in a file that has gone bad."""

    def streets(self, zip5: str) -> Streets:
        raise Unavailable("addresses.sqlite: disk I/O error")

    def zips_with(self, street: str, number: str) -> tuple[str, ...]:
        raise Unavailable("addresses.sqlite: disk I/O error")


def test_points_that_cannot_be_read_leave_the_place_to_be_judged(
    check: Check, reference: Reference, rulebook: Rulebook
) -> None:
    damaged = with_points(reference, rulebook, Unreadable([], reference.street_names))
    assert place(damaged(at("Omhaa"))) == place(check(at("Omhaa"))) == ("Omaha", "NE", "68142")


def test_rules_whose_points_cannot_be_read_are_not_evaluated(reference: Reference, rulebook: Rulebook) -> None:
    result = with_points(reference, rulebook, Unreadable([], reference.street_names))({})
    missed = {finding.rule for finding in result.findings if finding.outcome == "not_evaluated"}
    assert missed == set(result.evaluated.missing) == {rule.code for rule in rulebook.rules if "points" in rule.needs}
