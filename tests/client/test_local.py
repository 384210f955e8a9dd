"""The same answer in this process and over HTTP, with the findings as the engine made them; and what loading costs."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dq_service.app import App, open_app
from dq_service.client import LocalClient
from dq_service.engine.engine import Engine
from dq_service.engine.proof import overlaid
from dq_service.partner import load
from dq_service.settings import Settings
from tests.web.served import PARTNER

PACKAGE = Path(__file__).parents[2] / "dq_service"

AS_OF = datetime(2026, 12, 1, 18, tzinfo=UTC)
WRONG = overlaid({"ship_to.address.city": "Omhaa", "ship_to.address.line1": "Ida Street"})


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    return open_app(Settings(tmp_path_factory.mktemp("data")))


def test_findings_and_repairs_are_the_engines(app: App) -> None:
    result = app.check(WRONG, as_of=AS_OF)
    answer = LocalClient(app, now=lambda: AS_OF).check(WRONG)
    assert (answer.verdict, answer.action, answer.order) == (result.verdict, result.action, result.order)
    assert answer.findings == result.findings
    assert answer.repairs == result.repairs
    assert answer.score == result.score
    assert answer.evaluated == result.evaluated
    assert answer.hold == result.hold
    assert answer.hold is not None
    assert any(finding.suggestions or finding.outcome == "repaired" for finding in answer.findings)


def test_an_engine_serves_as_well_as_an_app(engine: Engine) -> None:
    partner = load(PARTNER, "tern.yaml")
    answer = LocalClient(engine, partner, now=lambda: AS_OF).check(WRONG)
    assert answer.raw["partner"] == "tern" or answer.raw["order_if_applied"]
    assert answer.findings == engine.check(WRONG, as_of=AS_OF, partner=partner).findings


def test_time_that_is_up_is_told(app: App) -> None:
    answer = LocalClient(app, timeout=0.0).check(WRONG)
    assert not answer.evaluated.complete
    assert LocalClient(app, timeout=60.0).check(WRONG).evaluated.complete


def test_half_a_character_and_long_numbers_come_back_whole(app: App) -> None:
    order = {**WRONG, "gift_message": "half \ud800", "own": 2**70}
    answer = LocalClient(app).check(order)
    assert answer.order is not None
    assert answer.order["own"] == 2**70


def test_what_a_newer_service_tells_more_is_passed_over() -> None:
    from dq_service.client.answer import answer_of

    finding = {"rule": "X1", "field": "items", "outcome": "open", "fields": ["items"], "more": {}, "suggestions": []}
    hold = {"until": "2026-12-01T18:00:00Z", "then": "refuse", "why": "late", "review_id": None, "queue": 3}
    answer = answer_of({"verdict": "review", "action": "hold", "findings": [finding], "hold": hold})
    assert (answer.findings[0].rule, answer.findings[0].fields, answer.findings[0].message) == ("X1", ("items",), "")
    assert answer.hold is not None
    assert answer.hold.then == "refuse"


def test_loading_it_loads_neither_http_nor_an_engine() -> None:
    absent = ["httpx2", "asyncio", "dq_service.engine", "dq_service.store", "fastapi", "sqlmodel", "re2"]
    asked = f"import sys, dq_service.client\nprint(*[name for name in {absent!r} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert said.stdout.split() == []


def test_nothing_else_of_the_product_needs_it() -> None:
    """Neither `dq check` nor the server loads it."""
    files = [file for file in PACKAGE.rglob("*.py") if "client" not in file.relative_to(PACKAGE).parts]
    assert len(files) > 50
    assert [file.name for file in files if "dq_service.client" in file.read_text("utf-8")] == []
