"""Requests that schemathesis makes up from the service's own description: to every call, in and out of its form."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, openapi

from tests.web.served import Served

STREAMING = "/v1/events"  # with Accept: text/event-stream it never ends
LONG_ENOUGH = 10  # characters of a text that is looked for in answers: shorter ones stand there by chance


@schemathesis.serializer("application/x-ndjson")  # type: ignore[untyped-decorator]
def lines(_: schemathesis.SerializationContext, value: Any) -> bytes:
    """A body of one line."""
    return value if isinstance(value, bytes) else json.dumps(value, default=str).encode()


@dataclass(slots=True)
class Made:
    """What was asked and what was wrong."""

    requests: int = 0
    slowest: float = 0.0
    wrong: list[str] = field(default_factory=list)


def ask_all(served: Served, examples: int, *, number: int | None = None) -> Made:
    """So many requests to every call, of either kind; the same ones each time, or those of a number."""
    made = Made()
    schema = openapi.from_dict(served.ask("GET", "/openapi.json").json)
    schema.config.base_url = f"http://127.0.0.1:{served.port}"
    with requests.Session() as session:
        for found in schema.get_all_operations():
            operation = found.ok()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                _ask(operation, mode, session, examples, made, number)
    return made


def _ask(
    operation: Any, mode: GenerationMode, session: requests.Session, examples: int, made: Made, number: int | None
) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=number is None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        if operation.path == STREAMING:
            case.headers["Accept"] = "application/json"
        answer = case.call(session=session, timeout=30)
        made.requests += 1
        made.slowest = max(made.slowest, answer.elapsed)
        about = f"{case.method} {operation.path}: {answer.status_code}"
        if answer.status_code >= 500:
            made.wrong.append(f"{about} for {case.as_curl_command()[:500]}")
        elif answer.status_code >= 400:
            if answer.headers["content-type"] != ["application/problem+json"]:
                made.wrong.append(f"{about} is {answer.headers['content-type']}")
            told = answer.text
            made.wrong += [f"{about} repeats {text[:50]!r}" for text in _texts(case) if text in told]

    with suppress(Unsatisfiable):  # a call without anything that could be out of its form
        (one if number is None else seed(number)(one))()


def _texts(case: Any) -> Iterator[str]:
    yield from _inside([case.body, case.query, case.path_parameters, case.headers])


def _inside(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) >= LONG_ENOUGH:
            yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _inside(inner)
            if isinstance(key, str) and len(key) > LONG_ENOUGH * 2:
                yield key
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _inside(inner)
