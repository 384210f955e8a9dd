"""The app in force is renewed when what it is made of changes, and what cannot be opened changes nothing."""

import threading
from pathlib import Path

import pytest

from dq_service.app import App, open_app
from dq_service.settings import Settings
from dq_service.watch import Files, Unseen, Watch, files_of
from tests.few_rules import CITY as CITY
from tests.few_rules import RULES as RULES
from tests.few_rules import few_rules as few_rules

SECRET = "gate code 4711"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data folder with one partner."""
    (tmp_path / "partners").mkdir()
    (tmp_path / "partners" / "acme.yaml").write_text("name: acme\npo_boxes: false\n", "utf-8")
    return Settings(tmp_path)


def laid_over(settings: Settings, text: str) -> None:
    path = settings.rules / CITY
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_watch_takes_up_what_changes_and_keeps_the_last_good_state(settings: Settings) -> None:
    watch = Watch(Files(settings))
    first = watch.current()
    assert watch.look() is first

    laid_over(settings, "code: ADR021\n")
    assert watch.look() is first
    assert "ADR021-city-misspelled.yaml" in str(watch.trouble[0])

    laid_over(settings, (RULES / CITY).read_text("utf-8").replace("no city", "where is"))
    (settings.partners / "nova.yaml").write_text("name: nova\n", "utf-8")
    renewed = watch.look()
    assert watch.trouble == ()
    assert renewed is not first
    assert set(renewed.partners) == {"acme", "nova"}
    assert set(first.partners) == {"acme"}


def test_watch_looks_in_the_background_and_not_too_often(settings: Settings) -> None:
    now = [100.0]
    watch = Watch(Files(settings), clock=lambda: now[0])
    first = watch.current()
    (settings.partners / "nova.yaml").write_text("name: nova\n", "utf-8")
    now[0] += 0.9
    assert watch.current() is first
    assert not looking()
    now[0] += 0.2
    watch.current()
    for thread in looking():
        thread.join()
    assert set(watch.current().partners) == {"acme", "nova"}


def looking() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "dq-reload"]


def test_what_cannot_be_looked_at_is_trouble_until_it_can(settings: Settings) -> None:
    class Hidden(Files):
        hidden = False

        def seen(self) -> frozenset[tuple[str, int, int]]:
            if self.hidden:
                raise Unseen("the database is gone")
            return super().seen()

    source = Hidden(settings)
    watch = Watch(source, trouble=["acme.yaml:2: no key 'po_box'"])
    first = watch.current()
    source.hidden = True
    assert watch.look() is first
    assert list(watch.trouble) == ["acme.yaml:2: no key 'po_box'", "the database is gone"]
    source.hidden = False
    assert watch.look() is first
    assert list(watch.trouble) == ["acme.yaml:2: no key 'po_box'"]


def test_a_fault_on_the_way_changes_nothing_and_quotes_nothing(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(Files):
        def open(self) -> App:
            if len(files_of(settings)) > before:
                raise RuntimeError(SECRET)
            return open_app(settings)

    before = len(files_of(settings))
    watch = Watch(Failing(settings))
    first = watch.current()
    (settings.partners / "nova.yaml").write_text("name: nova\n", "utf-8")
    assert watch.look() is first
    assert "RuntimeError" in str(watch.trouble)
    assert SECRET not in f"{watch.trouble} {caplog.text}"
