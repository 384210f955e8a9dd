"""The log: one form for all who write into it, and nothing of a person in it."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest

from dq_service.logs import Requests, configure, masked


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The log of this process in JSON, as a server has it; afterwards everything is as it was."""
    root, names = logging.getLogger(), ("uvicorn", "httpx2", "asyncio", "sqlalchemy", "alembic")
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in names}
    out = io.StringIO()
    configure("json", "info", out)
    yield out
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def lines(log: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


@pytest.mark.parametrize(
    "text",
    [
        "call +1 402-538-5759",
        "call (402) 538.5759 now",
        "4025385759",
        "+442079460958",
        "write to aisha.martinez@example.com",
        "card 4111 1111 1111 1111",
        "x4111111111111111y",
        "gate code 4711#",
        "cannot read 'Aisha Martinez, 14205 Ida Street, behind the blue door'",
    ],
)
def test_a_message_is_masked(text: str) -> None:
    told = masked(text)
    assert "•••" in told
    for part in ("402", "538", "aisha", "1111", "4711", "Aisha", "7946"):
        assert part not in told


@pytest.mark.parametrize(
    "text",
    [
        "urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e: RuntimeError at",
        "ord_01a2134efad2732e9d6e8558e77e16b7 cannot be judged again",
        "reloaded: rulebook sha256:30c051c9a7a0da07e997, 3 partners {'rulebook': 2}",
        "worker 0 ended with code -9",
        "2026-12-01T18:00:00Z",
        '  File "/srv/dq_service/web/api/problem.py", line 120, in __call__',
    ],
)
def test_what_an_operator_needs_stays(text: str) -> None:
    assert masked(text) == text


def test_a_line_is_an_object(log: io.StringIO) -> None:
    logging.getLogger("dq_service.watch").info("reloaded: %d partners", 3)
    (line,) = lines(log)
    assert (line["level"], line["logger"], line["said"]) == ("info", "dq_service.watch", "reloaded: 3 partners")
    assert line["at"].endswith("Z")


def test_an_exception_is_told_by_its_code_alone(log: io.StringIO) -> None:
    try:
        raise ValueError("no such order: Aisha")
    except ValueError:
        logging.getLogger("dq_service.web").exception("it broke")
    (line,) = lines(log)
    assert "builtins.ValueError at" in line["said"]
    assert "test_logs.py" in line["said"]
    assert "such order: Aisha" not in line["said"].replace('raise ValueError("no such order: Aisha")', "")


def test_what_a_library_says_is_cut_to_its_own_words(log: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").error("cannot send %s", "Aisha")
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <Task exception=KeyError('Aisha')>")
    assert [line["said"] for line in lines(log)] == ["cannot send %s", "Task exception was never retrieved"]


@pytest.mark.parametrize("name", ["httpx2", "sqlalchemy.engine", "alembic.runtime.migration", "uvicorn.error"])
def test_libraries_are_silent_unless_something_is_wrong(log: io.StringIO, name: str) -> None:
    logging.getLogger(name).info("HTTP Request: POST https://example.com/?phone=4025385759")
    assert lines(log) == []


def test_text_where_it_is_wanted() -> None:
    out = io.StringIO()
    before, level = list(logging.getLogger().handlers), logging.getLogger().level
    try:
        assert configure("text", "warning", out) == "text"
        logging.getLogger("dq_service.x").warning("call 4025385759")
    finally:
        logging.captureWarnings(False)
        logging.getLogger().handlers[:] = before
        logging.getLogger().setLevel(level)
    assert out.getvalue().endswith(" warning  dq_service.x: call •••\n")


@pytest.mark.parametrize(("only_failed", "count"), [(False, 2), (True, 1)])
def test_requests_are_written_together(only_failed: bool, count: int) -> None:
    out = io.StringIO()

    async def two() -> None:
        requests = Requests("json", only_failed=only_failed, stream=out)
        requests.write(200, {"status": 200})
        requests.write(404, {"status": 404})
        assert out.getvalue() == ""
        await asyncio.sleep(0.2)

    asyncio.run(two())
    assert [line["status"] for line in lines(out)] == [200, 404][-count:]
