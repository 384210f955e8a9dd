"""Files of every format become the same orders, and no line is lost."""

import datetime as dt
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import Workbook

from dq_service.intake.csv_text import LONGEST
from dq_service.intake.files import open_source, read_lines, read_orders
from dq_service.intake.json_text import BOM
from dq_service.intake.record import Record

ORDER = {
    "order_id": "ACME-100042",
    "ship_to": {
        "name": "Aisha Martinez",
        "address": {"line1": "14205 Ida Street", "city": "Omaha", "postal_code": "68142"},
    },
    "items": [{"sku": "LMP-1496-R9", "quantity": 2}],
}
HEADINGS = ["Order #", "Ship To Name", "Address 1", "City", "ZIP", "SKU", "Qty"]
CELLS = ["ACME-100042", "Aisha Martinez", "14205 Ida Street", "Omaha", "68142", "LMP-1496-R9", "2"]


def saved(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def table(*rows: list[str], delimiter: str = ",", newline: str = "\r\n") -> str:
    return "".join(delimiter.join(row) + newline for row in rows)


def read(path: Path, **how: Any) -> list[Record]:
    return list(read_orders(path, **how))


def book(folder: Path, *rows: list[Any], formats: dict[str, str] | None = None) -> Path:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for place, pattern in (formats or {}).items():
        sheet[place].number_format = pattern
    workbook.create_sheet("Second").append(["City"])
    workbook.save(folder / "orders.xlsx")
    return folder / "orders.xlsx"


# --- JSON --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "lines"),
    [
        ("a.ndjson", json.dumps(ORDER) + "\n\n" + json.dumps(ORDER) + "\n", [1, 3]),
        ("a.jsonl", "\ufeff" + json.dumps(ORDER), [1]),
        ("a.json", json.dumps(ORDER, indent=2), [1]),
        ("a.json", json.dumps(ORDER) + "\n" + json.dumps(ORDER), [1, 2]),
        ("a.json", "[\n" + json.dumps(ORDER) + ",\n\n" + json.dumps(ORDER, indent=1) + "]", [2, 4]),
        ("a.json", json.dumps({"next": None, "orders": [ORDER, ORDER]}), [1, 1]),
        ("a", json.dumps([ORDER]), [1]),
        ("a", json.dumps(ORDER), [1]),
    ],
)
def test_json_in_all_its_wrappings(tmp_path: Path, name: str, content: str, lines: list[int]) -> None:
    records = read(saved(tmp_path, name, content))
    assert [(record.line, record.order) for record in records] == [(line, ORDER) for line in lines]


def test_a_broken_line_concerns_no_other(tmp_path: Path) -> None:
    good = json.dumps(ORDER).encode()
    raw = b"\n".join([good, b'{"order_id": 1', b"[1]", b'{"a": 1, "a": 2}', b'"\xff"', good])
    for name in ("a.ndjson", "a.json", "a"):
        records = read(saved(tmp_path, name, raw))
        assert [record.line for record in records] == [1, 2, 3, 4, 5, 6]
        assert [record.order for record in records] == [ORDER, None, None, None, None, ORDER]
        assert [record.trouble.line for record in records if record.trouble] == [2, 3, 4, 5]
        assert [record.raw.strip() for record in records if record.raw] == raw.split(b"\n")


def test_a_broken_order_in_a_list_concerns_no_other(tmp_path: Path) -> None:
    records = read(saved(tmp_path, "a.json", f'[{json.dumps(ORDER)},\n{{"a": 1,\n "a": 2}}, 7,\n{json.dumps(ORDER)}]'))
    assert [record.order for record in records] == [ORDER, None, None, ORDER]
    assert [str(record.trouble) for record in records if record.trouble] == [
        "a key stands twice in one object (line 3, column 2)",
        "it is JSON, but no object (line 3)",
    ]


def test_a_broken_document_is_one_record(tmp_path: Path) -> None:
    (record,) = read(saved(tmp_path, "a.json", '{"order_id": "ACME-100042",\n "ship_to": {'))
    assert record.order is None
    assert str(record.trouble) == "it ends too early (line 2, column 14)"


def test_a_huge_line_is_passed_over() -> None:
    raw = json.dumps(ORDER).encode() + b"\n" + b'{"a": "' + b"x" * (2 * LONGEST) + b'"}\n' + json.dumps(ORDER).encode()
    first, huge, last = read_lines(io.BytesIO(raw).readline)
    assert (first.order, huge.order, last.order) == (ORDER, None, ORDER)
    assert (huge.line, last.line, last.start) == (2, 3, raw.rindex(b"\n") + 1)
    assert "longer than 10,000,000 bytes" in str(huge.trouble)


@example([b"\xef\xbb\xbf"])
@example([b"\xef\xbb\xbf", b""])
@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=8))
def test_every_line_that_is_not_blank_is_a_record(lines: list[bytes]) -> None:
    records = list(read_lines(io.BytesIO(b"\n".join(lines)).readline))
    assert [record.line for record in records] == [
        place for place, line in enumerate(lines, 1) if line.removeprefix(BOM).strip()
    ]
    assert all((record.order is None) == (record.trouble is not None) for record in records)


# --- text tables -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", list(",;\t|"))
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str, newline: str) -> None:
    cells = [*CELLS[:1], "Zoë Müller", *CELLS[2:]]
    text = table(HEADINGS, cells, ["B", *cells[1:]], delimiter=delimiter, newline=newline)
    first, second = read(saved(tmp_path, "a.csv", text.encode(encoding)))
    assert first.order is not None
    assert first.order["ship_to"]["name"] == "Zoë Müller"
    assert second.line == 3


def test_a_row_is_an_order(tmp_path: Path) -> None:
    (record,) = read(saved(tmp_path, "a.csv", table(HEADINGS, CELLS)))
    assert record.order == ORDER
    assert (record.line, record.trouble, record.raw) == (2, None, table(CELLS).encode())


def test_lines_in_quotes_belong_to_their_row(tmp_path: Path) -> None:
    rows = table(["Order #", "Notes"], ["A-1", '"ring\r\nthe ""bell"""'], ["A-2", "none"])
    first, second = read(saved(tmp_path, "a.csv", rows))
    assert first.order == {"order_id": "A-1", "instructions": 'ring\r\nthe "bell"'}
    assert (first.line, second.line) == (2, 4)


@pytest.mark.parametrize("rest", ["", "\r\n"])
def test_a_quote_that_never_closes_costs_its_own_line_only(tmp_path: Path, rest: str) -> None:
    rows = table(["Order #", "Notes", "City"], ["A-1", '"ring', "Omaha"], ["A-2", "x", "Omaha"], ["A-3", "y", "Omaha"])
    records = read(saved(tmp_path, "a.csv", rows.rstrip() + rest))
    assert [record.line for record in records] == [2, 3, 4]
    assert [record.order and record.order["order_id"] for record in records] == [None, "A-2", "A-3"]
    assert "never closed" in str(records[0].trouble)
    assert records[0].raw == b'A-1,"ring,Omaha\r\n'


def test_two_stray_quotes_swallow_no_rows(tmp_path: Path) -> None:
    rows = [["Order #", "Notes", "City"], ["A-1", '"ring', "Omaha"], ["A-2", "x", "Omaha"], ["A-3", '"y', "Omaha"]]
    records = read(saved(tmp_path, "a.csv", table(*rows)))
    assert [(record.line, record.order is None) for record in records] == [(2, True), (3, False), (4, True)]


def test_rows_too_short_or_too_long_are_read_and_told(tmp_path: Path) -> None:
    long, short = read(saved(tmp_path, "a.csv", table(HEADINGS, [*CELLS, "one", "two"], ["B", *CELLS[1:3]])))
    assert long.order == {**ORDER, "extra": {"surplus": ["one", "two"]}}
    assert str(long.trouble) == "too many cells: 9 where the headings are 7 (line 2)"
    assert short.order == {"order_id": "B", "ship_to": {"name": CELLS[1], "address": {"line1": CELLS[2]}}}
    assert str(short.trouble) == "too few cells: 3 where the headings are 7 (line 3)"


def test_unmatched_columns_are_kept_untouched(tmp_path: Path) -> None:
    (record,) = read(
        saved(tmp_path, "a.csv", table(["Order #", "Colour", "Colour", "Fax"], ["A-1", " red ", "blue", ""]))
    )
    assert record.order == {"order_id": "A-1", "extra": {"Colour": " red ", "Colour (2)": "blue"}}


def test_titles_and_excels_first_line_are_passed_over(tmp_path: Path) -> None:
    rows = "Orders of today;;;;;;\r\n\r\n" + table(HEADINGS, CELLS, delimiter=";")
    assert [(r.line, r.order) for r in read(saved(tmp_path, "a.csv", rows))] == [(4, ORDER)]
    rows = "sep=;\r\n" + table(HEADINGS, CELLS, delimiter=";")
    assert [(r.line, r.order) for r in read(saved(tmp_path, "b.csv", rows))] == [(3, ORDER)]


def test_a_file_without_headings_loses_no_row(tmp_path: Path) -> None:
    records = read(saved(tmp_path, "a.csv", table(["Ada", "68142"], ["Ben", "68143"], ["Cy", "68144"])))
    assert records[0].order == {
        "ship_to": {"address": {"postal_code": "68142"}},
        "extra": {"Column 1": "Ada"},
    }
    assert len(records) == 3


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("items[0].quantity", "2", 2),
        ("items[0].quantity", "2.0", "2.0"),
        ("items[0].quantity", "two", "two"),
        ("items[0].unit_price", "19.90", 19.9),
        ("items[0].unit_price", "$19.90", "$19.90"),
        ("ship_to.address.latitude", "-41.25", -41.25),
        ("signature_required", "Yes", True),
        ("signature_required", "0", False),
        ("signature_required", "maybe", "maybe"),
        ("ship_to.address.postal_code", "02101", "02101"),
        ("window.start", "12/2/2026", "12/2/2026"),
        ("ship_to.name", " Ada ", " Ada "),
    ],
)
def test_text_stays_text_where_it_is_not_plainly_a_value(tmp_path: Path, field: str, cell: str, value: Any) -> None:
    (record,) = read(saved(tmp_path, "a.csv", table([field, "order_id"], [cell, "A-1"])))
    assert record.order is not None
    found: Any = record.order
    for step in field.replace("[0]", ".0").split("."):
        found = found[int(step) if step.isdecimal() else step]
    assert found == value
    assert type(found) is type(value)


# --- rows of one order -------------------------------------------------------------------------------------------


def items(record: Record) -> list[str]:
    assert record.order is not None
    return [item["sku"] for item in record.order["items"]]


def test_rows_of_one_order_are_one_order(tmp_path: Path) -> None:
    rows = [["Order #", "City", "SKU"], ["1", "Omaha", "A"], ["2", "Omaha", "B"], ["1", "", "C"], ["1", "OMAHA ", "D"]]
    first, second = read(saved(tmp_path, "a.csv", table(*rows)))
    assert (items(first), items(second)) == (["A", "C", "D"], ["B"])
    assert (first.line, second.line) == (2, 3)


def test_rows_whose_parties_differ_are_different_orders(tmp_path: Path) -> None:
    rows = [["Order #", "City", "SKU"], ["1", "Omaha", "A"], ["1", "Lincoln", "B"], ["1", "Omaha", "C"]]
    assert [items(record) for record in read(saved(tmp_path, "a.csv", table(*rows)))] == [["A", "C"], ["B"]]


def test_rows_without_items_or_without_an_id_are_an_order_each(tmp_path: Path) -> None:
    assert len(read(saved(tmp_path, "a.csv", table(["Order #", "City"], ["1", "Omaha"], ["1", "Omaha"])))) == 2
    assert len(read(saved(tmp_path, "b.csv", table(["Order #", "SKU"], ["", "A"], ["", "B"])))) == 2


def test_what_differs_between_the_rows_stays_with_its_item(tmp_path: Path) -> None:
    rows = [
        ["Order #", "SKU", "Colour", "Shop", "Status"],
        ["1", "A", "red", "Web", "open"],
        ["1", "B", "blue", "Web", "sent"],
    ]
    (record,) = read(saved(tmp_path, "a.csv", table(*rows)))
    assert record.order is not None
    assert record.order["status"] == "open"
    assert record.order["items"] == [
        {"sku": "A", "extra": {"Colour": "red"}},
        {"sku": "B", "extra": {"Status": "sent", "Colour": "blue"}},
    ]
    assert record.order["account"] == "Web"


def test_numbered_item_columns(tmp_path: Path) -> None:
    rows = [
        ["Order #", "Item 1 SKU", "Item 1 Qty", "Item 2 SKU", "Item 3 SKU", "Item 3 Qty"],
        ["1", "A", "2", "", "C", "4"],
    ]
    (record,) = read(saved(tmp_path, "a.csv", table(*rows)))
    assert record.order == {"order_id": "1", "items": [{"sku": "A", "quantity": 2}, {"sku": "C", "quantity": 4}]}


def test_a_package_that_every_row_repeats_is_one(tmp_path: Path) -> None:
    rows = [
        ["Order #", "SKU", "Weight", "Weight Unit"],
        ["1", "A", "2.5", "lb"],
        ["1", "B", "2.5", "lb"],
        ["2", "C", "1", "lb"],
    ]
    first, _ = read(saved(tmp_path, "a.csv", table(*rows)))
    assert first.order is not None
    assert first.order["packages"] == [{"weight": {"value": 2.5, "unit": "lb"}}]


# --- workbooks, Parquet, packed files, standard input ------------------------------------------------------------


def test_a_workbook_is_read_as_it_is_shown(tmp_path: Path) -> None:
    headings = ["Order #", "ZIP", "Phone", "Qty", "Delivery Date", "Window Start", "Notes", "SKU", None]
    cells = [
        100042,
        2101,
        4025385759.0,
        3,
        dt.datetime(2026, 12, 2),
        dt.datetime(2026, 12, 2, 10),
        "=1+1",
        "LMP-1",
        None,
    ]
    path = book(tmp_path, ["Orders of today"], headings, cells, formats={"B3": "00000", "E3": "m/d/yy", "F3": "h:mm"})
    (record,) = read(path)
    assert record.line == 3
    assert record.order == {
        "order_id": "100042",
        "ship_to": {"address": {"postal_code": "02101"}, "phone": "4025385759"},
        "items": [{"quantity": 3, "sku": "LMP-1"}],
        "window": {"start": "2026-12-02T10:00:00"},
        "extra": {"Delivery Date": "2026-12-02"},
    }


def test_a_sheet_can_be_named(tmp_path: Path) -> None:
    path = book(tmp_path, HEADINGS, CELLS)
    assert read(path, sheet="Second") == []
    (record,) = read(path, sheet="Third")
    assert "no such sheet" in str(record.trouble)


@pytest.mark.parametrize("raw", [b"PK\x03\x04 no workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PAR1 no parquet"])
def test_a_damaged_file_is_one_record(tmp_path: Path, raw: bytes) -> None:
    (record,) = read(saved(tmp_path, "a.bin", raw))
    assert record.order is None
    assert record.trouble is not None


def test_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = {"order_id": ["A-1", "A-2"], "zip": [2101, None], "placed_at": [dt.datetime(2026, 12, 1, 9), None]}
    nested = {"ship_from": [{"name": "Acme"}, None], "Colour": ["red", "blue"]}
    parquet.write_table(pyarrow.table({**columns, **nested}), tmp_path / "a.parquet")
    first, second = read(tmp_path / "a.parquet")
    assert first.order == {
        "order_id": "A-1",
        "ship_to": {"address": {"postal_code": "2101"}},
        "placed_at": "2026-12-01T09:00:00",
        "ship_from": {"name": "Acme"},
        "extra": {"Colour": "red"},
    }
    assert (second.line, second.order) == (2, {"order_id": "A-2", "extra": {"Colour": "blue"}})


def test_packed_files(tmp_path: Path) -> None:
    whole = gzip.compress(table(HEADINGS, CELLS).encode())
    assert [record.order for record in read(saved(tmp_path, "a.csv.gz", whole))] == [ORDER]
    lines = gzip.compress(b"".join(json.dumps({"order_id": f"A-{n * n}"}).encode() + b"\n" for n in range(9000)))
    records = read(saved(tmp_path, "b.ndjson.gz", lines[: len(lines) // 2]))
    assert len(records) > 1000
    assert records[-1].order is None
    assert "damaged" in str(records[-1].trouble)


class Pipe:
    def __init__(self, raw: bytes) -> None:
        self.buffer = io.BytesIO(raw)


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (json.dumps(ORDER) + "\n" + json.dumps(ORDER), None),
        (json.dumps(ORDER) + "\n" + json.dumps(ORDER), "ndjson"),
        (json.dumps([ORDER, ORDER], indent=1), None),
        (table(HEADINGS, CELLS, ["B", *CELLS[1:]]), None),
    ],
)
def test_standard_input(monkeypatch: pytest.MonkeyPatch, content: str, format: Any) -> None:
    monkeypatch.setattr("sys.stdin", Pipe(content.encode()))
    assert len(list(read_orders("-", format))) == 2
    monkeypatch.setattr("sys.stdin", Pipe(content.encode()))
    source = open_source("-", format)
    assert [record.order for record in source.records()] == [record.order for record in source.records()]


def test_an_empty_file_holds_no_order(tmp_path: Path) -> None:
    assert read(saved(tmp_path, "a.csv", "")) == read(saved(tmp_path, "a.ndjson", "")) == []
