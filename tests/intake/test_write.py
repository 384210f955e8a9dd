"""The file once more with the repairs in it: what was not repaired is there byte for byte."""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from dq_service.finding import Change, Repair
from dq_service.intake.files import open_source
from dq_service.intake.write import CannotWrite, Written, harmless, write_fixed
from dq_service.order import JSON, Order

ROWS = (
    "\ufeffOrder #;Ship To Name;Address 1;City;ZIP;SKU;Colour;Phone\r\n"
    'A-1; Zoë ;14205 Ida Street;Omhaa;68142;LMP-1;"=1+1";402-538-5759\r\n'
    "\r\n"
    "A-1;;;;;LMP-2;blue;\r\n"
    'A-2;Ben;"1 Elm St\r\nApt 2";Omaha;68142;LMP-1;@red;\r\n'
)


@dataclass(frozen=True)
class Answer:
    order: JSON | None
    repairs: tuple[Repair, ...] = ()


def fixed(path: Path, *repairs: dict[str, Any], out: str = "") -> tuple[Path, Written]:
    """The file written with these changes, one mapping for each order; each mapping is one repair."""
    source = open_source(path)
    answers = []
    for record, changes in zip(source.records(), repairs, strict=True):
        order = Order(record.order) if record.order is not None else None
        if order is None or not changes:
            answers.append(Answer(record.order))
            continue
        made = tuple(Change(name, order.at(name), value) for name, value in changes.items())
        answers.append(Answer(order.replacing(changes).json, (Repair("ADR021", 1.0, "", (), made),)))
    target = path.parent / (out or f"out-{path.name}")
    return target, write_fixed(target, source, answers)


def saved(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_bytes(text.encode())
    return folder / name


def test_nothing_repaired_is_the_same_file(tmp_path: Path) -> None:
    out, written = fixed(saved(tmp_path, "a.csv", ROWS), {}, {})
    assert out.read_bytes() == ROWS.encode()
    assert written == Written()


def test_only_repaired_cells_change(tmp_path: Path) -> None:
    repair = {"ship_to.address.city": "Omaha", "ship_to.phone": "+14025385759", "items[1].sku": "LMP-22"}
    out, written = fixed(saved(tmp_path, "a.csv", ROWS), repair, {})
    assert out.read_bytes().decode() == ROWS.replace("Omhaa", "Omaha").replace("402-538-5759", "+14025385759").replace(
        "LMP-2;", "LMP-22;"
    ).replace('"=1+1"', "=1+1")  # what came in as a formula goes out as one
    assert (written.orders, written.cells, written.left_out) == (1, 3, set())


def test_a_field_that_was_blank_gets_its_cell(tmp_path: Path) -> None:
    out, _ = fixed(saved(tmp_path, "a.csv", ROWS), {}, {"ship_to.phone": "+14025385759"})
    assert out.read_bytes().decode() == ROWS.replace("@red;", "@red;+14025385759")


def test_a_value_without_a_column_to_go_to_stays_where_it_was(tmp_path: Path) -> None:
    move = {"ship_to.address.line1": "1 Elm St", "ship_to.address.line2": "Apt 2"}
    out, written = fixed(saved(tmp_path, "a.csv", ROWS), {}, move)
    assert out.read_bytes() == ROWS.encode()
    assert written.left_out == set(move)


def test_what_only_adds_a_field_leaves_the_other_repairs_alone(tmp_path: Path) -> None:
    source = open_source(saved(tmp_path, "a.csv", ROWS))
    answers = [Answer(record.order) for record in source.records()]
    order = Order(answers[0].order or {}).replacing({"ship_to.address.country": "US", "ship_to.address.city": "Omaha"})
    country = Repair("ADR071", 1.0, "", (), (Change("ship_to.address.country", None, "US"),))
    city = Repair("ADR021", 1.0, "", (), (Change("ship_to.address.city", "Omhaa", "Omaha"),))
    answers[0] = Answer(order.json, (country, city))
    assert write_fixed(tmp_path / "out.csv", source, answers).left_out == {"ship_to.address.country"}
    assert b";Omaha;68142;LMP-1;=1+1;" in (tmp_path / "out.csv").read_bytes()


def test_repairs_that_were_not_applied_are_not_written(tmp_path: Path) -> None:
    source = open_source(saved(tmp_path, "a.csv", ROWS))
    shadowed = Repair("ADR021", 1.0, "", (), (Change("ship_to.address.city", "Omhaa", "Omaha"),))
    write_fixed(tmp_path / "out.csv", source, [Answer(record.order, (shadowed,)) for record in source.records()])
    assert (tmp_path / "out.csv").read_bytes() == ROWS.encode()


def test_a_name_in_two_columns_is_left_as_it_is(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.csv", "First Name,Last Name,City\r\nADA,OKON,Omaha\r\n")
    out, written = fixed(path, {"ship_to.name": "Ada Okon"})
    assert out.read_bytes() == path.read_bytes()
    assert written.left_out == {"ship_to.name"}


def test_a_character_that_the_encoding_has_not_leaves_the_row_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("Name,City\r\nZoë,Omhaa\r\nBen,Omhaa\r\n".encode("cp1252"))
    out, written = fixed(path, {"ship_to.name": "Zoë 漢"}, {"ship_to.address.city": "Omaha"})
    assert out.read_bytes() == "Name,City\r\nZoë,Omhaa\r\nBen,Omaha\r\n".encode("cp1252")
    assert (written.cells, written.left_out) == (1, {"ship_to.name"})


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_a_file_in_utf_16_stays_one(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("Name,City\r\nZoë,Omhaa\r\nBen,Lincoln\r\n".encode(encoding))
    out, _ = fixed(path, {"ship_to.address.city": "Omaha"}, {})
    assert out.read_bytes() == "Name,City\r\nZoë,Omaha\r\nBen,Lincoln\r\n".encode(encoding)


def test_quotes_around_every_cell_stay(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.csv", '"Name","City"\n"Ada","Omhaa"\n"Ben","Lincoln"\n')
    out, _ = fixed(path, {"ship_to.address.city": "Omaha"}, {})
    assert out.read_text() == '"Name","City"\n"Ada","Omaha"\n"Ben","Lincoln"\n'


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=SUM(A1)", "'=SUM(A1)"),
        ("@cmd", "'@cmd"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("+SUM(1)", "'+SUM(1)"),
        ("\t=1", "'\t=1"),
        ("+14025385759", "+14025385759"),
        ("+1 (402) 538-5759 ext. 12", "+1 (402) 538-5759 ext. 12"),
        ("-41.25", "-41.25"),
        ("-4.1e-05", "-4.1e-05"),
        ("Omaha", "Omaha"),
        ("", ""),
    ],
)
def test_no_repaired_cell_is_a_formula(tmp_path: Path, text: str, cell: str) -> None:
    assert harmless(text) == cell
    out, _ = fixed(saved(tmp_path, "a.csv", "Notes\tCity\nx\tOmaha\n"), {"instructions": text})
    assert out.read_text().splitlines()[1].replace('"', "") == f"{cell}\tOmaha"


def test_json_lines_keep_every_byte_of_what_was_not_repaired(tmp_path: Path) -> None:
    lines = [
        '\ufeff{"order_id":  "A-1"}',
        "",
        '{"order_id": ',
        '{ "order_id": "A 2",  "n": 1180591620717411303424}',
        "[1]",
    ]
    out, written = fixed(saved(tmp_path, "a.ndjson", "\r\n".join(lines)), {}, {}, {"order_id": "A-2"}, {})
    lines[3] = '{"order_id":"A-2","n":1180591620717411303424}'
    assert out.read_bytes().decode() == "\r\n".join(lines)
    assert written.orders == 1


def test_a_list_of_orders_is_changed_in_its_place(tmp_path: Path) -> None:
    document = {"next": 2, "orders": [{"order_id": "é"}, {"order_id": "A 2", "items": []}, {"order_id": "A-3"}]}
    text = json.dumps(document, indent=2, ensure_ascii=False)
    out, _ = fixed(saved(tmp_path, "a.json", text), {}, {"order_id": "A-2"}, {})
    assert out.read_text("utf-8") == text.replace("A 2", "A-2")


def test_a_table_can_be_written_as_orders(tmp_path: Path) -> None:
    out, written = fixed(saved(tmp_path, "a.csv", ROWS), {"ship_to.address.city": "Omaha"}, {}, out="out.ndjson.gz")
    first, second = map(json.loads, gzip.decompress(out.read_bytes()).splitlines())
    assert (first["ship_to"]["address"]["city"], second["order_id"], written.orders) == ("Omaha", "A-2", 1)


def test_the_source_itself_can_be_replaced(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.csv", ROWS)
    path.chmod(0o640)
    fixed(path, {"ship_to.address.city": "Omaha"}, {}, out="a.csv")
    assert b"Omhaa" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o640
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


def test_nothing_stands_there_when_writing_fails(tmp_path: Path) -> None:
    source = open_source(saved(tmp_path, "a.csv", ROWS))
    with pytest.raises(ValueError, match="shorter"):
        write_fixed(tmp_path / "out.csv", source, [])
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


def test_a_workbook_keeps_its_cells_and_formulas(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Order #", "ZIP", "Notes", "Qty"], ["A-1", 2101, "x", 2], ["A-2", 68142, "y", "=1+1"]):
        sheet.append(row)
    book.create_sheet("Other").append(["kept"])
    book.save(tmp_path / "a.xlsx")
    out, written = fixed(tmp_path / "a.xlsx", {"ship_to.address.postal_code": "02101", "instructions": "=1+1"}, {})
    written_book = load_workbook(out)
    rows = [[(cell.value, cell.data_type) for cell in row] for row in written_book.worksheets[0].iter_rows(min_row=2)]
    assert rows == [
        [("A-1", "s"), ("02101", "s"), ("=1+1", "s"), (2, "n")],
        [("A-2", "s"), (68142, "n"), ("y", "s"), ("=1+1", "f")],
    ]
    assert written_book["Other"]["A1"].value == "kept"
    assert written.cells == 2


def test_parquet_is_not_written(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"order_id": ["A-1"]}), tmp_path / "a.parquet")
    with pytest.raises(CannotWrite, match="ndjson"):
        fixed(tmp_path / "a.parquet", {})
    out, _ = fixed(tmp_path / "a.parquet", {"order_id": "A-2"}, out="out.ndjson")
    assert out.read_bytes() == b'{"order_id":"A-2"}\n'


def test_a_folder_that_is_not_there_is_told_by_the_name_that_was_asked_for(tmp_path: Path) -> None:
    source = open_source(saved(tmp_path, "a.csv", ROWS))
    out = tmp_path / "nowhere" / "x.csv"
    with pytest.raises(OSError, match="No such file") as told:
        write_fixed(out, source, [])
    assert told.value.filename == str(out)
