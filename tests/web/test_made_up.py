"""Whatever is asked, no fault and no echo; the long form is `make soak ARGS=asked`."""

from tests.web.made_up import ask_all
from tests.web.served import Served

EXAMPLES = 6


def test_no_fault_and_no_echo(served: Served) -> None:
    made = ask_all(served, EXAMPLES)
    print(f"{made.requests} requests, the slowest {made.slowest:.2f} s")
    assert made.requests > 150
    assert made.wrong == []
