"""A rule on a page: why it asks, how it says so, what it may do, and an example before and after."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from dq_service.engine.own_findings import OWN_FINDINGS
from dq_service.engine.pages import power
from dq_service.engine.rule import BadExample
from dq_service.web.pages.desk import KEYS, Desk
from dq_service.web.pages.page import caller_in, room

_MAY: Final = {
    "repairs": "Repairs by itself where it is certain, else suggests.",
    "suggests": "Suggests; a person decides.",
    "reports": "Reports; nobody but a person can mend it.",
}
SHOWN: Final = 4  # examples


@dataclass(frozen=True, slots=True)
class Example:
    """What came in, and what becomes of it or is offered."""

    given: tuple[tuple[str, Any], ...]
    outcome: str
    made: tuple[tuple[str, Any], ...]


async def show(desk: Desk, request: Request) -> Response:
    """`GET /rules/{code}`."""
    code, caller = request.path_params["code"], caller_in(request)
    rule = desk.in_force().engine.rulebook.by_code.get(code)
    if rule is not None:
        return room(
            caller, "", "rule.html", code=code, name=rule.name, why=rule.why, says=rule.message, doubt=rule.doubt,
            facts=(rule.severity, rule.dimension, rule.stage), may=_MAY[power(rule)],
            examples=[_example(one) for one in rule.examples.bad[:SHOWN]], keys=KEYS,
        )  # fmt: skip
    own = next((one for one in OWN_FINDINGS if one.code == code), None)
    if own is None:
        told = "There is no rule of this code in force; it may have been taken out since."
        return room(caller, "", "trouble.html", 404, title="No such rule", told=told)
    facts = tuple(filter(None, (own.severity, own.dimension)))
    return room(
        caller, "", "rule.html", code=code, name=own.name, why=own.why, says=own.says, doubt="", facts=facts,
        may=_MAY["reports"], examples=[], keys=KEYS,
    )  # fmt: skip


def _example(bad: BadExample) -> Example:
    given = tuple(bad.given.items())
    if bad.becomes:
        return Example(given, "becomes", tuple(bad.becomes.items()))
    if bad.suggests:
        return Example(given, "offered", tuple(bad.suggests[0].items()))
    return Example(given, "open", ())
