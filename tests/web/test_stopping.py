"""The server is told to stop while orders come in; more often in `make soak ARGS=stops`."""

import asyncio
from pathlib import Path

from tests.web.crashes import Killed, found, lost_or_doubled
from tests.web.stopping import stop_under_load

CLIENTS = 16


def test_what_is_under_way_is_answered_and_what_was_acknowledged_is_there(database_url: str, tmp_path: Path) -> None:
    server = Killed(tmp_path / "data", {"DQ_DATABASE_URL": database_url, "DQ_LOG_REQUESTS": "none"})
    server.start()
    asyncio.run(server.ready())
    stopped = asyncio.run(stop_under_load(server, clients=CLIENTS, first=0))
    assert stopped.code == 0
    assert stopped.cut == []
    assert stopped.unready > 0  # /readyz said so first, while orders were answered
    assert list(lost_or_doubled(stopped.seen, found(database_url))) == []
