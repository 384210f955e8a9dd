"""A rule's examples hold it to what it says: each way of being half a rule has its complaint."""

from dataclasses import replace

import pytest

from dq_service.engine.engine import Engine
from dq_service.engine.proof import differing, prove_rule
from dq_service.engine.rule import BadExample, Examples


def complaints(engine: Engine, *, good: list[dict[str, object]] | None = None, **bad: object) -> str:
    rule = engine.rulebook.by_code["ADR021"]
    example = BadExample(
        **{
            "given": {"ship_to.address.city": "Omhaa"},
            "becomes": {},
            "suggests": (),
            "companions": (),
            "line": 7,
            **bad,
        }  # type: ignore[arg-type]
    )
    examples = Examples(rule.examples.on, tuple(good or ()), (example,))
    return "\n".join(str(problem) for problem in prove_rule(engine, replace(rule, examples=examples)))


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"becomes": {"ship_to.address.city": "Omaha"}}, ""),
        ({"becomes": {"ship_to.address.city": "Lincoln"}}, "becomes ship_to.address.city='Omaha', not 'Lincoln'"),
        ({}, "comes out as repaired, not open"),
        ({"suggests": ({"ship_to.address.city": "Omaha"},)}, "comes out as repaired, not suggested"),
        ({"given": {"ship_to.address.city": "Omaha"}}, "gives no findings of ADR021; one is wanted"),
        (
            {
                "given": {"ship_to.address.city": "Omhaa", "ship_to.address.line1": "Ida Street"},
                "becomes": {"ship_to.address.city": "Omaha"},
            },
            "is also found by ADR003 number-missing (open): no house number in 'Ida Street'; "
            "if rightly, name it under `with`",
        ),
        (
            {"becomes": {"ship_to.address.city": "Omaha"}, "companions": ("ADR003",)},
            "is not found by ADR003, which stands under `with`",
        ),
    ],
)
def test_bad_example(engine: Engine, bad: dict[str, object], said: str) -> None:
    found = complaints(engine, **bad)
    assert said in found
    assert bool(found) is bool(said)


def test_good_example_must_be_silent(engine: Engine) -> None:
    found = complaints(
        engine, good=[{"ship_to.address.line1": "Ida Street"}], becomes={"ship_to.address.city": "Omaha"}
    )
    assert "good example 1 is not silent: ADR003 number-missing (open)" in found


@pytest.mark.parametrize(
    ("one", "other", "paths"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["a.b"]),
        ({"a": None}, {}, []),
        ({"a": ""}, {"a": None}, []),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, ["a[1].b"]),
        ({"a": 2}, {"a": 2.0}, ["a"]),
        ({"a": {"b": 1}}, {"a": "text"}, ["a"]),
    ],
)
def test_differing(one: object, other: object, paths: list[str]) -> None:
    assert differing(one, other) == paths
