"""When a delivery, and when a receiver, is tried again."""

from random import Random

from dq_service.service.retries import DOWN_AFTER, PROBES, SCHEDULE, WIDTH, Health, wait_after

DAY = 86_400


def test_the_attempts_of_a_delivery_take_three_days() -> None:
    for seed in range(200):
        random = Random(seed)
        waits = [wait_after(attempts, random) for attempts in range(1, len(SCHEDULE) + 1)]
        assert all(0.5 * planned <= (wait or 0) <= 1.5 * planned for wait, planned in zip(waits, SCHEDULE, strict=True))
    assert 3 * DAY <= sum(SCHEDULE) <= 3.5 * DAY
    assert wait_after(len(SCHEDULE) + 1, Random(1)) is None


def test_waits_are_spread() -> None:
    random = Random(1)
    waits = [wait_after(2, random) or 0 for _ in range(1000)]
    assert min(waits) < 165
    assert max(waits) > 435
    assert 290 < sum(waits) / len(waits) < 310


def test_a_receiver_that_works_has_its_whole_width() -> None:
    health = Health()
    assert [health.free(0, busy) for busy in (0, 3, WIDTH, WIDTH + 1)] == [WIDTH, WIDTH - 3, 0, 0]


def test_a_receiver_is_down_after_failures_in_a_row_only() -> None:
    health, random = Health(), Random(1)
    for _ in range(10):
        for _ in range(DOWN_AFTER - 1):
            health.failed(0, 0, random)
        assert not health.down
        health.accepted(0)
    for _ in range(DOWN_AFTER):
        health.failed(0, 0, random)
    assert health.down
    assert health.free(0, 0) == 0
    assert health.free(PROBES[0] * 1.2, 0) == 1
    assert health.free(PROBES[0] * 1.2, 1) == 0


def test_probes_become_rarer_but_never_rarer_than_the_last() -> None:
    health, random, now, waits = Health(), Random(1), 0.0, []
    for _ in range(DOWN_AFTER - 1):
        health.failed(now, 0, random)
    for _ in range(10):
        health.failed(now, 0, random)
        waits.append(health.quiet_until - now)
        now = health.quiet_until
    planned = [*PROBES, *[PROBES[-1]] * (10 - len(PROBES))]
    assert all(0.8 * plan <= wait <= 1.2 * plan for plan, wait in zip(planned, waits, strict=True))


def test_attempts_that_fail_together_count_as_one_probe() -> None:
    health, random = Health(), Random(1)
    for _ in range(WIDTH):
        health.failed(100.0, 0, random)
    assert health.quiet_until <= 100 + PROBES[0] * 1.2


def test_it_is_trusted_again_step_by_step() -> None:
    health, random = Health(), Random(1)
    for _ in range(DOWN_AFTER):
        health.failed(0, 0, random)
    widths = []
    for _ in range(4):
        health.accepted(1000)
        widths.append(health.free(1000, 0))
    assert widths == [2, 4, 8, 8]


def test_only_a_long_outage_makes_what_failed_due_at_once() -> None:
    for lasted, back in ((30.0, False), (90.0, True)):
        health, random = Health(), Random(1)
        for _ in range(DOWN_AFTER):
            health.failed(0, 0, random)
        health.accepted(lasted)
        assert health.back is back


def test_a_receiver_that_asks_for_time_gets_it() -> None:
    health = Health()
    health.failed(10, 120, Random(1))
    assert health.free(129, 0) == 0
    assert health.free(130, 0) == WIDTH
