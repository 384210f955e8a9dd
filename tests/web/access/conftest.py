"""What the tests of access share: an installation that is opened once."""

import pytest

from dq_service.watch import Watch
from tests.web.access import house


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watch:
    """The rules as they ship and two partners."""
    return house.watch(tmp_path_factory.mktemp("house") / "data")
