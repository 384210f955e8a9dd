"""How values read on a page."""

from datetime import UTC, datetime, timedelta

import pytest

from dq_service.web.pages.wording import added, label, removed, seen, until

NOW = datetime(2026, 12, 1, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(12, "now"), (45, "in 45 s"), (720, "in 12 min"), (-720, "12 min ago"), (7500, "in 2 h 5 min"),
     (90_000, "in 1 d 1 h"), (86_400 * 5, "in 5 d"), (3600, "in 1 h")],
)  # fmt: skip
def test_how_far_off(seconds: int, told: str) -> None:
    assert until(NOW + timedelta(seconds=seconds), NOW) == told


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Omaha", "Omaha"),
        ("<b>", "&lt;b&gt;"),
        ("Zoë", "Zoë"),
        (None, ""),
        (3, "3"),
        ({"a": 1}, "{&#34;a&#34;:1}"),
        ("a\u00a0b", 'a<span class="unseen" title="U+00A0">NBSP</span>b'),
        ("a ", 'a<span class="unseen" title="a space at the edge">·</span>'),
        ("\u202ex", '<span class="unseen" title="U+202E">U+202E</span>x'),
    ],
    ids=repr,
)
def test_what_cannot_be_seen_is_shown(value: object, shown: str) -> None:
    assert str(seen(value)) == shown


def test_a_difference_within_and_of_the_whole() -> None:
    assert str(removed("Omhaa", "Omaha")) == "Omha<del>a</del>"
    assert str(added("Omhaa", "Omaha")) == "Om<ins>a</ins>ha"
    assert str(added("", "Omaha")) == "<ins>Omaha</ins>"
    assert str(removed("Omaha", "Tulsa")) == "<del>Omaha</del>"
    assert str(removed("a <b", "a <c")) == "a &lt;<del>b</del>"
    assert str(removed("12 Main  St", "12 Main St")) in ("12 Main<del> </del> St", "12 Main <del> </del>St")


@pytest.mark.parametrize(
    ("path", "told"),
    [("ship_to.address.city", "City"), ("items[0].sku", "Item 1 SKU"), ("items[*].quantity", "Item quantity"),
     ("ship_from.address.line1", "Ship from street"), ("window", "Window"), ("own_field", "Own field")],
)  # fmt: skip
def test_a_field_in_words(path: str, told: str) -> None:
    assert label(path) == told
