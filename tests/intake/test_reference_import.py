"""Catalogs and address points are brought into the data folder whole, or not at all."""

from pathlib import Path

import pytest

from dq_service.intake.reference_import import import_addresses, import_skus
from dq_service.reference.bundle import Reference
from dq_service.reference.catalog_file import load_catalog
from dq_service.reference.point_rows import plain_postal
from dq_service.reference.points import Points
from dq_service.reference.points_file import PointsFile

SKUS = "sku,gtin,description,status,replaced_by\n"
POINTS = "LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH\n"


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_skus(tmp_path: Path) -> None:
    source = written(
        tmp_path / "in.csv",
        SKUS + "LMP-1,0 566518-735679,a  lamp,Active,\n,,nameless,,\nLMP-1,,again,,\nTV-1,6.2E+12,tv,retired,TV-9\n",
    )
    report = import_skus(source, "acme", tmp_path)
    assert report.rows == 2
    assert [(remark.line, remark.why) for remark in report.skipped] == [
        (3, "no SKU"),
        (4, "the SKU 'LMP-1' stands twice"),
    ]
    assert report.reasons == {"no SKU": 1, "stands twice": 1}
    assert [remark.line for remark in report.remarks] == [5, 0]
    catalog = load_catalog(tmp_path / "reference" / "skus" / "acme.csv")
    lamp = catalog.get("LMP-1")
    assert lamp is not None
    assert (lamp.gtin, lamp.description, lamp.retired) == ("0566518735679", "a lamp", False)
    retired = catalog.get("TV-1")
    assert retired is not None
    assert retired.retired
    assert retired.gtin == ""


def test_only_the_sku_column_is_needed(tmp_path: Path) -> None:
    assert import_skus(written(tmp_path / "in.csv", "\ufeffSKU\nA-1\n"), "acme", tmp_path).rows == 1


@pytest.mark.parametrize(
    ("text", "partner", "why"),
    [
        ("gtin,description\n1,a\n", "acme", "no column sku"),
        ("sku,colour\nA-1,red\n", "acme", "unknown columns 'colour'"),
        ("sku,sku\nA-1,A-2\n", "acme", "stands twice"),
        ("", "acme", "no column sku"),
        (SKUS, "acme", "no article"),
        (SKUS + "A-1,,,,\n", "../acme", "no name for a partner"),
    ],
)
def test_a_file_that_cannot_be_a_catalog(tmp_path: Path, text: str, partner: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        import_skus(written(tmp_path / "in.csv", text), partner, tmp_path)
    assert not list(tmp_path.glob("reference/skus/*"))


def test_a_catalog_edited_by_hand_is_read_anew(tmp_path: Path) -> None:
    import_skus(written(tmp_path / "in.csv", SKUS + "A-1,,,,\n"), "acme", tmp_path)
    path = tmp_path / "reference" / "skus" / "acme.csv"
    assert "B-2" not in load_catalog(path)
    written(path, SKUS + "B-2,,,,\n")
    assert "B-2" in load_catalog(path)
    path.with_suffix(".marshal").write_bytes(path.with_suffix(".marshal").read_bytes()[:40])
    assert "B-2" in load_catalog(path)


def test_addresses(tmp_path: Path, reference: Reference) -> None:
    source = written(
        tmp_path / "in.csv",
        POINTS
        + "-96,41,14205,Ida St,,Omaha,,NE,68142,1,\n"
        + "-96,41,14205,IDA STREET,,Omaha,,NE,68142-1234,2,\n"
        + "-96,41,,Ida St,,Omaha,,NE,68142,3,\n"
        + "-96,41,7,Ida St,,Omaha,,NE,,4,\n"
        + "-71,42,9,Elm St,,Boston,,MA,2108,5,\n",
    )
    told: list[int] = []
    report = import_addresses(source, tmp_path, reference.street_names, date="2026-11-25", progress=told.append)
    assert report.rows == 2
    assert report.reasons == {"no number": 1, "no postal code": 1}
    assert [remark.line for remark in report.skipped] == [4, 5]
    points = Points(PointsFile(tmp_path / "reference" / "addresses.sqlite"), reference.street_names)
    assert (points.rows, points.date, points.complete) == (2, "2026-11-25", False)
    assert points.has("02108", "Elm Street", "9")
    points.close()


def test_points_of_before_stay_when_an_import_fails(tmp_path: Path, reference: Reference) -> None:
    names = reference.street_names
    good = written(tmp_path / "in.csv", POINTS + "-96,41,14205,Ida St,,Omaha,,NE,68142,1,\n")
    import_addresses(good, tmp_path, names, date="2026-11-25", complete=True)
    for text, why in ((POINTS, "no row"), ("NUMBER,STREET\n1,Elm St\n", "no column postcode")):
        with pytest.raises(ValueError, match=why):
            import_addresses(written(tmp_path / "bad.csv", text), tmp_path, names, date="2026-11-26")
    assert [path.name for path in (tmp_path / "reference").iterdir()] == ["addresses.sqlite"]
    points = Points(PointsFile(tmp_path / "reference" / "addresses.sqlite"), names)
    assert points.complete
    assert points.date == "2026-11-25"
    points.close()


def test_bytes_that_are_no_text_are_skipped(tmp_path: Path, reference: Reference) -> None:
    source = written(
        tmp_path / "in.csv",
        POINTS.encode() + b"-96,41,1,Caf\xe9 St,,Omaha,,NE,68142,1,\n-96,41,2,Elm St,,,,NE,68142,2,\n",
    )
    report = import_addresses(source, tmp_path, reference.street_names, date="2026-11-25")
    assert (report.rows, report.reasons) == (1, {"not UTF-8": 1})


@pytest.mark.parametrize(
    ("text", "postal_code"),
    [("68142", "68142"), ("2108", "02108"), ("68142-1234", "68142"), ("681421234", "68142"), ("21081234", "02108"),
     ("2108.0", "02108"), ("k1a0b1", "K1A 0B1"), ("", ""), ("12", ""), ("Omaha", "")],
)  # fmt: skip
def test_postal_codes_of_points(text: str, postal_code: str) -> None:
    assert plain_postal(text) == postal_code
