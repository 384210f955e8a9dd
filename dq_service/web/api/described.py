"""The calls that the framework does not see, since they stand before it, as the published description has them."""

from collections.abc import Mapping
from typing import Any, Final

from dq_service.engine.proof import overlaid
from dq_service.order import JSON
from dq_service.web.api.batch import BATCH_PATH
from dq_service.web.api.check import CHECK_PATH
from dq_service.web.api.keep import KEEP_PATH
from dq_service.web.api.partner_orders import PARTNER_PATH
from dq_service.web.api.schema import REF, problem

EXAMPLE: Final = overlaid({"order_id": "ACME-100042", "partner": "acme", "ship_to.address.city": "Omhaa"})

_ORDER: Final = {"$ref": REF.format(model="Order")}
_RESULT: Final = {"$ref": REF.format(model="Result")}
_PARTNER: Final = {
    "name": "partner",
    "in": "query",
    "schema": {"type": "string"},
    "description": "Who sends the order; wins over its own `partner`. Without a known one the built-in policy applies.",
}
_DEADLINE: Final = {
    "name": "X-Deadline-Ms",
    "in": "header",
    "schema": {"type": "integer", "minimum": 1, "maximum": 60000, "default": 250},
    "description": "How long the check may take. What is not reached is `not_evaluated`.",
}
_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": 255},
    "description": "One for each request (a UUID); the same with each repetition of it. Without one, an order is known "
    "by partner, account, order_id and shipment_id, and a body that was there before is a repeat all the same.",
}
_IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": 'The revision that the order must be at, as its ETag gives it: `"3"`.',
}
_NDJSON: Final = "application/x-ndjson"
_UNREADABLE: Final = problem("A header or parameter cannot be read.")
_TOO_LARGE: Final = problem("The body is larger than is read (1 MiB unless set otherwise).")
_ENCODED: Final = problem("The body has a Content-Encoding; it is to be sent plain.")
_FAULT: Final = problem("A fault of the service.")


def calls(example: JSON) -> Mapping[str, JSON]:
    """The operations by their path, all POST; `example` is the result that EXAMPLE comes to."""
    return {
        CHECK_PATH: _check(example),
        KEEP_PATH: _keep(example),
        BATCH_PATH: _batch(),
        PARTNER_PATH: _keep_payload(),
    }


def _body(content_type: str, description: str, schema: JSON, **more: Any) -> JSON:
    return {"required": True, "description": description, "content": {content_type: {"schema": schema, **more}}}


def _result(description: str, **more: Any) -> JSON:
    return {"description": description, "content": {"application/json": {"schema": _RESULT, **more}}}


def _check(example: JSON) -> JSON:
    about = "One order. The bytes decide, not the content type: UTF-8, with or without byte order mark."
    return {
        "operationId": "check_order",
        "summary": "One order in, one result out; nothing is kept",
        "tags": ["orders"],
        "parameters": [_PARTNER, _DEADLINE],
        "requestBody": _body("application/json", about, _ORDER, example=EXAMPLE),
        "responses": {
            "200": _result(
                "The result, whatever the verdict. JSON that is no order has verdict `rejected`.", example=example
            ),
            "400": problem("The bytes are no JSON, or X-Deadline-Ms is no number."),
            "413": _TOO_LARGE,
            "415": _ENCODED,
            "500": _FAULT,
            "503": problem("No rulebook or reference data is loaded."),
        },
    }


def _keep(example: JSON) -> JSON:
    about = "One order, or a newer version of one that is kept. What is no order is kept too, and refused."
    headers = {
        "ETag": {"schema": {"type": "string"}, "description": "The revision."},
        "Location": {"schema": {"type": "string"}, "description": "Where the order is found."},
    }
    replay = {"schema": {"type": "string", "enum": ["true"]}, "description": "The body was there before."}
    changed = _result("Kept before: a repeat, a newer version, or one that is older than ours. `revision` tells.")
    return {
        "operationId": "keep_order",
        "summary": "One order, kept durably before it is answered, exactly once",
        "tags": ["orders"],
        "parameters": [_PARTNER, _DEADLINE, _KEY, _IF_MATCH],
        "requestBody": _body("application/json", about, _ORDER, example=EXAMPLE),
        "responses": {
            "200": {**changed, "headers": {**headers, "Idempotent-Replay": replay}},
            "201": {**_result("A new order, whatever the verdict.", example=example), "headers": headers},
            "400": _UNREADABLE,
            "409": problem("A request with this Idempotency-Key is under way."),
            "412": problem("The order is at another revision than If-Match says."),
            "413": _TOO_LARGE,
            "415": _ENCODED,
            "422": problem("The Idempotency-Key came with another body before."),
            "500": _FAULT,
            "503": problem("Orders cannot be kept now; Retry-After says when. Nothing was acknowledged."),
        },
    }


def _keep_payload() -> JSON:
    about = "A payload in the partner's own format, as its profile maps it: JSON, or the text of a table."
    partner = {"name": "partner", "in": "path", "required": True, "schema": {"type": "string"}}
    of_one = {
        "type": "object",
        "properties": {
            "status": {"type": "integer", "enum": [200, 201]},
            "location": {"type": "string"},
            "replay": {"type": "boolean", "description": "true: the order was there before; else left out."},
            "result": _RESULT,
        },
        "required": ["status", "location", "result"],
    }
    several = {
        "type": "object",
        "properties": {"results": {"type": "array", "items": of_one}},
        "required": ["results"],
    }
    answers = {"application/json": {"schema": {"oneOf": [_RESULT, several]}}}
    headers = {
        "ETag": {"schema": {"type": "string"}, "description": "The revision; of one order."},
        "Location": {"schema": {"type": "string"}, "description": "Where the order is found; of one order."},
    }
    replay = {"schema": {"type": "string", "enum": ["true"]}, "description": "All of it was there before."}
    return {
        "operationId": "keep_partner_orders",
        "summary": "A payload in a partner's own format, mapped by its profile; each order in it is kept",
        "tags": ["orders"],
        "parameters": [
            {**partner, "description": "Whose format it is in, and whose orders they are."},
            _DEADLINE,
            _KEY,
            _IF_MATCH,
        ],
        "requestBody": _body("application/json", about, {}),
        "responses": {
            "200": {
                "description": "All orders of the payload were kept before, or there was none in it.",
                "content": answers,
                "headers": {**headers, "Idempotent-Replay": replay},
            },
            "201": {
                "description": "Orders were kept. One order: its result. Several: `results`, in the payload's order.",
                "content": answers,
                "headers": headers,
            },
            "400": problem("A header cannot be read, or If-Match came with several orders."),
            "403": problem("The caller may not send for that partner."),
            "409": problem("A request with this Idempotency-Key is under way."),
            "412": problem("The order is at another revision than If-Match says."),
            "413": problem("The body is larger than is read, or has more than 1000 orders."),
            "415": _ENCODED,
            "422": problem("The Idempotency-Key came with another body before."),
            "500": _FAULT,
            "503": problem("Not all orders can be kept now; Retry-After says when to send all of them again."),
        },
    }


def _batch() -> JSON:
    about = "An order on each line. Each is answered as soon as it is done, also while the next is not sent yet."
    answers = {
        "description": "For each line that is not blank, in their order: its result with `line`, or a problem with "
        "`line` and `status`.",
        "content": {_NDJSON: {"schema": {"oneOf": [_RESULT, {"$ref": REF.format(model="Problem")}]}}},
    }
    keep = {"name": "keep", "in": "query", "schema": {"type": "boolean", "default": True}}
    mode = {"name": "mode", "in": "query", "schema": {"type": "string", "enum": ["backfill"]}}
    return {
        "operationId": "keep_orders",
        "summary": "Many orders as a stream, each kept or failing for itself",
        "tags": ["orders"],
        "parameters": [
            _PARTNER,
            {**keep, "description": "false: the orders are checked, and nothing is kept."},
            {**mode, "description": "backfill: orders of the past; kept and learnt from, nobody is told or asked."},
        ],
        "requestBody": _body(_NDJSON, about, _ORDER),
        "responses": {
            "200": answers,
            "400": _UNREADABLE,
            "415": _ENCODED,
            "503": problem("Orders cannot be kept now."),
        },
    }
