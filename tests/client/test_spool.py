"""The spool: what is in it survives, stays in order, and is seen by all who share it; and it has an end."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from dq_service.client import Client
from dq_service.client.spool import Full, Spool, mark
from tests.client.keeper import Keeper, running

PATH = "/v1/orders?partner=acme"


def filled(folder: Path, count: int) -> Spool:
    spool = Spool(folder)
    for number in range(count):
        spool.add(mark("acme", str(number)), f"key-{number}", PATH, b'{"order_id": "%d"}' % number)
    return spool


def test_what_goes_in_comes_out_in_order(tmp_path: Path) -> None:
    names = filled(tmp_path, 20).names()
    spool = Spool(tmp_path)
    assert spool.names() == names
    entries = [spool.read(name) for name in names]
    assert [entry.key for entry in entries if entry] == [f"key-{number}" for number in range(20)]
    assert entries[3] is not None
    assert (entries[3].path, entries[3].body) == (PATH, b'{"order_id": "3"}')
    assert spool.oldest is not None
    assert abs(spool.oldest.timestamp() - time.time()) < 60
    for name in names:
        spool.done(name)
    assert (spool.waiting, spool.oldest, spool.names()) == (0, None, [])


def test_a_body_of_any_bytes_comes_out_as_it_went_in(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    body = bytes(range(256)) * 3 + b"\n\n"
    entry = spool.read(spool.add(mark("a"), "key", PATH, body))
    assert entry is not None
    assert entry.body == body


def test_a_clock_that_is_set_back_turns_nothing_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = filled(tmp_path, 3).names()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    again = Spool(tmp_path)
    later = [again.add(mark(str(number)), "key", PATH, b"{}") for number in range(3)]
    assert again.names() == [*first, *later]


def test_it_takes_no_more_than_its_limit(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limit=1000)
    with pytest.raises(Full):
        spool.add(mark("a"), "key", PATH, b"x" * 1000)
    name = spool.add(mark("a"), "key", PATH, b"x" * 800)
    with pytest.raises(Full):
        spool.add(mark("b"), "key", PATH, b"x" * 800)
    spool.done(name)
    spool.add(mark("b"), "key", PATH, b"x" * 800)
    with pytest.raises(Full):
        Spool(tmp_path, limit=1000).add(mark("c"), "key", PATH, b"x" * 800)


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    filled(folder, 1)
    modes = {path.name: path.stat().st_mode & 0o077 for path in [folder, *folder.iterdir()]}
    assert len(modes) == 4
    assert set(modes.values()) == {0}


def test_it_knows_which_orders_wait(tmp_path: Path) -> None:
    spool = filled(tmp_path, 2)
    assert spool.holds(mark("acme", "1"))
    assert not spool.holds(mark("acme", "2"))
    assert mark("a", "bc") != mark("ab", "c")


def test_processes_that_share_it_see_each_other(tmp_path: Path) -> None:
    one, other = Spool(tmp_path), Spool(tmp_path)
    assert (one.waiting, other.waiting) == (0, 0)
    name = one.add(mark("acme", "1"), "key", PATH, b"{}")
    time.sleep(0.25)  # it looks five times a second
    assert (other.waiting, other.holds(mark("acme", "1"))) == (1, True)
    other.done(name)
    time.sleep(0.25)
    assert (one.waiting, one.holds(mark("acme", "1"))) == (0, False)


def test_one_at_a_time_sends(tmp_path: Path) -> None:
    one, other = Spool(tmp_path), Spool(tmp_path)
    assert one.take_turn()
    assert not one.take_turn()
    assert not other.take_turn()
    one.end_turn()
    assert other.take_turn()
    other.end_turn()


def test_a_file_that_cannot_be_read_is_set_aside_and_holds_up_nobody(tmp_path: Path) -> None:
    names = filled(tmp_path, 3).names()
    (tmp_path / names[1]).write_bytes(b"not one of ours")
    spool = Spool(tmp_path)
    assert [spool.read(name) is None for name in names] == [False, True, False]
    (aside,) = spool.refused()
    assert (aside.name, aside.status, aside.why) == (names[1], 0, "the file cannot be read")
    assert spool.names() == [names[0], names[2]]


def test_half_a_file_is_no_order_and_goes_after_an_hour(tmp_path: Path) -> None:
    half = tmp_path / f".{filled(tmp_path, 1).names()[0]}.new"
    half.write_bytes(b"half")
    assert Spool(tmp_path).waiting == 1
    assert half.exists()
    os.utime(half, (1, 1))
    assert Spool(tmp_path).waiting == 1
    assert not half.exists()


def test_threads_lose_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    threads = [
        threading.Thread(target=lambda n=n: [spool.add(mark(f"{n}-{m}"), f"{n}-{m}", PATH, b"{}") for m in range(20)])
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keys = [entry.key for name in spool.names() if (entry := spool.read(name))]
    assert sorted(keys) == sorted(f"{n}-{m}" for n in range(8) for m in range(20))
    for n in range(8):
        own = [key for key in keys if key.startswith(f"{n}-")]
        assert own == [f"{n}-{m}" for m in range(20)], "each thread's orders stay in their order"
    assert spool.waiting == 160


# --- killed ---------------------------------------------------------------------------------------------------------

KEEPING = """
import sys
from dq_service.client import Client
client = Client(sys.argv[1], timeout=0.5, spool=sys.argv[2])
for number in range(int(sys.argv[3]), 10**9):
    answer = client.keep({"order_id": f"{number:06}", "partner": "acme"}, key=f"key-{number:06}")
    assert answer.spooled
    print(number, flush=True)
"""
SENDING = """
import sys
from dq_service.client import Client
Client(sys.argv[1], spool=sys.argv[2]).flush(60.0)
"""


def started(program: str, *given: object) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", program, *map(str, given)], stdout=subprocess.PIPE, text=True)


def killed(process: "subprocess.Popen[str]") -> list[str]:
    """SIGKILL; what it had printed in whole lines."""
    process.send_signal(signal.SIGKILL)
    assert process.stdout is not None
    said = process.stdout.read()
    process.stdout.close()
    process.wait(10)
    return said[: said.rfind("\n") + 1].splitlines()


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX's")
def test_what_was_acknowledged_survives_kill_9_and_arrives_once_and_in_order(tmp_path: Path) -> None:
    """A process that keeps orders is killed again and again while nobody answers, then those that send them are."""
    keeper = Keeper()
    with running(keeper):
        pass
    acknowledged: list[int] = []
    for round_ in range(3):
        process = started(KEEPING, keeper.url, tmp_path, 100_000 * round_)
        assert process.stdout is not None
        acknowledged += [int(process.stdout.readline()) for _ in range(10)]
        time.sleep(0.003 * round_)
        acknowledged += map(int, killed(process))
    assert len(acknowledged) >= 30
    with running(keeper):
        for _ in range(2):
            before = len(keeper.arrivals)
            process = started(SENDING, keeper.url, tmp_path)
            while len(keeper.arrivals) < before + 5 and process.poll() is None:
                time.sleep(0.002)
            killed(process)
        with Client(keeper.url, spool=tmp_path) as client:
            assert client.flush(30.0).waiting == 0
            assert list(client.spool.refused()) == [] if client.spool else False
    kept = [int(order_id) for order_id in keeper.order_ids]
    assert set(acknowledged) <= set(kept), "none is lost"
    assert kept == sorted(kept), "they came in order"
    assert len(kept) - len(acknowledged) <= 3, "at most the one that was being written when it was killed"
    assert all(len(bodies) == 1 for bodies in keeper.kept.values()), "none is two"
    assert {int(key.removeprefix("key-")) for key in keeper.keys} == set(kept), "under the keys that they were given"
    assert Counter(keeper.tries.values())[1] >= len(kept) - 2, "at most the one in flight is sent again"
