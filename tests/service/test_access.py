"""Callers: what roles may, what they see, and that their cursors tell nobody anything."""

import pytest

from dq_service.service.access import ALL, KEY_SCOPES, LOCAL, MAY, PERMISSIONS, Caller
from dq_service.service.cursors import LENGTH, Cursors
from dq_service.service.secret import Secret

ACME = Caller("key:aaaaaaaa", frozenset(KEY_SCOPES), "acme")
TERN = Caller("key:bbbbbbbb", frozenset(KEY_SCOPES), "tern")
TRIAL = Caller("key:cccccccc", frozenset(KEY_SCOPES), "acme", test=True)
HOUSE = Caller("key:dddddddd", ALL)


def test_each_role_may_what_the_one_below_it_may() -> None:
    assert MAY["partner"] < MAY["manager"] < MAY["admin"] == ALL == frozenset(PERMISSIONS)
    assert MAY["reviewer"] < MAY["manager"]
    assert "orders:write" not in MAY["partner"]


@pytest.mark.parametrize(
    ("caller", "seen"),
    [
        (ACME, [("acme", False)]),
        (TRIAL, [("acme", True)]),
        (HOUSE, [("acme", False), ("tern", False), ("", False)]),
        (LOCAL, [("acme", False), ("tern", False), ("", False)]),
    ],
    ids=["partner", "test", "house", "local"],
)
def test_what_is_there_for_whom(caller: Caller, seen: list[tuple[str, bool]]) -> None:
    every = [(partner, test) for partner in ("acme", "tern", "") for test in (False, True)]
    assert [one for one in every if caller.sees(*one)] == [one for one in every if one in seen]


def test_nobody_shares_an_idempotency_key_with_another() -> None:
    scopes = {caller.scope("acme") for caller in (ACME, TRIAL, HOUSE)}
    assert len(scopes) == 3
    assert HOUSE.scope("acme") != HOUSE.scope("tern")


def test_nobody_signs_with_another_name_alone() -> None:
    assert LOCAL.signed("ada") == "ada"
    assert ACME.signed("") == "key:aaaaaaaa"
    assert ACME.signed("user:usr_1") == "key:aaaaaaaa (user:usr_1)"


# --- cursors --------------------------------------------------------------------------------------------------------


def test_a_cursor_is_its_number_for_whoever_sees_everything() -> None:
    cursors = Cursors(Secret.new())
    assert cursors.told(17, "events", HOUSE) == 17
    assert cursors.place("17", "events", HOUSE) == 17


def test_a_partners_cursor_tells_nothing_and_is_theirs_alone() -> None:
    cursors = Cursors(Secret.new())
    told = {cursors.told(17, "events", ACME) for _ in range(20)}
    assert len(told) == 20  # that nothing has happened elsewhere is not told either
    one = str(told.pop())
    assert len(one) == LENGTH
    assert cursors.place(one, "events", ACME) == 17
    assert cursors.place("0", "events", ACME) == 0


@pytest.mark.parametrize("caller", [TERN, TRIAL, HOUSE, Caller("key:x", ALL, "")], ids=lambda one: one.name)
def test_another_cannot_use_it(caller: Caller) -> None:
    cursors = Cursors(Secret.new())
    one = str(cursors.told(17, "events", ACME))
    with pytest.raises(ValueError, match="cursor"):
        cursors.place(one, "events", caller)
    with pytest.raises(ValueError, match="cursor"):
        cursors.place(one, "orders", ACME)
    with pytest.raises(ValueError, match="cursor"):
        Cursors(Secret.new()).place(one, "events", ACME)


@pytest.mark.parametrize("told", ["", "17", "x" * LENGTH, "é" * LENGTH, "=" * LENGTH, "١٧"])
def test_what_is_no_cursor(told: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        Cursors(Secret.new()).place(told, "events", ACME)
