"""The bundle from the tables that ship, loaded once."""

from pathlib import Path

import pytest

from dq_service.reference import bundle


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> bundle.Reference:
    return bundle.load(cache=Path(tmp_path_factory.mktemp("cache")))
