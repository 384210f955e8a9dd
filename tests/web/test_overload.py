"""More than can be written: what waits is bounded, the rest is told when to come again, and nothing is lost."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from dq_service.service.ledger import WAITING
from dq_service.web.api.batch import IN_FLIGHT
from tests.web.served import Served, command, environment, is_problem, port_in
from tests.web.test_workers import within

STREAMS = WAITING // IN_FLIGHT + 8


def lines(stream: int) -> bytes:
    return b"\n".join(json.dumps({"order_id": f"S-{stream}-{number}"}).encode() for number in range(IN_FLIGHT))


def test_what_cannot_be_written_soon_is_refused_and_the_rest_is_kept(postgresql_url: str, tmp_path: Path) -> None:
    variables = {**environment(), "DQ_DATABASE_URL": postgresql_url, "DQ_LOG_REQUESTS": "none"}
    process = subprocess.Popen(command(tmp_path / "data"), stdout=subprocess.PIPE, text=True, env=variables)
    assert process.stdout is not None
    served = Served(port_in(process.stdout.readline()), process, tmp_path / "log")
    try:
        assert within(20, lambda: served.ask("GET", "/readyz").status == 200)
        with psycopg.connect(postgresql_url) as lock, ThreadPoolExecutor(STREAMS) as pool:
            lock.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")  # whoever writes waits
            streams = [pool.submit(served.ask, "POST", "/v1/orders/batch", lines(one)) for one in range(STREAMS)]
            answer = None

            def refused() -> bool:
                nonlocal answer
                answer = pool.submit(served.ask, "POST", "/v1/orders", b'{"order_id": "ALONE"}').result(20)
                return answer.status == 503

            assert within(8, refused)
            assert answer is not None
            assert is_problem(answer, 503)
            assert answer.headers["retry-after"] == "1"
            assert served.ask("GET", "/livez").status == 200  # all else is answered
            assert served.check({}).status == 200
            lock.rollback()
            told = [json.loads(line) for one in streams for line in one.result(60).raw.splitlines()]
        assert len(told) == STREAMS * IN_FLIGHT
        kept = {one["received_id"]: one["id"] for one in told if "id" in one}
        late = [one for one in told if "id" not in one]
        assert {one["status"] for one in late} == {503}
        assert WAITING - IN_FLIGHT <= len(kept) <= WAITING + IN_FLIGHT * 2
        with psycopg.connect(postgresql_url) as database:
            rows = dict(database.execute("SELECT received_id, id FROM orders").fetchall())
        assert {name: id_ for name, id_ in rows.items() if name.startswith("S-")} == kept
    finally:
        process.terminate()
        assert process.wait(20) == 0
        process.stdout.close()
