"""Whoever is slow, or many, holds up nobody else; and whoever is answered when the server stops gets the answer."""

import http.client
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.web.impatient import LARGE, PATIENCE
from tests.web.served import environment, port_in

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server() -> Iterator["subprocess.Popen[str]"]:
    """The impatient server."""
    command = [sys.executable, "-m", "tests.web.impatient"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(), cwd=ROOT)
    yield process
    process.terminate()
    process.wait(15)
    assert process.stdout is not None
    process.stdout.close()


@pytest.fixture
def port(server: "subprocess.Popen[str]") -> int:
    assert server.stdout is not None
    return port_in(server.stdout.readline())


def opened(port: int, sent: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(sent)
    return connection


def all_of(connection: socket.socket) -> bytes:
    """What still comes until the server closes."""
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def asked(port: int, body: bytes = b"") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", "/", body)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", b""),
        (b"POST / HT", b"408"),
        (b"POST / HTTP/1.1\r\nHost: x\r\n", b"408"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{", b"408"),
    ],
    ids=["nothing", "half a line", "half a head", "half a body"],
)
def test_who_does_not_go_on_is_let_go(port: int, sent: bytes, status: bytes) -> None:
    with opened(port, sent) as connection:
        said = all_of(connection)
    assert said[9:12] == status
    assert not status or b"content-type: application/problem+json" in said


def test_a_head_without_end_is_refused(port: int) -> None:
    with opened(port, b"GET / HTTP/1.1\r\nX-Long: " + b"y" * 60_000) as connection:
        sleep(0.3)
        connection.sendall(b"y" * 6_000)
        said = all_of(connection)
    assert said.startswith(b"HTTP/1.1 431 ")
    assert b"yyyy" not in said


def test_who_drips_a_head_is_let_go(port: int) -> None:
    with opened(port, b"GET / HTTP/1.1\r\n") as connection:
        connection.settimeout(0.2)
        for _ in range(30):
            connection.sendall(b"X: y\r\n")
            with suppress(TimeoutError):
                said = connection.recv(100)
                break
        else:
            pytest.fail("it may go on for six seconds")
    assert said.startswith(b"HTTP/1.1 408 ")


def test_a_stream_of_orders_may_wait_longer(port: int) -> None:
    head = b"POST /v1/orders/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\n"
    with opened(port, head + b"{}") as connection:
        sleep(PATIENCE.pause + 2)
        connection.sendall(b"{}")
        assert all_of(connection).endswith(b"\r\n\r\n4")


def test_who_does_not_read_is_let_go(port: int) -> None:
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", port))
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        sleep(PATIENCE.reading + 3)
        connection.settimeout(5)
        assert len(all_of(connection)) < LARGE


def test_a_slow_answer_is_not_let_go(port: int) -> None:
    with opened(port, b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") as connection:
        assert all_of(connection)[9:12] == b"200"


def test_idle_connections_do_not_stop_the_service(port: int) -> None:
    with ExitStack() as idle:
        for _ in range(40):
            idle.enter_context(opened(port, b"POST / HTTP/1.1\r\nHost: x\r\n"))
        assert asked(port) == 200


def test_too_many_are_told_and_room_comes_back(port: int) -> None:
    with ExitStack() as idle:
        for _ in range(PATIENCE.connections):
            idle.enter_context(opened(port))
        with opened(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}") as one:
            said = all_of(one)
        assert said.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 1\r\n" in said
        sleep(PATIENCE.head + 1.5)  # those who say nothing have gone
        assert asked(port) == 200


def test_all_that_is_under_way_is_answered_when_the_server_stops(server: "subprocess.Popen[str]", port: int) -> None:
    """Clients that go on asking, some slowly: not one request is cut off; and each is told to go elsewhere."""
    told, broken, closing = threading.Event(), [], []

    def client(path: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.connect()
        while True:
            try:
                connection.request("POST", path, b"{}" * 1000)
                answer = connection.getresponse()
                answer.read()
            except OSError as error:
                broken.append(f"{path} {error!r}")
                return
            if answer.getheader("connection") == "close":
                closing.append(path)
                connection.close()
                return
            if told.is_set() and monotonic() > end:
                broken.append(f"{path} was not told to go")
                return

    end = monotonic() + 30
    threads = [threading.Thread(target=client, args=(path,)) for path in ("/", "/slow") for _ in range(8)]
    for thread in threads:
        thread.start()
    sleep(0.7)
    server.send_signal(signal.SIGTERM)
    told.set()
    for thread in threads:
        thread.join(20)
    assert broken == []
    assert len(closing) == 16
    assert server.wait(15) == 0


def test_a_second_signal_does_not_wait(server: "subprocess.Popen[str]", port: int) -> None:
    with opened(port, b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"):
        server.send_signal(signal.SIGTERM)
        sleep(0.2)
        server.send_signal(signal.SIGTERM)
        assert server.wait(3) == 0
