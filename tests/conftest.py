"""What most tests share: how Hypothesis looks for trouble (the same way every time in CI), and the real engine."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings

from dq_service.checks import SUBJECTS
from dq_service.engine.engine import Engine
from dq_service.engine.proof import overlaid
from dq_service.engine.rulebook import Rulebook, load
from dq_service.partner import BUILT_IN, Partner
from dq_service.reference import bundle
from dq_service.reference.whereabouts import rules_folder
from dq_service.result import Result
from tests.databases import database as database
from tests.databases import database_url as database_url
from tests.databases import postgresql as postgresql
from tests.databases import postgresql_url as postgresql_url
from tests.databases import sqlite_url as sqlite_url
from tests.databases import template_file as template_file

settings.register_profile("desk", deadline=None, max_examples=60)
settings.register_profile("ci", deadline=None, max_examples=200, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

AS_OF = datetime(2026, 12, 1, 18, tzinfo=UTC)


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> bundle.Reference:
    """The tables that ship, loaded once."""
    return bundle.load(cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The rules that ship."""
    return load([rules_folder()], SUBJECTS)


@pytest.fixture(scope="session")
def engine(rulebook: Rulebook, reference: bundle.Reference) -> Engine:
    """The engine as users have it."""
    return Engine(rulebook, reference)


@pytest.fixture(scope="session")
def examine(engine: Engine) -> Callable[..., Result]:
    """The engine's `check` at one instant; as a function, since Hypothesis prints what it hands to a test."""

    def examined(order: Any, **options: Any) -> Result:
        return engine.check(order, as_of=AS_OF, **options)

    return examined


@pytest.fixture
def check(engine: Engine) -> Callable[..., Result]:
    """The result for the proof's clean order with values laid over it: `check({"ship_to.address.city": "Omhaa"})`."""

    def checked(changes: dict[str, Any], partner: Partner = BUILT_IN, **options: Any) -> Result:
        return engine.check(overlaid(changes), as_of=AS_OF, partner=partner, **options)

    return checked


FIELDS = ("line1", "line2", "city", "state", "postal_code")


def at(**fields: Any) -> dict[str, Any]:
    """Values of the delivery address by their names, as `check` takes them."""
    return {f"ship_to.address.{name}": value for name, value in fields.items()}


def address(result: Result) -> dict[str, str]:
    """The delivery address of the order sent on, `""` for what it lacks."""
    assert result.order is not None
    found = result.order["ship_to"]["address"]
    return {name: found.get(name) or "" for name in FIELDS}
