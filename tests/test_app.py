"""The product put together: what is laid over what, what is proved, what stays unwritten."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dq_service.app import App, open_app, read_rulebook
from dq_service.intake.json_text import Unreadable
from dq_service.intake.record import Record
from dq_service.parsing.yaml import DocumentError
from dq_service.settings import Settings
from tests.few_rules import CITY as CITY
from tests.few_rules import RULES as RULES
from tests.few_rules import few_rules as few_rules
from tests.few_rules import warm as warm

AS_OF = datetime(2026, 12, 1, 18, tzinfo=UTC)


@pytest.fixture
def settings(warm: Path, tmp_path: Path) -> Settings:
    """A data folder with one partner, which a test may change."""
    data = tmp_path / "data"
    shutil.copytree(warm, data)
    (data / "partners").mkdir()
    (data / "partners" / "acme.yaml").write_text("name: acme\npo_boxes: false\n", "utf-8")
    return Settings(data)


def laid_over(settings: Settings, text: str) -> None:
    path = settings.rules / CITY
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_reading_makes_no_data_folder(tmp_path: Path) -> None:
    app = open_app(Settings(tmp_path / "nowhere"))
    assert not app.partners
    assert not (tmp_path / "nowhere").exists()


def test_the_second_start_proves_and_parses_nothing(warm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = open_app(Settings(warm)).engine.rulebook.version

    def refused(*_: object) -> None:
        raise AssertionError("already done")

    monkeypatch.setattr("dq_service.app.prove", refused)
    monkeypatch.setattr("dq_service.engine.rule_text.reader", refused)
    assert open_app(Settings(warm)).engine.rulebook.version == version


def test_a_damaged_cache_costs_time_and_nothing_else(settings: Settings) -> None:
    open_app(settings)
    for file in settings.cache.iterdir():
        file.write_bytes(b"\0" + file.read_bytes()[:100])
    assert open_app(settings).engine.rulebook.rules


def test_a_rule_of_the_data_folder_replaces_the_one_that_ships(settings: Settings) -> None:
    laid_over(settings, (RULES / CITY).read_text("utf-8").replace("no city", "where is"))
    assert read_rulebook(settings).by_code["ADR021"].message.startswith("where is")
    assert open_app(settings).engine.rulebook.by_code["ADR021"].message.startswith("where is")


def test_a_rule_whose_examples_do_not_hold_is_refused_unless_it_is_being_written(settings: Settings) -> None:
    laid_over(settings, (RULES / CITY).read_text("utf-8").replace("city: Omhaa}", "city: Omaha}"))
    with pytest.raises(DocumentError, match=r"ADR021-city-misspelled\.yaml:\d+: bad example 1 gives no finding"):
        open_app(settings)
    app = open_app(Settings(settings.data, unproved=True))
    assert "gives no finding" in str(app.problems[0])


def test_a_partner_is_found_by_name_and_otherwise_the_built_in_policy_applies(settings: Settings) -> None:
    app = open_app(settings)
    assert app.partner_of({"partner": "acme"}).po_boxes is False
    assert app.partner_of({"partner": "other"}, "acme").name == "acme"
    for order in ({"partner": "other"}, {"partner": ["acme"]}, {}, None):
        assert app.partner_of(order).name == ""


def test_codes_that_no_rule_has_are_told_and_stop_nothing(settings: Settings) -> None:
    text = "name: acme\npolicy: {never_release: [ADR012]}\n"
    (settings.partners / "acme.yaml").write_text(text, "utf-8")
    assert "no rule 'ADR012'" in str(open_app(settings).problems[0])


def test_a_record_without_an_order_is_rejected_and_a_damaged_row_is_held(settings: Settings) -> None:
    app: App = open_app(settings)
    cut = app.check_record(Record(3, None, b"{", Unreadable("it ends too early", 3, 2, "items")), as_of=AS_OF)
    assert (cut.verdict, cut.line, cut.findings[0].field, cut.order) == ("rejected", 3, "items", None)
    order = {"order_id": "A-1"}
    row = app.check_record(Record(4, order, b"A-1,", Unreadable("too many cells", 4)), as_of=AS_OF)
    assert (row.verdict, row.action, row.order) == ("review", "hold", order)
    assert row.findings[0].name == "row-damaged"


def test_importing_the_app_imports_nothing_slow() -> None:
    slow = {"fastapi", "great_expectations", "openpyxl", "pandas", "pyarrow", "pydantic", "rich", "sqlmodel", "typer"}
    code = f"import sys, dq_service.app; print(sorted({slow!r} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
