"""The made-up day: the same each time, nobody's data, and wrong in the ways that the product is there for."""

import re
from datetime import datetime
from pathlib import Path

from dq_service.app import open_app
from dq_service.demo import AS_OF, lines, orders, write_folder
from dq_service.engine.engine import Engine
from dq_service.intake.files import open_source
from dq_service.settings import Settings


def test_the_day_is_the_same_for_the_same_seed() -> None:
    assert list(lines(7)) == list(lines(7))
    assert list(lines(7)) != list(lines(8))


def test_nobody_is_in_it() -> None:
    for order in orders():
        party = order["ship_to"]
        assert re.search(r"555", str(party["phone"]))
        assert "@example.com" in party["email"]


def test_it_shows_every_verdict_that_a_table_can(tmp_path: Path, engine: Engine) -> None:
    file = write_folder(tmp_path / "demo")
    app = open_app(Settings(tmp_path / "demo", unproved=True))
    as_of = datetime.fromisoformat(AS_OF)
    verdicts = [app.check_record(record, as_of=as_of).verdict for record in open_source(file).records()]
    assert len(verdicts) == 44
    assert {"clean", "repaired", "review", "rejected"} <= set(verdicts)
    assert set(app.partners) == {"acme", "meadowlark-pharmacy", "northbound-freight"}
