"""A file checked on a page: what is said of it, what comes back, that nothing stays, and what is too much."""

import csv
import io
import re
import tempfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from dq_service.intake.json_text import read, write
from dq_service.service import file_check
from dq_service.watch import Watch
from tests.web.access.conftest import watched as watched
from tests.web.access.house import House, house, order

HEAD = ["order_id", "name", "phone", "address", "city", "state", "zip"]
ROW = ["A-1", "Aisha Martinez", "(402) 538-5759", "14205 Ida Street", "Omhaa", "NE", "68142"]


@pytest.fixture(scope="module")
def desk(watched: Watch, template_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    import shutil

    file = tmp_path_factory.mktemp("files") / "dq.db"
    shutil.copyfile(template_file, file)
    with house(watched, f"sqlite:///{file}") as desk:
        desk.everybody()
        yield desk


def send(desk: House, path: str, name: str, raw: bytes, caller: str = "reviewer", **fields: str) -> Any:
    desk.client.cookies.clear()
    return desk.client.post(path, data=fields, files={"file": (name, raw)}, headers=dict(desk.callers[caller]))


def table(*rows: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([HEAD, *rows])
    return out.getvalue().encode()


def left() -> set[str]:
    return {one.name for one in Path(tempfile.gettempdir()).glob("dq-check-*")}


def test_the_page_works_without_script(desk: House) -> None:
    page = desk.ask("reviewer", "GET", "/check")
    assert page.status_code == 200
    assert 'enctype="multipart/form-data"' in page.text
    assert desk.ask("partner acme", "GET", "/check").status_code == 403  # a partner's people may not check


def test_a_table_is_judged_and_comes_back_repaired(desk: House) -> None:
    before = left()
    answer = send(desk, "/check", "orders.csv", table(ROW, [*ROW[:4], "Omaha", *ROW[5:]]))
    assert answer.status_code == 200, answer.text
    assert "ADR021" in answer.text
    assert "city misspelled" in answer.text
    link = re.search(r'download="([^"]+)" href="data:application/octet-stream;base64,([^"]+)"', answer.text)
    assert link is not None
    assert link[1] == "orders.repaired.csv"
    import base64

    rows = list(csv.DictReader(io.StringIO(base64.b64decode(unescape(link[2])).decode())))
    assert [row["city"] for row in rows] == ["Omaha", "Omaha"]
    taken = send(desk, "/check/repaired", "orders.csv", table(ROW))
    assert taken.headers["content-disposition"] == "attachment; filename*=UTF-8''orders.repaired.csv"
    assert b"Omaha" in taken.content
    assert left() == before
    assert desk.ask("key of all", "GET", "/v1/orders").json()["orders"] == []


def test_lines_of_json_and_workbooks(desk: House) -> None:
    lines = b"\n".join(write(order("acme", number)) for number in range(3)) + b"\nnot json\n"
    answer = send(desk, "/check", "orders.ndjson", lines)
    assert "1 not readable, 3 repaired of 4 orders" in " ".join(unescape(answer.text).split())
    taken = send(desk, "/check/repaired", "orders.ndjson", lines).content.splitlines()
    assert [read(line)["ship_to"]["address"]["city"] for line in taken[:3]] == ["Omaha"] * 3
    assert taken[3] == b"not json"
    book = openpyxl.Workbook()
    for row in (HEAD, ROW):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    taken = send(desk, "/check/repaired", "orders.xlsx", out.getvalue())
    assert openpyxl.load_workbook(io.BytesIO(taken.content)).active["E2"].value == "Omaha"


def test_what_would_be_script_is_text(desk: House) -> None:
    name = "<script>alert(1)</script>"
    answer = send(desk, "/check", f"{name}.csv", table([name, name, name, name, name, name, name]), partner=name)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("a.csv", b"", "It is empty."),
        ("a.csv.gz", b"\x1f\x8b\x08\x00", "It is packed"),
        ("a.xlsx", b"PK\x03\x04 and no more", "damaged workbook"),
    ],
)
def test_files_that_are_not_read(desk: House, name: str, raw: bytes, says: str) -> None:
    answer = send(desk, "/check", name, raw)
    assert answer.status_code == 422
    assert says in answer.text


def test_too_much_is_refused(desk: House, monkeypatch: pytest.MonkeyPatch) -> None:
    before = left()
    answer = send(desk, "/check", "a.csv", b"x" * (20 * 2**20 + 70_000))
    assert (answer.status_code, "larger than 20 MiB" in answer.text) == (413, True)
    monkeypatch.setattr(file_check, "MOST", 2)
    answer = send(desk, "/check", "a.csv", table(ROW, ROW, ROW))
    assert (answer.status_code, "more than 2 orders" in answer.text) == (422, True)
    monkeypatch.setattr(file_check, "MOST", 20)
    monkeypatch.setattr(file_check, "LONGEST", -1.0)
    assert "takes longer" in send(desk, "/check", "a.csv", table(ROW)).text
    assert left() == before


def test_no_file_and_no_form(desk: House) -> None:
    assert "Choose a file first" in send(desk, "/check", "", b"").text
    assert desk.ask("reviewer", "POST", "/check", b"x").status_code == 422
    answer = desk.ask("reviewer", "POST", "/check", b"x", Content_Type="multipart/form-data")
    assert answer.status_code == 400


def test_nothing_to_repair(desk: House) -> None:
    right = [*ROW[:2], "+14025385759", *ROW[3:4], "Omaha", *ROW[5:]]
    answer = send(desk, "/check/repaired", "a.csv", table(right))
    assert answer.headers["content-type"].startswith("text/html")
    assert "Nothing in it could be repaired" in answer.text
