"""Both clients against a real server: what is answered, tried again, put by, sent later, and never lost or doubled."""

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dq_service.client import (
    AsyncClient,
    Client,
    Forbidden,
    NotFound,
    NotKept,
    Refused,
    Unavailable,
)
from dq_service.client.spool import Spool
from tests.client.conftest import Make, an_order
from tests.client.keeper import Keeper, problem, running


def wait_until(holds: Callable[[], bool], seconds: float = 8.0) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not come to that"
        time.sleep(0.01)


@pytest.fixture
def dead_url() -> Iterator[str]:
    """A port that is taken and at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@contextmanager
def socket_server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server below HTTP: what `answer` does with each connection."""
    connections = []
    threads = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                connections.append(connection)
                threads.append(threading.Thread(target=answer, args=(connection,), daemon=True))
                threads[-1].start()

        accepting = threading.Thread(target=serve, daemon=True)
        accepting.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        accepting.join()
    for connection in connections:
        connection.close()


AWAY = (503, problem(**{"retry-after": "1"}))  # for a client that has less time, this is no answer


# --- an answer ------------------------------------------------------------------------------------------------------


def test_an_order_is_kept_and_answered(make: Make, keeper: Keeper) -> None:
    client = make(keeper.url, key="secret", partner="tern")
    answer = client.keep(an_order(1, price=Decimal("19.90")))
    assert (answer.verdict, answer.action, answer.id, answer.revision) == ("clean", "release", "ord_A-1", 1)
    assert answer.order["price"] == 19.9
    assert not answer.unchecked
    assert not answer.repeat
    assert keeper.headers["authorization"] == "Bearer secret"
    assert list(keeper.kept) == [("tern", "A-1")], "the client's partner wins"
    assert client.keep(an_order(1, price=Decimal("19.90"))).repeat


def test_bytes_go_as_they_are(make: Make, keeper: Keeper) -> None:
    raw = b'{ "order_id" : "A-1", "partner" : "acme" }'
    make(keeper.url).keep(raw)
    assert keeper.kept[("acme", "A-1")] == [raw]


def test_half_a_character_and_a_long_number_are_sent(make: Make, keeper: Keeper) -> None:
    order = an_order(1, gift_message="\ud800", count=2**70)
    assert make(keeper.url).keep(order).verdict == "clean"
    assert json.loads(keeper.kept[("acme", "A-1")][0]) == order


def test_a_check_keeps_nothing(make: Make, keeper: Keeper) -> None:
    answer = make(keeper.url).check(an_order())
    assert (answer.verdict, answer.id) == ("clean", None)
    assert keeper.kept == {}


def test_a_value_that_is_no_json_is_wrong_use(make: Make, keeper: Keeper) -> None:
    with pytest.raises(TypeError):
        make(keeper.url).keep({"order_id": object()})


# --- tried again ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [409, 429, 502, 503, 504, 500, "page", "half", "kept, half", (302, {})])
def test_what_may_pass_is_asked_again_under_the_same_key(make: Make, keeper: Keeper, failure: Any) -> None:
    keeper.next = [failure, failure]
    answer = make(keeper.url).keep(an_order())
    assert answer.verdict == "clean"
    assert list(keeper.tries.values()) == [3], "one key"
    assert len(keeper.kept[("acme", "A-1")]) == 1
    assert answer.repeat is (failure == "kept, half")


def test_retry_after_is_waited_for(make: Make, keeper: Keeper) -> None:
    keeper.next = [(503, problem(**{"retry-after": "1"}))]
    begun = time.monotonic()
    assert make(keeper.url).keep(an_order()).verdict == "clean"
    assert 1.0 <= time.monotonic() - begun < 2.0


def test_a_key_of_the_callers_own_is_used(make: Make, keeper: Keeper) -> None:
    make(keeper.url).keep(an_order(), key="mine-1")
    assert list(keeper.keys) == ["mine-1"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Refused), (401, Forbidden), (403, Forbidden), (404, NotFound), (413, Refused), (422, Refused)],
)
def test_a_refusal_is_told_and_not_spooled(make: Make, keeper: Keeper, status: int, kind: type[Refused]) -> None:
    client = make(keeper.url)
    keeper.next = [status]
    with pytest.raises(kind) as told:
        client.keep(an_order())
    assert (told.value.status, told.value.detail) == (status, "no")
    assert client.spool.waiting == 0


# --- nobody answers -------------------------------------------------------------------------------------------------


def silent(connection: socket.socket) -> None:
    """It is connected, and that is all."""


def trickling(connection: socket.socket) -> None:
    """A byte of a header every tenth of a second: each read is quick, the whole is not."""
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\nx-slow: ")
        for _ in range(50):
            connection.sendall(b"a")
            time.sleep(0.1)
    except OSError:
        pass


def dripping(connection: socket.socket) -> None:
    """The same with the body."""
    try:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n")
        for _ in range(50):
            connection.sendall(b" ")
            time.sleep(0.1)
    except OSError:
        pass


@pytest.mark.parametrize("answer", [silent, trickling, dripping])
def test_nobody_waits_longer_than_asked(make: Make, answer: Callable[..., None]) -> None:
    with socket_server(answer) as url:
        client = make(url, timeout=0.1)
        client.check(an_order())  # the first loads HTTP
        for verb in ("check", "keep"):
            begun = time.monotonic()
            told = getattr(client, verb)(an_order())
            assert time.monotonic() - begun < 0.6
            assert (told.verdict, told.action, told.unchecked) == (None, "release", True)
            assert told.order == an_order()
            assert told.spooled is (verb == "keep")
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            client.get("ord_1")
        assert time.monotonic() - begun < 0.6


def test_an_open_circuit_makes_nobody_wait(make: Make) -> None:
    with socket_server(silent) as url:
        client = make(url, timeout=0.05, on_unavailable="pass")
        for number in range(5):
            client.keep(an_order(number))
        begun = time.monotonic()
        for number in range(200):
            assert client.keep(an_order(number)).unchecked
        assert time.monotonic() - begun < 2, "and not 0.05 seconds each"


def test_a_name_that_nobody_knows_is_an_absence(make: Make) -> None:
    answer = make("http://dq.invalid", on_unavailable="pass", timeout=1.0).keep(an_order())
    assert answer.unchecked
    assert "no answer" in answer.why or "away" in answer.why


def test_block_asks_until_there_is_an_answer(make: Make, keeper: Keeper) -> None:
    client = make(keeper.url, on_unavailable="block", timeout=0.2)
    keeper.next = ["hang", 503, "half", 502]
    begun = time.monotonic()
    assert client.keep(an_order()).verdict == "clean"
    assert time.monotonic() - begun > 0.2
    assert list(keeper.tries.values()) == [5]


def test_block_does_not_ask_for_ever_over_a_fault(make: Make, keeper: Keeper) -> None:
    keeper.always = 500
    with pytest.raises(Unavailable, match="500"):
        make(keeper.url, on_unavailable="block").keep(an_order())


# --- the spool ------------------------------------------------------------------------------------------------------


def test_what_was_spooled_is_sent_by_itself_in_order_under_its_keys(make: Make) -> None:
    keeper = Keeper()
    with running(keeper):
        pass
    client = make(keeper.url, timeout=0.3)
    answers = [client.keep(an_order(number), key=f"key-{number:02}") for number in range(30)]
    assert all(answer.unchecked and answer.spooled for answer in answers)
    assert client.spool.waiting == 30
    with running(keeper):
        wait_until(lambda: client.spool.waiting == 0)
    assert keeper.order_ids == [f"A-{number}" for number in range(30)]
    assert list(keeper.keys) == [f"key-{number:02}" for number in range(30)]


def test_an_order_that_arrived_unseen_is_not_sent_as_a_second(make: Make, keeper: Keeper) -> None:
    client = make(keeper.url, timeout=0.3)
    keeper.next = ["kept, half", "hang"]
    assert client.keep(an_order(), key="mine").spooled
    client.flush(5.0)
    assert keeper.kept == {("acme", "A-1"): [json.dumps(an_order(), separators=(",", ":")).encode()]}
    assert list(keeper.keys) == ["mine"]


def test_a_newer_body_does_not_overtake_one_that_waits(make: Make, keeper: Keeper) -> None:
    client = make(keeper.url, timeout=0.3)
    keeper.always = AWAY
    client.keep(an_order(1, version="one"))
    wait_until(lambda: len(keeper.arrivals) >= 2)  # the background has tried it too, and rests for a second
    keeper.always = None
    answer = client.keep(an_order(1, version="two"))
    assert (answer.spooled, answer.why) == (True, "an earlier body of this order still waits")
    assert client.keep(an_order(2)).verdict == "clean", "other orders are not held up"
    client.flush(5.0)
    wait_until(lambda: client.spool.waiting == 0)
    assert [json.loads(body)["version"] for body in keeper.kept[("acme", "A-1")]] == ["one", "two"]


def test_what_the_service_refuses_for_good_is_set_aside_and_seen(
    make: Make, keeper: Keeper, caplog: pytest.LogCaptureFixture
) -> None:
    client = make(keeper.url, timeout=0.3)
    keeper.always = AWAY
    for number in range(3):
        client.keep(an_order(number))
    keeper.refuses = {"A-1": 413}
    keeper.always = None
    client.flush(5.0)
    wait_until(lambda: client.spool.waiting == 0)
    assert keeper.order_ids == ["A-0", "A-2"]
    (refused,) = client.spool.refused()
    assert (refused.status, refused.why, json.loads(refused.body)) == (413, "no", an_order(1))
    assert [one.levelname for one in caplog.records if "set aside" in one.message][:1] == ["ERROR"]
    keeper.refuses = {}
    client.spool.put_back(refused.name)
    client.flush(5.0)
    wait_until(lambda: client.spool.waiting == 0)
    assert keeper.order_ids == ["A-0", "A-2", "A-1"]
    assert list(client.spool.refused()) == []


def test_a_key_that_is_no_longer_good_sets_nothing_aside(make: Make, keeper: Keeper) -> None:
    client = make(keeper.url, timeout=0.3)
    keeper.always = AWAY
    client.keep(an_order())
    keeper.always = 401
    for _ in range(8):
        assert client.flush(0.0).waiting == 1
    assert list(client.spool.refused()) == []


def test_an_order_that_the_service_fails_over_does_not_hold_up_the_others(make: Make, keeper: Keeper) -> None:
    client = make(keeper.url, timeout=0.4)
    keeper.always = AWAY
    for number in range(3):
        client.keep(an_order(number))
    keeper.refuses = {"A-0": 500}
    keeper.always = None
    client.flush(20.0)
    wait_until(lambda: client.spool.waiting == 0, 20)
    assert keeper.order_ids == ["A-1", "A-2"]
    assert [one.status for one in client.spool.refused()] == [500]


def test_a_full_spool_says_so_and_gives_what_there_is(make: Make, dead_url: str) -> None:
    client = make(dead_url, timeout=0.2, spool_limit=500)
    assert client.keep(an_order(1)).spooled
    assert client.keep(an_order(2)).spooled
    with pytest.raises(NotKept, match="limit of 500 bytes") as told:
        client.keep(an_order(3))
    assert told.value.answer.order == an_order(3)
    assert (told.value.answer.action, told.value.answer.spooled) == ("release", False)


def test_a_spool_that_went_away_says_so(make: Make, dead_url: str, tmp_path: Path) -> None:
    client = make(dead_url, timeout=0.2)
    (tmp_path / "spool").rename(tmp_path / "elsewhere")
    with pytest.raises(NotKept, match="cannot be written"):
        client.keep(an_order(1))
    (tmp_path / "elsewhere").rename(tmp_path / "spool")
    assert client.keep(an_order(1)).spooled


def test_the_next_client_sends_what_the_last_one_left(make: Make, tmp_path: Path) -> None:
    keeper = Keeper()
    with running(keeper):
        pass
    with Client(keeper.url, timeout=0.2, spool=tmp_path / "spool") as first:
        first.keep(an_order(7), key="left")
    with running(keeper):
        client = make(keeper.url)
        wait_until(lambda: client.spool.waiting == 0)
    assert list(keeper.keys) == ["left"]


# --- many at once ---------------------------------------------------------------------------------------------------


def test_a_batch_is_answered_in_order(make: Make, keeper: Keeper) -> None:
    orders = [an_order(number) for number in range(450)]
    answers = list(make(keeper.url).keep_many(iter(orders)))
    assert [answer.order for answer in answers] == orders
    assert [path for _, path, _ in keeper.arrivals] == ["/v1/orders/batch"] * 3


def test_lines_that_fail_are_told_and_those_that_may_pass_are_sent_again(make: Make, keeper: Keeper) -> None:
    keeper.refuses = {"A-1": 413, "A-2": 503}
    answers = list(make(keeper.url).keep_many(an_order(number) for number in range(4)))
    assert [answer.verdict for answer in answers] == ["clean", None, "clean", "clean"]
    assert (answers[1].unchecked, answers[1].raw["status"], answers[1].why) == (True, 413, "no")
    assert [len(body.splitlines()) for _, _, body in keeper.arrivals] == [4, 1]


def test_a_batch_that_nobody_takes_is_spooled(make: Make, keeper: Keeper) -> None:
    client = make(keeper.url, timeout=0.3)
    keeper.always = "hang"
    answers = list(client.keep_many([an_order(1), b'{\n"order_id": "A-2", "partner": "acme"}'], timeout=0.3))
    assert [(answer.spooled, answer.order["order_id"]) for answer in answers] == [(True, "A-1"), (True, "A-2")]
    with pytest.raises(Unavailable):
        list(client.keep_many([an_order(3)], timeout=0.3, backfill=True))
    keeper.always = None
    client.flush(5.0)
    wait_until(lambda: client.spool.waiting == 0)
    assert keeper.order_ids == ["A-1", "A-2"]


# --- what is not told -----------------------------------------------------------------------------------------------


def test_the_log_has_no_url_and_no_order(make: Make, keeper: Keeper, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    client = make(keeper.url, key="secret", partner="tern", timeout=0.3)
    client.keep(an_order(1))
    keeper.always = AWAY
    client.keep(an_order(2))
    keeper.always = None
    client.flush(5.0)
    wait_until(lambda: client.spool.waiting == 0)
    wait_until(lambda: "is empty" in caplog.text)
    said = "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith("uvicorn"))
    assert all(word not in said for word in (keeper.url, "tern", "secret", "A-1", "A-2", "Omaha"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "dq.example.com"},
        {"url": "ftp://x"},
        {"url": "http://u:p@x"},
        {"timeout": 0},
        {"on_unavailable": "hope"},
    ],
)
def test_wrong_use_is_told_at_once(wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"wanted|seconds|one of"):
        Client(**{"url": "http://x", "spool": tmp_path, **wrong})


# --- many at the same time ------------------------------------------------------------------------------------------


def test_threads_with_a_service_that_fails_lose_and_double_nothing(keeper: Keeper, tmp_path: Path) -> None:
    """Every third request fails in one way or the other, some after the order was kept."""
    keeper.next = [None, "half", None, 503, None, None, "kept, half", 500, None] * 40
    answers: list[Any] = []
    with Client(keeper.url, spool=tmp_path, timeout=5.0) as client:

        def keep(first: int) -> None:
            answers.extend(client.keep(an_order(number)) for number in range(first, first + 15))

        threads = [threading.Thread(target=keep, args=(100 * n,)) for n in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == 180
        assert client.flush(10.0).waiting == 0
    assert sorted(keeper.order_ids) == sorted(f"A-{100 * n + m}" for n in range(12) for m in range(15))
    assert all(len(bodies) == 1 for bodies in keeper.kept.values())
    assert len(keeper.keys) == 180, "one key an order, however often it was sent"


async def all_at_once(url: str, folder: Path) -> tuple[list[Any], float]:
    async with AsyncClient(url, spool=folder, timeout=0.5) as client:
        begun = time.monotonic()
        answers = await asyncio.gather(*(client.keep(an_order(number)) for number in range(400)))
        return answers, time.monotonic() - begun


def test_four_hundred_at_once_are_all_spooled(dead_url: str, tmp_path: Path) -> None:
    answers, took = asyncio.run(all_at_once(dead_url, tmp_path))
    assert all(answer.spooled for answer in answers)
    assert Spool(tmp_path).waiting == 400
    assert took < 8, "and not one after the other"


def test_the_folder_of_a_spool_stays_when_the_key_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits must be found again by the client with the new key, and by no client of another partner."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folders = []
    for key, partner in (("old", "acme"), ("new", "acme"), ("new", "tern")):
        with Client("http://127.0.0.1:9/", key, partner) as client:
            assert client.spool is not None
            folders.append(client.spool.folder)
    assert folders[0] == folders[1] != folders[2]
