"""Random histories of an order, compared step by step with a model; the long form is `tests.service.histories`."""

from tests.service.histories import live_through


def test_random_histories_end_as_the_model_says() -> None:
    stood = {place for seed in range(600) for place in live_through(seed)}
    assert stood == {"no order", "released", "held", "refused", "frozen", "cancelled", "closed"}
