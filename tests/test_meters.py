"""Counts: they add up, wherever they were made."""

from dq_service.meters import Meters


def test_counts_of_several_add_up() -> None:
    one, other = Meters(), Meters()
    one.requests.add(("/v1/orders", "POST", "201"), 2)
    other.requests.add(("/v1/orders", "POST", "201"))
    other.requests.add(("/livez", "GET", "200"))
    one.groups.add(1)
    other.groups.add(3)
    other.groups.add(1000)
    total = one.plus([other.state()])
    assert total.requests.values == {("/v1/orders", "POST", "201"): 3, ("/livez", "GET", "200"): 1}
    assert total.groups.values == {(): [1, 0, 1, 0, 0, 0, 0, 1, 1004]}
    assert one.groups.values == {(): [1, 0, 0, 0, 0, 0, 0, 0, 1]}


def test_what_takes_a_place_goes_on_from_what_was_counted_there() -> None:
    dead, successor = Meters(), Meters()
    dead.request_seconds.add(0.2, ("/livez", "GET"))
    successor.go_on(dead.state())
    successor.request_seconds.add(0.2, ("/livez", "GET"))
    assert sum(successor.request_seconds.values["/livez", "GET"][:-1]) == 2
