"""A partner's overrides checked against the rules that they change: parameters by name and by kind of value."""

from collections.abc import Iterator, Mapping
from typing import Any

from dq_service.engine.rule import Rule
from dq_service.engine.rulebook import Rulebook
from dq_service.parsing.reader import did_you_mean
from dq_service.parsing.yaml import Problem
from dq_service.partner import Partner


def check_overrides(partner: Partner, rulebook: Rulebook) -> tuple[Problem, ...]:
    """A problem for each parameter that its rule does not take, and for each of another kind than the rule's own.

    Of rules that there are; the others are `partner.check_codes`' to tell. Never raises.
    """
    return tuple(
        Problem(partner.file, one.line, message)
        for one in partner.overrides
        if (rule := rulebook.by_code.get(one.rule)) is not None
        for message in _wrong(one.parameters, rule)
    )


def parameters_of(rule: Rule) -> Mapping[str, Any]:
    """The parameters of a rule's check and repair, with its own values."""
    return {**(rule.repair.parameters if rule.repair else {}), **rule.check.parameters}


def _wrong(given: Mapping[str, Any], rule: Rule) -> Iterator[str]:
    taken = parameters_of(rule)
    for name, value in given.items():
        if not taken:
            yield f"{rule.code} takes no parameters, so no '{name}'"
        elif name not in taken:
            yield f"{rule.code} takes no '{name}'{did_you_mean(name, taken)}"
        elif not _alike(value, taken[name]):
            yield f"{rule.code} wants {_kind(taken[name])} for '{name}', as {taken[name]!r}; not {value!r}"


def _alike(value: Any, own: Any) -> bool:
    """Whether a value is of its own kind: a whole number may stand for a number, true and false for nothing else."""
    if type(own) is float:
        return type(value) in (int, float) and value == value
    if type(own) is list:
        return type(value) is list and all(_alike(one, own[0]) for one in value if own)
    return type(value) is type(own)


def _kind(own: Any) -> str:
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", list: "a list"}
    return kinds.get(type(own), "a mapping")
