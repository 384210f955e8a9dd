"""The bundle is loaded from its compiled form when that is of these very tables, and from the tables otherwise."""

import shutil
from pathlib import Path

import pytest

from dq_service.intake.reference_import import import_addresses, import_skus
from dq_service.reference import bundle
from dq_service.reference.tables import NAMES
from dq_service.reference.unavailable import Unavailable
from dq_service.reference.whereabouts import tables_folder

SKUS = b"sku,gtin,description,status,replaced_by\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "tables"
    shutil.copytree(tables_folder(), copy, ignore=shutil.ignore_patterns("scripts", "partners", "compiled.marshal"))
    places = (copy / "places.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (copy / "places.csv").write_text("".join(places[:50]), encoding="utf-8")  # few are enough here
    return copy


def never(contents: object) -> dict[str, object]:
    raise AssertionError("compiled again")


def test_compiled_beside_the_tables(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bundle.compile_tables(folder)
    assert path == folder / "compiled.marshal"
    monkeypatch.setattr(bundle, "_compile", never)
    loaded = bundle.load(folder)
    assert loaded.suffixes.standard("Avenue") == "AVE"
    assert loaded.states is loaded.places.states


def test_compiled_into_the_cache(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    first = bundle.load(folder, cache=cache)
    assert len(list(cache.iterdir())) == 1
    monkeypatch.setattr(bundle, "_compile", never)
    assert bundle.load(folder, cache=cache).version == first.version


def test_without_a_cache_nothing_is_written(folder: Path) -> None:
    before = sorted(folder.parent.rglob("*"))
    bundle.load(folder)
    assert sorted(folder.parent.rglob("*")) == before


def test_a_changed_table_is_compiled_again(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = bundle.load(folder, cache=cache)
    with open(folder / "units.csv", "a", encoding="utf-8") as table:
        table.write("cubit,cubit,length,no,457.2\n")
    second = bundle.load(folder, cache=cache)
    assert (first.units.unit("length", "cubit") is None, second.units.unit("length", "cubit") is None) == (True, False)
    assert first.version != second.version


def test_a_damaged_compiled_form_costs_only_time(folder: Path) -> None:
    path = bundle.compile_tables(folder)
    path.write_bytes(path.read_bytes()[:-1000])
    assert bundle.load(folder).countries.code("USA") == "US"


def test_a_missing_table_is_our_own_trouble(folder: Path) -> None:
    (folder / "countries.csv").unlink()
    with pytest.raises(FileNotFoundError):
        bundle.load(folder)


def test_what_is_imported_belongs_to_it(folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    bare = bundle.load(folder, data)
    assert bare.points is None
    assert not bare.catalogs
    (tmp_path / "skus.csv").write_text("sku\nA-1\nA-2\n")
    (tmp_path / "points.csv").write_text("NUMBER,STREET,POSTCODE\n1,Elm St,68142\n")
    import_skus(tmp_path / "skus.csv", "acme", data)
    import_addresses(tmp_path / "points.csv", data, bare.street_names, date="2026-11-24")
    full = bundle.load(folder, data)
    assert full.version.startswith("sha256:")
    assert full.version != bare.version
    assert "A-1" in full.catalogs["acme"]
    assert full.catalogs.get("other") is None
    assert full.points is not None
    assert full.points.has("68142", "Elm Street", "1")
    assert [(row.table, row.rows) for row in full.tables[len(NAMES) :]] == [("addresses", 1), ("skus/acme", 2)]


@pytest.mark.parametrize(
    "damaged",
    [
        b"number,street\n1,Ida\n",
        b"sku,gtin,description,status,replaced_by\nA-1\n",
        b"",
        b"\xff\xfe",
        SKUS + b"A-1,,,,\n" * 2,
    ],
    ids=["other columns", "too few cells", "empty", "no text", "a SKU twice"],
)
def test_a_damaged_catalog_is_there_and_cannot_be_asked(folder: Path, tmp_path: Path, damaged: bytes) -> None:
    skus = tmp_path / "data" / "reference" / "skus"
    skus.mkdir(parents=True)
    (skus / "acme.csv").write_bytes(damaged)
    catalogs = bundle.load(folder, tmp_path / "data").catalogs
    assert "acme" in catalogs
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"acme\.csv is no catalog"):
            catalogs["acme"]


def test_a_catalog_that_is_gone_cannot_be_asked(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "data" / "reference" / "skus" / "acme.csv"
    file.parent.mkdir(parents=True)
    file.write_bytes(SKUS)
    catalogs = bundle.load(folder, tmp_path / "data").catalogs
    file.unlink()
    with pytest.raises(Unavailable, match=r"acme\.csv: No such file"):
        catalogs["acme"]


def test_status_names_every_table(folder: Path) -> None:
    rows = bundle.load(folder).tables
    assert [row.table for row in rows] == list(NAMES)
    assert all(row.rows > 0 and row.date and row.origin and row.version.startswith("sha256:") for row in rows)


def test_a_bundle_can_be_the_key_of_what_is_remembered(folder: Path) -> None:
    one, other = bundle.load(folder), bundle.load(folder)
    assert len({one, other, one}) == 2
