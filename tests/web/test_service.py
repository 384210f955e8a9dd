"""What the service says of itself: health, its description, its faults; and how it starts and stops."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from dq_service.fields import leaves, parse_path
from dq_service.parsing.yaml import DocumentError, Problem
from dq_service.web import application
from dq_service.web.api.installation import Opening, Watched
from dq_service.web.api.problem import on_invalid_request
from dq_service.web.application import create_app
from tests.web.served import Served, command, environment, is_problem, local

SECRET = "gate code 4711"


class Broken:
    """An installation that fails on everything, quoting the order as a careless exception does."""

    trouble: tuple[str, ...] = ()

    def current(self) -> Any:
        return self

    def check(self, order: Any, **_: Any) -> Any:
        raise RuntimeError(f"cannot do {order}")

    @property
    def engine(self) -> Any:
        raise RuntimeError(SECRET)

    def close(self) -> None:
        """Nothing is held."""


def test_alive_and_ready(served: Served) -> None:
    assert served.ask("GET", "/livez").json == {"status": "alive"}
    ready = served.ask("GET", "/readyz")
    assert ready.status == 200
    assert ready.json["rules"] > 0
    assert ready.json["rulebook"].startswith("sha256:")
    assert ready.json["reference"].startswith("sha256:")
    assert ready.json["trouble"] == []


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/orders/check"), ("GET", "/readyz")])
def test_a_fault_is_answered_with_an_id_that_is_in_the_log(
    caplog: pytest.LogCaptureFixture, method: str, path: str
) -> None:
    with local(create_app(lambda: Opening(cast(Watched, Broken())))) as client:
        answer = client.request(method, path, content=json.dumps({"access_code": SECRET}))
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["instance"] in caplog.text
    assert "RuntimeError" in caplog.text
    assert "Traceback" not in answer.text
    for text in (answer.text, caplog.text):
        assert SECRET not in text


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DocumentError([Problem("rules/text/TXT001-a.yaml", 7, "no function 'text.b'")]), "no function 'text.b'"),
        (FileNotFoundError(2, "No such file or directory", "places.csv"), "places.csv"),
        (KeyError(SECRET), "KeyError"),
    ],
    ids=["rules", "tables", "unforeseen"],
)
def test_unready_until_something_good_is_loaded(
    error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(application, "RENEW_EVERY", 0.01)
    opened: Iterator[Exception | None] = iter([error])

    def opening() -> Opening:
        failure = next(opened, None)
        if failure is None and not mended:
            failure = error
        if failure is not None:
            raise failure
        return Opening(cast(Watched, Broken()))

    mended: list[bool] = []
    with local(create_app(opening)) as client:
        unready = [client.get("/readyz"), client.post("/v1/orders/check", content=b"{}"), client.get("/openapi.json")]
        assert client.get("/livez").status_code == 200
        mended.append(True)
        for _ in range(1000):
            if client.post("/v1/orders/check", content=b"{}").status_code != 503:
                break
        else:
            pytest.fail("it stays unready")
    for answer in unready:
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"] == "1"
        assert reason in answer.json()["reasons"][0]
        assert SECRET not in answer.text
    assert SECRET not in caplog.text


def test_a_parameter_of_the_wrong_form_is_told_without_its_value() -> None:
    app = FastAPI(exception_handlers={RequestValidationError: on_invalid_request})

    @app.post("/")
    def post(count: int, body: dict[str, int]) -> None: ...

    answer = TestClient(app).post("/?count=many", json={SECRET: SECRET})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"] == [{"in": "query.count", "wanted": "int_parsing"}]
    assert "many" not in answer.text
    assert SECRET not in answer.text


def test_all_of_the_frameworks_telemetry_is_off() -> None:
    providers = {"tracer_provider", "meter_provider", "logger_provider", "exclude"}
    assert {
        name: False for name in TelemetryConfig.__annotations__ if name not in providers
    } == application.NO_TELEMETRY


@pytest.fixture(scope="module")
def description(served: Served) -> dict[str, Any]:
    document: dict[str, Any] = served.ask("GET", "/openapi.json").json
    return document


CALLS = {
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("POST", "/v1/orders/check"),
    ("POST", "/v1/orders"),
    ("GET", "/v1/orders"),
    ("POST", "/v1/orders/batch"),
    ("POST", "/v1/partners/{partner}/orders"),
    ("POST", "/v1/erasures"),
    ("GET", "/v1/orders/{id}"),
    ("GET", "/v1/orders/{id}/receipt"),
    ("POST", "/v1/orders/{id}/revert"),
    ("POST", "/v1/orders/{id}/cancel"),
    ("POST", "/v1/orders/{id}/acknowledge"),
    ("GET", "/v1/partners/{partner}/orders/{received_id}"),
    ("POST", "/v1/rechecks"),
    ("GET", "/v1/events"),
    ("GET", "/v1/webhooks"),
    ("POST", "/v1/webhooks"),
    ("GET", "/v1/webhooks/{id}"),
    ("PATCH", "/v1/webhooks/{id}"),
    ("DELETE", "/v1/webhooks/{id}"),
    ("GET", "/v1/webhooks/{id}/deliveries"),
    ("POST", "/v1/webhooks/{id}/replay"),
    ("GET", "/v1/reviews"),
    ("GET", "/v1/reviews/views"),
    ("PUT", "/v1/reviews/views/{name}"),
    ("DELETE", "/v1/reviews/views/{name}"),
    ("POST", "/v1/reviews/next"),
    ("GET", "/v1/reviews/{id}"),
    ("POST", "/v1/reviews/{id}/claim"),
    ("POST", "/v1/reviews/{id}/unclaim"),
    ("POST", "/v1/reviews/{id}/decide"),
    ("POST", "/v1/reviews/{id}/undo"),
    ("POST", "/v1/reviews/{id}/preview"),
    ("POST", "/v1/reviews/{id}/assign"),
    ("POST", "/v1/reviews/{id}/comments"),
    ("GET", "/v1/scorecards"),
    ("GET", "/v1/scorecards/orders"),
    ("POST", "/v1/findings/dispute"),
}


def test_the_description_names_what_cannot_be_read(description: dict[str, Any]) -> None:
    paths = description["paths"]
    for path, method in (
        ("/v1/orders", "get"),
        ("/v1/rechecks", "post"),
        ("/v1/orders/{id}/cancel", "post"),
        ("/v1/orders/{id}/acknowledge", "post"),
        ("/v1/orders/{id}/revert", "post"),
    ):
        assert "application/problem+json" in paths[path][method]["responses"]["400"]["content"]
    names = {one["name"] for one in paths["/v1/partners/{partner}/orders/{received_id}"]["get"]["parameters"]}
    assert names == {"partner", "received_id", "account", "shipment_id"}


def test_the_description_is_whole(description: dict[str, Any]) -> None:
    assert {(method.upper(), path) for path, methods in description["paths"].items() for method in methods} == CALLS
    schemas = description["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    pending: list[Any] = [description]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                assert node["$ref"].removeprefix("#/components/schemas/") in schemas
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)


def test_the_description_names_every_field_of_the_contract(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    for path, _ in leaves():
        schema = schemas["Order"]
        for step in parse_path(path):
            inner = schema["items"] if step == "*" else schema["properties"][str(step)]
            schema = inner
            for option in inner.get("anyOf", [inner]):
                if option.get("type") != "null":
                    schema = schemas[option["$ref"].rpartition("/")[2]] if "$ref" in option else option
        assert "properties" not in schema, path


def test_the_examples_are_as_described(description: dict[str, Any], served: Served) -> None:
    call = description["paths"]["/v1/orders/check"]["post"]
    order = call["requestBody"]["content"]["application/json"]["example"]
    shown = call["responses"]["200"]["content"]["application/json"]["example"]
    assert shown["received_id"] == order["order_id"]
    for name, value in (("Order", order), ("Result", shown), ("Result", served.check(order).json)):
        schema = {"$ref": f"#/components/schemas/{name}", "components": description["components"]}
        assert list(Draft202012Validator(schema).iter_errors(value)) == []


def test_errors_are_as_described(description: dict[str, Any], served: Served) -> None:
    described = description["paths"]["/v1/orders/check"]["post"]["responses"]
    for answer in (served.check(b"{"), served.check(b" " * 2_000_000)):
        content = described[str(answer.status)]["content"]
        assert answer.headers["content-type"] in content
        assert is_problem(answer, answer.status)


def _serve(data: Path, port: int = 0) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command(data, port), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )


def test_a_port_that_is_taken_is_one_line_and_two(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = _serve(tmp_path, port)
        out, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert out == ""
    said = f"cannot listen on 127.0.0.1 port {port}: Address already in use; choose another with --port"
    assert errors == f"dq serve: {said}\n"


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_being_told_to_stop_is_no_failure(tmp_path: Path, stop: signal.Signals) -> None:
    process = _serve(tmp_path)
    assert process.stdout is not None
    line = process.stdout.readline()
    process.send_signal(stop)
    out, errors = process.communicate(timeout=30)
    assert line.startswith("dq-service on http://127.0.0.1:")
    assert (process.returncode, out) == (0, "")
    assert {json.loads(line)["level"] for line in errors.splitlines()} <= {"info", "warning"}
