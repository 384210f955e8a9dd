"""`dq check`: what it prints in each form, its exit codes, and that it refuses wrong use in one line."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import AS_OF, ORDERS, Dq

Golden = Callable[[str, str], None]

AT = ("--as-of", AS_OF)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("columns", [80, 140])
def test_report(dq: Dq, golden: Golden, columns: int) -> None:
    said = dq("check", "orders.ndjson", *AT, columns=columns)
    golden(f"report_{columns}", said.out)
    assert (said.code, said.err) == (1, "")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("diff", ["--diff"]),
        ("explain", ["--explain"]),
        ("verbose", ["--verbose"]),
        ("limit", ["--limit", "1"]),
    ],
)
def test_report_otherwise(dq: Dq, golden: Golden, name: str, options: list[str]) -> None:
    golden(name, dq("check", "orders.ndjson", *AT, *options).out)


def test_report_hides_codes_and_what_a_partner_calls_private(dq: Dq) -> None:
    for options in ([], ["--diff"], ["--explain"], ["--format", "sarif"]):  # JSON is the caller's own data
        text = dq("check", "orders.ndjson", *AT, *options).out
        assert "4521" not in text
        assert "INSULIN" not in text


def test_ndjson_is_one_result_for_each_order_in_its_order(dq: Dq) -> None:
    said = dq("check", "orders.ndjson", *AT, "--format", "ndjson")
    results = lines(said.out)
    assert [result["line"] for result in results] == [1, 2, 3, 4, 5, 6]
    verdicts = [result["verdict"] for result in results]
    assert verdicts == ["repaired", "review", "rejected", "clean", "rejected", "repaired"]
    assert results[2]["order"] is None
    assert "line 3" in results[2]["findings"][0]["message"]
    assert results[0]["order"]["ship_to"]["address"]["city"] == "Omaha"
    assert results[5]["findings"][0]["outcome"] == "shadowed"
    assert {result["as_of"] for result in results} == {AS_OF}
    assert (said.code, said.err) == (1, "")


def test_several_files_and_packed_ones(dq: Dq, tmp_path: Path) -> None:
    packed = tmp_path / "more.ndjson.gz"
    packed.write_bytes(gzip.compress(ORDERS.read_bytes()))
    assert len(lines(dq("check", "orders.ndjson", str(packed), "--format", "ndjson").out)) == 12


def test_json_is_an_array_and_a_single_order_is_itself(dq: Dq, tmp_path: Path) -> None:
    assert len(json.loads(dq("check", "orders.ndjson", "--format", "json").out)) == 6
    order, none = tmp_path / "order.json", tmp_path / "none.json"
    order.write_text('{"order_id": "A-1"}')
    none.write_text("[]")
    assert json.loads(dq("check", str(order), "--format", "json").out)["order_id"] == "A-1"
    assert json.loads(dq("check", str(none), "--format", "json").out) == []


def test_a_table_without_a_known_column_is_told_and_no_row_is_lost(dq: Dq, tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("foo,bar,baz\n1,2,3\n4,5,6\n")
    said = dq("check", str(file), "--format", "ndjson")
    assert [result["line"] for result in lines(said.out)] == [2, 3]
    assert lines(said.out)[0]["order"]["extra"] == {"foo": "1", "bar": "2", "baz": "3"}
    assert "--map FIELD=COLUMN" in said.err


def test_a_reader_who_leaves_early_hears_no_complaint() -> None:
    command = f"{sys.executable} -m dq_service.cli rules list | head -1"
    ran = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert ran.stdout == "types\n"
    assert ran.stderr == ""


def test_a_missing_extra_is_named(dq: Dq, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "orders.parquet"
    file.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    said = dq("check", str(file))
    assert (said.code, said.out) == (2, "")
    assert "pip install 'dq-service[parquet]'" in said.err


@pytest.mark.parametrize(("line", "code"), [(4, 0), (1, 0), (2, 1), (3, 1)])
def test_exit_code_says_whether_somebody_is_needed(dq: Dq, tmp_path: Path, line: int, code: int) -> None:
    one = tmp_path / "one.ndjson"
    one.write_text(ORDERS.read_text("utf-8").splitlines()[line - 1] + "\n")
    assert dq("check", str(one), "--format", "ndjson").code == code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check"], "Missing argument"),
        (["check", "nowhere.ndjson"], "no file 'nowhere.ndjson'"),
        (["check", "rules"], "'rules' is no file"),
        (["check", "orders.ndjson", "--partner", "acmee"], "did you mean 'acme'?"),
        (["check", "orders.ndjson", "--partner", "zzz"], "its file would be"),
        (["check", "orders.ndjson", "--as-of", "2026-12-01T18:00"], "has no offset"),
        (["check", "orders.ndjson", "--as-of", "yesterday"], "is no instant"),
        (["check", "orders.ndjson", "--map", "order_id"], "FIELD=COLUMN"),
        (["check", "orders.ndjson", "--map", "a=b,a=c"], "names a twice"),
        (["check", "orders.ndjson", "--diff", "--format", "json"], "--diff is for people"),
        (["check", "orders.ndjson", "--format", "xml"], "'xml' is not one of"),
        (["check", "-", "-"], "once only"),
        (["check", "orders.ndjson", "orders.ndjson", "--fix", "x"], "one FILE at a time"),
        (["check", "orders.ndjson", "--fix", "-"], "wants a file"),
        (["check", "orders.ndjson", "--fix", "rules"], "--fix 'rules' is a folder"),
        (["check", "orders.ndjson", "--fix", "nowhere/x.ndjson"], "there is no folder 'nowhere'"),
        (["check", "orders.ndjson", "--recent", "nowhere"], "does not exist"),
        (["chek"], "Did you mean 'check'"),
        (["rules", "show", "ADR012"], "did you mean"),
        (["reference", "import", "skus", "orders.ndjson"], "--partner NAME"),
        (["reference", "import", "addresses", "orders.ndjson", "--partner", "x"], "leave out --partner"),
    ],
)
def test_wrong_use_is_one_line_and_2(dq: Dq, arguments: list[str], said: str) -> None:
    answer = dq(*arguments)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert said in answer.err


def test_map_names_the_columns_of_a_table(dq: Dq, tmp_path: Path) -> None:
    table = tmp_path / "day.csv"
    table.write_text("Zeichen,Name,line1,city,state,postal_code\nA-1,Lena Fox,17 Ida Street,Omaha,NE,68142\n")
    mapped = lines(dq("check", str(table), "--map", "order_id=Zeichen", "--format", "ndjson").out)
    assert mapped[0]["order"]["order_id"] == "A-1"
    assert dq("check", str(table), "--map", "order_id=Nummer").code == 2


def test_fix_writes_the_repaired_orders(dq: Dq, tmp_path: Path) -> None:
    out = tmp_path / "fixed.ndjson"
    said = dq("check", "orders.ndjson", *AT, "--fix", str(out))
    before, after = ORDERS.read_text("utf-8").splitlines(), out.read_text("utf-8").splitlines()
    assert json.loads(after[0])["ship_to"]["address"]["postal_code"] == "68142"
    assert after[1:] == before[1:]  # nothing was applied there, or it is no order, or the partner is in shadow
    assert "1 order" in said.err


def test_history_is_each_partners_own_unless_one_is_named(dq: Dq) -> None:
    from dq_service.cli.check import Histories
    from dq_service.order import Order

    order = json.loads(ORDERS.read_text("utf-8").splitlines()[3])
    stranger = {**order, "order_id": "M-1", "partner": "meadow"}
    apart = Histories.read(ORDERS, one_partner=False)
    together = Histories.read(ORDERS, one_partner=True)
    assert apart.of(stranger).same_place(Order(stranger)) == []
    assert [one.text("order_id") for one in together.of(stranger).same_place(Order(stranger))] == ["ACME-100004"]
    assert dq("check", "orders.ndjson", "--recent", "orders.ndjson", "--format", "ndjson").code == 1


def test_a_fault_of_ours_is_one_line_and_its_trace_quotes_no_order(dq: Dq, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError(ORDERS.read_text("utf-8"))

    monkeypatch.setattr("dq_service.app.App.check_record", broken)
    said = dq("check", "orders.ndjson")
    assert (said.code, said.err.count("\n")) == (2, 1)
    trace = Path(said.err.partition("trace is in ")[2].partition(",")[0])
    written = trace.read_text("utf-8")
    trace.unlink()
    assert "RuntimeError" in written
    assert "Aisha" not in written + said.err
    assert "Traceback" in dq("--debug", "check", "orders.ndjson").err


# The program in a process of its own, with the fixed rules in place of those that ship.
PROGRAM = f"""
import sys
from pathlib import Path
import dq_service.app, dq_service.build
dq_service.app.rules_folder = dq_service.build.rules_folder = lambda: Path({str(ORDERS.parent / "rules")!r})
from dq_service.cli import main
code = main()
"""


def program(*arguments: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", f"{PROGRAM}\nraise SystemExit(code)", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_lines_on_standard_input_are_answered_as_they_come(data: Path) -> None:
    with program("check", "-", "--format", "ndjson", "--data", str(data)) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for number in (1, 2):
            running.stdin.write(b'{"order_id": "A-%d"}\n' % number)
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["order_id"] == f"A-{number}"
        running.stdin.close()
        assert running.stdout.read() == b""


def test_a_reader_that_leaves_ends_the_run_quietly(data: Path, tmp_path: Path) -> None:
    many = tmp_path / "many.ndjson"
    many.write_bytes(ORDERS.read_bytes() * 200)
    with program("check", str(many), "--format", "ndjson", "--data", str(data)) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""


def test_checking_lines_of_json_imports_nothing_slow(data: Path) -> None:
    slow = {"fastapi", "great_expectations", "openpyxl", "pandas", "pyarrow", "rich", "sqlmodel", "uvicorn"}
    code = f"{PROGRAM}\nprint(code, sorted({slow!r} & set(sys.modules)), file=sys.stderr)"
    arguments = ["check", str(ORDERS), "--format", "ndjson", "--data", str(data)]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert done.stderr == "1 []\n"
