"""What is tried again, when, and when that is given up: the conversations without a network, on a clock of the test."""

import math
from collections.abc import Sequence
from typing import Any

import pytest

from dq_service.client import Refused, Unavailable
from dq_service.client.asking import AGAIN, Asking
from dq_service.client.circuit import FIRST_REST, LONGEST_REST, THRESHOLD, Circuit
from dq_service.client.wire import Ask, NoReply, Pause, Reply, Request

JSON = {"content-type": "application/json"}
GOOD = Reply(200, JSON, b"{}")
REQUEST = Request("POST", "/v1/orders", b"{}", {"Idempotency-Key": "one"})
BROKEN = NoReply("ReadError")


class Line:
    """A line to a service that gives these replies, the last one for ever; it keeps the time of everything."""

    def __init__(self, replies: Sequence[Any], chance: float = 1.0, takes: float = 0.0, timeout: float = 2.0) -> None:
        self.now = 0.0
        self.asked: list[Ask] = []
        self.pauses: list[float] = []
        self._replies = list(replies)
        self._takes = takes
        self.asking = Asking(timeout, clock=lambda: self.now, chance=lambda: chance)

    def get(self, request: Request = REQUEST, **options: Any) -> Any:
        conversation = self.asking.answer(request, lambda reply: reply.status, **options)
        outcome = None
        try:
            while True:
                step = conversation.send(outcome)
                if isinstance(step, Pause):
                    self.pauses.append(step.seconds)
                    self.now += step.seconds
                    outcome = None
                else:
                    assert isinstance(step, Ask)
                    self.asked.append(step)
                    self.now += min(self._takes, step.within)
                    outcome = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        except StopIteration as end:
            return end.value


def status(code: int, **headers: str) -> Reply:
    return Reply(code, {**JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}, b"{}")


@pytest.mark.parametrize("code", sorted(AGAIN))
def test_pauses_double_and_the_key_stays(code: int) -> None:
    line = Line([status(code)] * 3 + [GOOD])
    assert line.get() == 200
    assert line.pauses == [0.1, 0.2, 0.4]
    assert {ask.request.headers["Idempotency-Key"] for ask in line.asked} == {"one"}


def test_the_pause_is_anything_up_to_that() -> None:
    assert Line([BROKEN, BROKEN, GOOD], chance=0.0).get() == 200
    line = Line([BROKEN, BROKEN, GOOD], chance=0.5)
    line.get()
    assert line.pauses == [0.05, 0.1]


def test_a_post_has_a_key_and_a_get_has_none() -> None:
    line = Line([GOOD])
    line.get(Request("POST", "/v1/orders/ord_1/cancel"))
    line.get(Request("GET", "/v1/orders/ord_1"))
    assert len(line.asked[0].request.headers["Idempotency-Key"]) == 32
    assert "Idempotency-Key" not in line.asked[1].request.headers


def test_it_is_given_up_before_the_time_is_up() -> None:
    line = Line([BROKEN], takes=0.3)
    with pytest.raises(Unavailable, match="ReadError"):
        line.get()
    assert line.now <= 2.0
    assert len(line.asked) > 2
    assert all(ask.within <= 2.0 for ask in line.asked)


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        (status(503, retry_after="1"), 1.0),
        (status(429, retry_after="Tue, 01 Dec 2026 18:00:01 GMT", date="Tue, 01 Dec 2026 18:00:00 GMT"), 1.0),
        (status(429, retry_after="soon"), 0.0),
        (status(429, retry_after="-5"), 0.0),
    ],
)
def test_retry_after_comes_on_top_of_the_pause(reply: Reply, seconds: float) -> None:
    line = Line([reply, GOOD])
    line.get()
    assert line.pauses == [seconds + 0.1]


def test_a_retry_after_beyond_the_end_is_not_waited_for() -> None:
    line = Line([status(503, retry_after="30")])
    with pytest.raises(Unavailable) as told:
        line.get()
    assert (line.now, told.value.retry_after, told.value.status) == (0.0, 30.0, 503)


def test_a_conflict_passes_only_where_a_key_may_be_in_flight() -> None:
    conflict = Reply(409, {"content-type": "application/problem+json"}, b'{"detail": "It is frozen."}')
    assert Line([conflict, GOOD]).get() == 200
    cancel = Request("POST", "/v1/orders/ord_1/cancel")
    with pytest.raises(Refused, match="frozen"):
        Line([conflict, GOOD]).get(cancel)
    in_flight = Reply(409, {**conflict.headers, "retry-after": "0"}, conflict.body)
    assert Line([in_flight, GOOD]).get(cancel) == 200


@pytest.mark.parametrize("code", [200, 401, 403, 404, 302])
def test_what_is_not_the_services_own_is_no_answer(code: int) -> None:
    """An error page of a proxy must not pass for a refusal, nor for a result."""

    def read(reply: Reply) -> Any:
        from dq_service.client.asking import Unreadable

        if reply.kind != "application/json":
            raise Unreadable
        return reply.status

    line = Line([Reply(code, {"content-type": "text/html"}, b"<html>"), GOOD])
    conversation = line.asking.answer(REQUEST, read)
    next(conversation)
    assert isinstance(conversation.send(Reply(code, {"content-type": "text/html"}, b"<html>")), Pause)


@pytest.mark.parametrize(
    ("reply", "tries"),
    [(NoReply("ConnectError", reached=False), 2), (status(503), 2), (status(429), 2), (BROKEN, 1), (status(502), 1)],
)
def test_what_must_not_be_done_twice_is_asked_again_only_if_it_was_not_heard(reply: Any, tries: int) -> None:
    line = Line([reply, GOOD])
    if tries == 1:
        with pytest.raises(Unavailable):
            line.get(once=True)
    else:
        assert line.get(once=True) == 200
    assert len(line.asked) == tries


def test_without_an_end_it_goes_on_through_an_open_circuit() -> None:
    line = Line([BROKEN] * 40 + [GOOD], takes=0.1)
    assert line.get(ends=math.inf) == 200
    assert len(line.asked) == 41
    assert all(ask.within == 2.0 for ask in line.asked)


def test_the_last_reason_is_told_and_not_that_the_circuit_opened() -> None:
    line = Line([BROKEN], chance=0.0)
    with pytest.raises(Unavailable, match="ReadError"):
        line.get()
    with pytest.raises(Unavailable, match="away") as told:
        line.get()
    assert told.value.retry_after > 0
    assert len(line.asked) == THRESHOLD


# --- the circuit ----------------------------------------------------------------------------------------------------


def opened() -> Circuit:
    circuit = Circuit()
    for _ in range(THRESHOLD):
        assert circuit.wait(0.0) == 0.0
        circuit.failed(0.0)
    return circuit


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    circuit = Circuit()
    for _ in range(THRESHOLD - 1):
        circuit.failed(0.0)
    circuit.succeeded()
    circuit.failed(0.0)
    assert not circuit.open
    assert opened().wait(0.5) == FIRST_REST - 0.5


def test_one_call_at_a_time_tries_and_rests_grow() -> None:
    circuit, now, rests = opened(), 0.0, []
    for _ in range(8):
        rests.append(circuit.wait(now))
        now += rests[-1]
        assert circuit.wait(now) == 0.0
        assert circuit.wait(now) > 0.0, "the second one does not go through"
        circuit.failed(now)
    assert rests == [1.0, 1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_REST, LONGEST_REST]


def test_many_that_fail_at_once_make_no_long_rest() -> None:
    circuit = opened()
    for _ in range(100):
        circuit.failed(0.0)
    assert circuit.wait(0.0) == FIRST_REST


def test_it_closes_with_the_first_answer_and_rests_shortly_next_time() -> None:
    circuit = opened()
    assert circuit.wait(60.0) == 0.0
    circuit.succeeded()
    assert not circuit.open
    for _ in range(THRESHOLD):
        circuit.failed(100.0)
    assert circuit.wait(100.0) == FIRST_REST


def test_retry_after_lengthens_the_rest_within_reason() -> None:
    circuit = opened()
    circuit.failed(0.0, retry_after=3600.0)
    assert circuit.wait(0.0) == LONGEST_REST
