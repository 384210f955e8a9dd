"""Addresses against known points, beyond the rules' own examples: what is not believed, and what is left alone."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from dq_service.checks import points as checks
from dq_service.context import Context
from dq_service.engine.engine import Engine
from dq_service.engine.proof import overlaid
from dq_service.engine.rulebook import Rulebook
from dq_service.intake.reference_import import import_addresses
from dq_service.order import Order
from dq_service.reference.bundle import Reference
from dq_service.reference.points import Points
from dq_service.reference.points_file import PointsFile
from dq_service.result import Result

AS_OF = datetime(2026, 12, 1, 18, tzinfo=UTC)
ROWS = """NUMBER,STREET,UNIT,POSTCODE
801,N Chimneywood Dr,,68142
805,Chimneypot Dr,,68142
62,Calloway Court,,68142
62,Galloway Court,,68142
54,54th St,,68142
9,Lake Dr,,68142
9,Mill St,,68142
12,McKinley Rd,,68142
30,"East Meyer Boulevard, 3-West",,68142
500,Elm St,APT 1,68142
500,Elm St,APT 2,68142
510,Elm St,STE B,68142
510,Elm St,,68142
520,Elm St,STE B,68142
"""
Checked = Callable[..., Result]


@pytest.fixture(scope="module", params=[False, True], ids=["partial", "complete"])
def world(
    request: pytest.FixtureRequest, reference: Reference, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reference]:
    folder = tmp_path_factory.mktemp("data")
    (folder / "in.csv").write_text(ROWS)
    import_addresses(folder / "in.csv", folder, reference.street_names, date="2026-11-25", complete=request.param)
    points = Points(PointsFile(folder / "reference" / "addresses.sqlite"), reference.street_names)
    yield replace(reference, points=points)
    points.close()


@pytest.fixture
def at(world: Reference, rulebook: Rulebook) -> Checked:
    engine = Engine(rulebook, world)

    def checked(line1: str, line2: str = "", **more: Any) -> Result:
        changes = {"ship_to.address.line1": line1, "ship_to.address.line2": line2, **more}
        return engine.check(overlaid(changes), as_of=AS_OF)

    return checked


def line1(result: Result) -> str:
    assert result.order is not None
    return str(result.order["ship_to"]["address"]["line1"])


def told(result: Result) -> set[str]:
    return {finding.rule for finding in result.findings if finding.severity != "info"}


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("801 N Chimnewood Dr", "801 N Chimneywood Dr"),
        ("801 n chimnewood drive", "801 n chimneywood drive"),
        ("801 NORTH CHIMNEYWOD DRIVE", "801 NORTH CHIMNEYWOOD DRIVE"),
        ("12 McKinely Rd", "12 McKinley Rd"),
        ("30 East Meyr Boulevard, 3-West", "30 East Meyer Boulevard, 3-West"),
    ],
)
def test_only_the_misspelt_word_is_replaced_in_the_senders_case(at: Checked, written: str, right: str) -> None:
    result = at(written)
    assert line1(result) == right
    assert line1(at(right)) == right
    (repair,) = [repair for repair in result.repairs if repair.rule == "ADR041"]
    assert set(repair.evidence_fields) == {"ship_to.address.line1", "ship_to.address.postal_code"}


def test_a_unit_beside_the_street_stays_as_it_is(at: Checked) -> None:
    result = at("801 N Chimnewood Dr, Suite 4")
    assert result.order is not None
    address = result.order["ship_to"]["address"]
    assert (address["line1"], address["line2"]) == ("801 N Chimneywood Dr", "Suite 4")


@pytest.mark.parametrize(
    "written",
    [
        "802 N Chimnewood Dr",  # the known street has no such number
        "54 50th St",  # ordinals are never misspelt
        "801 S Chimneywood Dr",  # nor directions
        "9 Lane Dr",  # nor what is a street of its own, maybe: too short to be sure
        "9 Bill St",
        "Chimnewood Dr",
        "PO Box 801",
        "",
    ],
)
def test_what_is_not_believed_stays(at: Checked, written: str) -> None:
    assert line1(at(written)) == written


def test_two_streets_that_fit_are_suggested(at: Checked) -> None:
    result = at("62 Ralloway Court")
    assert line1(result) == "62 Ralloway Court"
    (finding,) = [finding for finding in result.findings if finding.rule == "ADR041"]
    assert {suggestion.changes["ship_to.address.line1"] for suggestion in finding.suggestions} == {
        "62 Calloway Court",
        "62 Galloway Court",
    }


@pytest.mark.parametrize("line", ["500 Elm St", "500 ELM STREET", "520 Elm St"])
def test_a_building_with_units_wants_one(at: Checked, line: str) -> None:
    result = at(line)
    assert told(result) == {"ADR007"}
    assert result.verdict == "review"


@pytest.mark.parametrize(
    ("line", "line2"),
    [
        ("500 Elm St", "Apt 9"),  # a unit that is not among the known ones
        ("500 Elm St", "Rear"),
        ("500 Elm St Apt 2", ""),
        ("500 Elm St #2", ""),
        ("510 Elm St", ""),  # the building itself is a point beside its one unit
        ("540 Elm St", ""),
        ("500 Elm St", "Maintenance Office"),
    ],
)
def test_a_unit_or_a_place_in_the_building_is_enough(at: Checked, line: str, line2: str) -> None:
    assert "ADR007" not in told(at(line, line2))


@pytest.mark.parametrize(("line2", "answered"), [("none", True), ("No unit", True), ("tbd", False), ("xxx", False)])
def test_that_there_is_none_is_an_answer_and_filling_in_is_not(at: Checked, line2: str, answered: bool) -> None:
    assert ("ADR007" not in told(at("500 Elm St", line2))) is answered


def test_an_unknown_number_is_said_loudly_only_of_a_complete_file(world: Reference) -> None:
    assert world.points is not None
    context = Context(AS_OF, world)
    part = Order(overlaid({"ship_to.address.line1": "777 Elm St"})).part("ship_to.address")
    assert checks.marks(part, context) == ("number_unknown",)
    for complete in (False, True):
        seen = checks.number_unknown(part, context, complete=complete)
        assert bool(seen) is (world.points.complete is complete)


def test_a_zip_without_points_is_silent(at: Checked) -> None:
    result = at("801 N Chimnewood Dr", **{"ship_to.address.postal_code": "68144"})
    assert told(result) == set()


def test_a_plain_street_never_asks_the_model(world: Reference, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(text: str) -> Any:
        raise AssertionError(f"the model was asked to read {text!r}")

    monkeypatch.setattr(checks, "parse", never)
    context = Context(AS_OF, world)
    for line in ("801 N Chimneywood Dr", "802 N Chimneywood Dr", "9 Unheard Street", "500 Elm St Apt 2"):
        part = Order(overlaid({"ship_to.address.line1": line})).part("ship_to.address")
        checks.marks(part, context)
