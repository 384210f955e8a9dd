"""The server is killed while orders come in; the long form is `make soak`."""

import asyncio
from pathlib import Path

import orjson

from dq_service.engine.proof import overlaid
from tests.web.crashes import Killed, found, hold_partner, lost_or_doubled, run, run_holds

ORDERS, CLIENTS, KILLS = 600, 16, 3
HOLDS, SECONDS = 200, 4


def test_what_was_acknowledged_is_there_once(database_url: str, tmp_path: Path) -> None:
    bodies = [
        orjson.dumps(overlaid({"order_id": f"CRASH-{number:05d}", "ship_to.phone": f"+1402538{number:04d}"}))
        for number in range(ORDERS)
    ]
    server = Killed(tmp_path / "data", {"DQ_DATABASE_URL": database_url})
    seen = asyncio.run(run(server, bodies, clients=CLIENTS, kills=KILLS))
    assert server.end() == 0
    assert seen.kills == KILLS
    assert len(seen.acknowledged) == ORDERS
    assert list(lost_or_doubled(seen, found(database_url))) == []


def test_a_hold_ends_once_and_not_early(database_url: str, tmp_path: Path) -> None:
    bodies = [
        orjson.dumps(overlaid({"order_id": f"HOLD-{number:05d}", "ship_to.address": {}, "ship_to.phone": ""}))
        for number in range(HOLDS)
    ]
    hold_partner(tmp_path / "data", SECONDS)
    server = Killed(tmp_path / "data", {"DQ_DATABASE_URL": database_url})
    ended = asyncio.run(run_holds(server, database_url, bodies, kills=1, seconds=SECONDS))
    assert server.end() == 0
    assert len(ended.until) == HOLDS
    assert list(ended.wrong()) == []
