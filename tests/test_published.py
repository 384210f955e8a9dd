"""The installation opened from its database: published at the start and on demand, renewed, and never half."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import pytest

from dq_service.engine.rulebook import Layer
from dq_service.parsing.yaml import DocumentError
from dq_service.published import Publications, open_watch
from dq_service.service.errands import ask
from dq_service.service.publishing import Draft, rulebook_draft
from dq_service.settings import Settings
from dq_service.store import publications
from dq_service.store.database import Database
from dq_service.watch import Watch
from tests.few_rules import CITY as CITY
from tests.few_rules import RULES as RULES
from tests.few_rules import few_rules as few_rules
from tests.few_rules import warm as warm


@pytest.fixture
def data(warm: Path, tmp_path: Path) -> Iterator[Path]:
    """A data folder with nothing in it but that cache."""
    data = tmp_path / "data"
    shutil.copytree(warm, data)
    yield data
    shutil.copytree(data / "cache", warm / "cache", dirs_exist_ok=True)


@pytest.fixture
def settings(data: Path, database_url: str) -> Settings:
    """A data folder with one partner, and a database with nothing in it."""
    settings = Settings(data, database_url)
    partner(settings, "acme", "po_boxes: false")
    return settings


@contextmanager
def opened(settings: Settings, *, publish: bool = True) -> Iterator[Watch]:
    watch = open_watch(settings, Database.open(settings.database), publish=publish)
    try:
        yield watch
    finally:
        watch.close()


def partner(settings: Settings, name: str, line: str = "") -> None:
    settings.partners.mkdir(exist_ok=True)
    (settings.partners / f"{name}.yaml").write_text(f"name: {name}\n{line}\n", "utf-8")


def laid_over(settings: Settings, old: str, new: str) -> None:
    path = settings.rules / CITY
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((RULES / CITY).read_text("utf-8").replace(old, new), "utf-8")


def asked(settings: Settings) -> list[tuple[str, int, bool]]:
    """Published by a process of its own, as it were."""
    database = Database.open(settings.database)
    try:
        given = Publications(settings, database).publish(by="ada", asked=True)
    finally:
        database.close()
    return [(one.kind, one.version, one.new) for one in given]


def test_the_start_publishes_and_the_next_one_finds_it(settings: Settings) -> None:
    for _ in range(2):
        with opened(settings) as watch:
            app = watch.current()
            assert app.published == {"rulebook": 1, "partners": 1, "profiles": 1}
            assert set(app.partners) == {"acme"}
            assert len(app.engine.rulebook.rules) == 5
            assert watch.trouble == ()


def test_a_file_is_not_in_force_before_it_is_published(settings: Settings) -> None:
    with opened(settings):
        pass
    laid_over(settings, "no city", "where is")
    partner(settings, "nova")
    with opened(settings, publish=False) as watch:  # as one that takes a dead one's place
        assert watch.current().published == {"rulebook": 1, "partners": 1, "profiles": 1}
        assert set(watch.current().partners) == {"acme"}
    with opened(settings) as watch:
        app = watch.current()
        assert app.published == {"rulebook": 2, "partners": 2, "profiles": 1}
        assert app.engine.rulebook.by_code["ADR021"].message.startswith("where is")


def test_what_is_published_is_taken_up_whole_and_the_rest_is_not_opened_again(postgresql_url: str, data: Path) -> None:
    settings = Settings(data, postgresql_url)
    with opened(settings) as watch:
        first = watch.current()
        partner(settings, "nova")
        laid_over(settings, "no city", "where is")
        assert watch.look() is first
        assert asked(settings)[:2] == [("rulebook", 2, True), ("partners", 2, True)]
        second = watch.look()
        assert second.published == {"rulebook": 2, "partners": 2, "profiles": 1}
        assert set(second.partners) == {"nova"}
        assert first.published == {"rulebook": 1, "partners": 1, "profiles": 1}
        assert not first.partners
        assert second.engine.reference is first.engine.reference
        partner(settings, "acme")
        assert asked(settings) == [("rulebook", 2, False), ("partners", 3, True), ("profiles", 1, False)]
        assert watch.look().engine is second.engine


def test_postgresql_wakes_the_watch(postgresql_url: str, data: Path) -> None:
    """Nobody asks `current`, so nothing but the notice can have brought it."""
    settings = Settings(data, postgresql_url)
    with opened(settings) as watch:
        partner(settings, "nova")
        asked(settings)
        assert within(2, lambda: "nova" in watch._app.partners)


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    end = monotonic() + seconds
    while not (met := holds()) and monotonic() < end:
        sleep(0.01)
    return met


PROFILE = """\
name: nova
about: a shop of our own
fields: {order_id: no}
samples: [{name: one, payload: {no: 7}, gives: [{order_id: "7"}]}]
"""


def test_profiles_are_published_too(settings: Settings) -> None:
    partner(settings, "acme", "profile: nova")
    settings.profiles.mkdir()
    (settings.profiles / "nova.yaml").write_text(PROFILE, "utf-8")
    with opened(settings) as watch:
        first = watch.current()
        assert {"shopify", "nova"} <= set(first.profiles)
        assert first.problems == ()
        assert first.mapped("acme", b'{"no": 8}')[0].order["order_id"] == "8"
    (settings.profiles / "nova.yaml").write_text(PROFILE.replace("order_id: no", "order_id: id"), "utf-8")
    with pytest.raises(DocumentError, match=r"nova\.yaml:4: sample 'one': 0 orders came of it, not 1"):
        asked(settings)
    (settings.profiles / "nova.yaml").write_text(PROFILE.replace("a shop", "the shop"), "utf-8")
    with opened(settings) as watch:
        assert watch.current().published == {"rulebook": 1, "partners": 1, "profiles": 2}


def test_a_profile_that_there_is_not_is_told(settings: Settings) -> None:
    partner(settings, "acme", "profile: shopfy")
    with opened(settings) as watch:
        (problem,) = watch.current().problems
        assert (problem.line, problem.message) == (2, "no profile 'shopfy'; did you mean 'shopify'?")
        (record,) = watch.current().mapped("acme", b"{}")
        assert str(record.trouble) == "the partner's profile 'shopfy' is not there"


def test_imported_tables_are_still_files(settings: Settings) -> None:
    with opened(settings) as watch:
        first = watch.current()
        skus = settings.data / "reference" / "skus"
        skus.mkdir(parents=True)
        (skus / "acme.csv").write_text("sku,gtin,description,status,replaced_by\nA-1,,,,\n", "utf-8")
        second = watch.look()
        assert list(second.engine.reference.catalogs) == ["acme"]
        assert second.engine.rulebook is first.engine.rulebook
        assert second.published == first.published


def test_folders_that_are_wrong_at_the_start_leave_what_was_published(settings: Settings) -> None:
    partner(settings, "acme", "po_box: false")
    with pytest.raises(DocumentError, match=r"acme\.yaml:2: no key 'po_box'"), opened(settings):
        pass
    partner(settings, "acme")
    with opened(settings):
        pass
    partner(settings, "acme", "po_box: false")
    laid_over(settings, "city: Omhaa}", "city: Omaha}")
    with opened(settings) as watch:
        assert watch.current().published == {"rulebook": 1, "partners": 1, "profiles": 1}
        told = "\n".join(map(str, watch.trouble))
    assert "no key 'po_box'" in told
    assert "bad example 1 gives no finding" in told


def test_on_demand_everything_must_be_right_and_a_start_is_not_stopped_by_doubts(settings: Settings) -> None:
    partner(settings, "acme", "policy: {never_release: [ADR012]}")
    with pytest.raises(DocumentError, match="no rule 'ADR012'"):
        asked(settings)
    with opened(settings) as watch:
        assert "no rule 'ADR012'" in str(watch.current().problems[0])


def test_what_another_release_published_is_proved_before_it_is_in_force(
    postgresql_url: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data, postgresql_url)
    with opened(settings) as watch:
        first = watch.current()
        laid_over(settings, "city: Omhaa}", "city: Omaha}")
        with monkeypatch.context() as other:
            other.setattr("dq_service.published.publishing.rulebook_draft", of_another_release)
            other.setattr("dq_service.published.open_rulebook", lambda *_: (first.engine.rulebook, ()))
            assert asked(settings)[0] == ("rulebook", 2, True)
        assert watch.look() is first
        assert "bad example 1 gives no finding" in str(watch.trouble[0])


def of_another_release(*layers: Layer) -> Draft:
    return replace(rulebook_draft(*layers), release="0.0.1")


def test_a_server_on_sqlite_publishes_for_others(sqlite_url: str, data: Path) -> None:
    settings = Settings(data, sqlite_url)
    with opened(settings) as watch:
        partner(settings, "nova")
        answer = ask(settings.data, "publish", "ada", {}, seconds=10, pause=looking(watch))
        assert answer is not None
        assert [(one["kind"], one["version"]) for one in answer.came_to["published"]] == [
            ("rulebook", 1),
            ("partners", 2),
            ("profiles", 1),
        ]
        assert set(watch.look().partners) == {"nova"}
        other = Database.open(sqlite_url)
        with other.reading() as connection:
            newest = publications.find(connection, "partners")
        other.close()
        assert newest is not None
        assert newest.by == "ada"
        partner(settings, "nova", "po_box: false")
        answer = ask(settings.data, "publish", "ada", {}, seconds=10, pause=looking(watch))
        assert answer is not None
        assert "no key 'po_box'" in str(answer.came_to["problems"])
        assert set(watch.look().partners) == {"nova"}


def looking(watch: Watch) -> Callable[[float], None]:
    """What the server does each second, while a command waits."""

    def look(_: float) -> None:
        watch.look()

    return look
