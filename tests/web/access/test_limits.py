"""So many a second, and after a pause as many at once."""

import pytest

from dq_service.web.access import limits
from dq_service.web.access.limits import Limit


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def taken(limit: Limit, clock: Clock, name: str, *, seconds: float, each: float) -> int:
    count, end = 0, clock.now + seconds
    while clock.now < end:
        count += limit.wait(name) == 0.0
        clock.now += each
    return count


def test_at_once_and_then_by_and_by(clock: Clock) -> None:
    limit = Limit(10, 10, clock)
    assert [limit.wait("a") for _ in range(10)] == [0.0] * 10
    assert limit.wait("a") == pytest.approx(0.1, abs=1e-6)
    assert limit.waits("a") == pytest.approx(0.1, abs=1e-6)
    assert limit.wait("b") == 0.0  # each for itself
    clock.now += 0.1
    assert limit.waits("a") == 0.0
    assert limit.wait("a") == 0.0
    assert limit.wait("a") > 0


def test_over_a_while_it_is_the_rate(clock: Clock) -> None:
    limit = Limit(10, 10, clock)
    assert taken(limit, clock, "a", seconds=10, each=0.001) == pytest.approx(110, abs=1)
    assert taken(limit, clock, "a", seconds=10, each=0.001) == pytest.approx(100, abs=1)


def test_less_than_one_a_second(clock: Clock) -> None:
    limit = Limit(0.5, 0.5, clock)
    assert limit.wait("a") == 0.0
    assert limit.wait("a") == pytest.approx(2.0)


def test_what_was_refused_does_not_count(clock: Clock) -> None:
    limit = Limit(1, 1, clock)
    limit.wait("a")
    assert [limit.wait("a") for _ in range(50)] == [pytest.approx(1.0)] * 50
    limit.forget("a")
    assert limit.wait("a") == 0.0


def test_names_are_not_remembered_without_end(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST", 100)
    limit = Limit(1, 5, clock)
    for name in range(1000):
        limit.wait(name)
        clock.now += 0.001
    assert len(limit._empty_at) <= 100
    assert limit.wait(999) == 0.0
