"""What is known of streets, numbers and units, and which street is meant by a misspelt one."""

import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest

from dq_service.intake.reference_import import import_addresses
from dq_service.reference.bundle import Reference
from dq_service.reference.point_rows import PointRows
from dq_service.reference.points import Points
from dq_service.reference.points_file import PointsFile
from dq_service.reference.unavailable import Unavailable

ROWS = """NUMBER,STREET,UNIT,POSTCODE
100,N Maplewood Ave,,68142
102,N Maplewood Ave,,68142
14,Oak St,Apt 1,68142
14,Oak St,Apt 2,68142
54,54th St,,68142
7,Avenue C,,68142
8,N Main St,,68142
9,Lake Dr,,68142
9,Marion Rd,,68142
9,Marian Rd,,68142
12,Forrest Rd,,10001
12,Forest Rd,,68142
"""


@pytest.fixture(scope="module", params=["in a file", "in memory"])
def points(
    request: pytest.FixtureRequest, reference: Reference, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Points]:
    if request.param == "in memory":
        rows = csv.DictReader(StringIO(ROWS.replace("NUMBER,STREET,UNIT,POSTCODE", "number,street,unit,postcode")))
        yield Points(PointRows(rows, reference.street_names), reference.street_names)
        return
    folder = tmp_path_factory.mktemp("data")
    (folder / "in.csv").write_text(ROWS)
    import_addresses(folder / "in.csv", folder, reference.street_names, date="2026-11-25")
    opened = Points(PointsFile(folder / "reference" / "addresses.sqlite"), reference.street_names)
    yield opened
    opened.close()


def test_what_is_known(points: Points) -> None:
    assert "N MAPLEWOOD AVE" in points.streets("68142")
    assert points.streets("99999") == {}
    assert points.covered() == {"10001", "68142"}
    assert points.knows("68142-1234", "north maplewood avenue")
    assert points.has("68142", "North Maplewood Avenue", "100")
    assert not points.has("68142", "North Maplewood Avenue", "101")
    assert not points.has("10001", "North Maplewood Avenue", "100")
    assert points.zips("North Maplewood Avenue", "102") == ("68142",)
    assert points.zips("Forrest Rd", "12") == ("10001",)
    assert points.zips("Forrest Rd", "13") == points.zips("Elm St", "12") == ()
    assert points.units("68142", "Oak Street", "14") == ("Apt 1", "Apt 2")
    assert points.units("68142", "Oak Street", "15") == ()


@pytest.mark.parametrize("street", ["N Maplewod Ave", "North Mapelwood Avenue", "N. Maplwodo Ave"])
def test_a_misspelt_street_that_has_the_number(points: Points, street: str) -> None:
    (found,) = points.near("68142", street, "100")
    assert (found.street, found.name) == ("N MAPLEWOOD AVE", "N Maplewood Ave")
    assert [right for _, right in found.words] == ["MAPLEWOOD"]
    assert not found.known_word


@pytest.mark.parametrize(
    ("street", "number"),
    [
        ("N Maplewod Ave", "101"),  # the street has no such number
        ("S Maplewood Ave", "100"),  # another direction
        ("N Maplewood St", "100"),  # another suffix
        ("50th St", "54"),
        ("Avenue G", "7"),
        ("S Main St", "8"),
        ("Lane Dr", "9"),  # a word of its own
        ("Oka St", "14"),  # too short to tell
        ("N Maplewood Ave", "100"),  # known as it stands
        ("", "9"),
    ],
)
def test_no_misspelling(points: Points, street: str, number: str) -> None:
    assert points.near("68142", street, number) == ()


def test_a_tie_gives_both(points: Points) -> None:
    assert {found.name for found in points.near("68142", "Marien Rd", "9")} == {"Marion Rd", "Marian Rd"}


def test_a_word_known_from_elsewhere_is_told(points: Points) -> None:
    (found,) = points.near("68142", "Forrest Rd", "12")
    assert found.name == "Forest Rd"
    assert found.known_word


def test_a_file_that_is_none_of_ours(tmp_path: Path, reference: Reference) -> None:
    other = tmp_path / "other.sqlite"
    other.write_bytes(b"no database at all, but longer than a header of a hundred bytes would be" * 3)
    with pytest.raises(ValueError, match="no file of address points"):
        PointsFile(other)


@pytest.fixture
def file(reference: Reference, tmp_path: Path) -> Path:
    (tmp_path / "in.csv").write_text(ROWS)
    import_addresses(tmp_path / "in.csv", tmp_path, reference.street_names, date="2026-11-25")
    return tmp_path / "reference" / "addresses.sqlite"


def test_the_file_is_opened_read_only(file: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        PointsFile(file)._connection.execute("DELETE FROM points")


def test_a_file_of_another_version_is_told(file: Path) -> None:
    with closing(sqlite3.connect(file)) as out:
        out.execute("UPDATE about SET value = '1' WHERE name = 'format'")
        out.commit()
    with pytest.raises(ValueError, match="import the addresses again"):
        PointsFile(file)


def test_a_file_damaged_inside_is_unavailable(file: Path, reference: Reference) -> None:
    with closing(sqlite3.connect(file)) as out:
        out.execute("DROP TABLE points")
        out.commit()
    points = Points(PointsFile(file), reference.street_names)
    assert points.knows("68142", "Oak St")
    with pytest.raises(Unavailable, match=r"addresses\.sqlite"):
        points.has("68142", "Oak St", "14")
