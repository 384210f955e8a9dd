"""The published description of the API: its schemas are made from the contract's fields and from the result itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, TypeAdapter, WithJsonSchema, create_model

from dq_service.fields import ADDRESS, CONTACT, ITEM, ORDER, PACKAGE, PARTY, WINDOW, Kind, Shape
from dq_service.order import JSON
from dq_service.result import Result
from dq_service.service.instants import instant_text

_TYPES: Final[Mapping[Kind, tuple[Any, dict[str, Any]]]] = {
    "text": (str, {}),
    "prose": (str, {"description": "may have line breaks"}),
    "code": (str, {}),
    "phone": (str, {"description": "E.164 once repaired"}),
    "email": (str, {"format": "email"}),
    "instant": (str, {"format": "date-time", "description": "ISO 8601 with an offset"}),
    "number": (float, {}),
    "count": (int, {}),
    "money": (float, {}),
    "flag": (bool, {}),
}
_NAMES: Final = {
    id(shape): name
    for name, shape in (
        ("Order", ORDER),
        ("Party", PARTY),
        ("Address", ADDRESS),
        ("Contact", CONTACT),
        ("Window", WINDOW),
        ("Item", ITEM),
        ("Package", PACKAGE),
    )
}
_SOMETIMES: Final = ("order_if_applied", "publication")
REF: Final = "#/components/schemas/{model}"

Instant: TypeAlias = Annotated[
    datetime, PlainSerializer(instant_text), WithJsonSchema({"type": "string", "format": "date-time"})
]  # as the service writes those that it stamps


def order_model() -> type[BaseModel]:
    """The order as a pydantic model. It describes; it does not judge: a wrong field is a finding, not an error."""
    return _model("order", ORDER, {})


def _model(field: str, shape: Mapping[str, Shape], made: dict[str, type[BaseModel]]) -> type[BaseModel]:
    name = _NAMES.get(id(shape)) or field.title()
    if name not in made:
        fields: dict[str, Any] = {}
        for inner, wanted in shape.items():
            kind, extra = _type(inner, wanted, made)
            fields[inner] = (kind | None, Field(None, json_schema_extra=extra))
        made[name] = create_model(name, __config__=ConfigDict(extra="allow"), **fields)
    return made[name]


def _type(field: str, shape: Shape, made: dict[str, type[BaseModel]]) -> tuple[Any, dict[str, Any]]:
    if isinstance(shape, Mapping):
        return _model(field, shape, made), {}
    if isinstance(shape, list):
        kind, extra = _type(field, shape[0], made)
        return list[kind], extra  # type: ignore[valid-type]  # a type that is made here
    return _TYPES[shape]


def _components() -> dict[str, Any]:
    order = order_model().model_json_schema(ref_template=REF)
    order["description"] = "Every field may be absent, empty or wrong; fields that are not named here are kept."
    result = TypeAdapter(Result).json_schema(mode="serialization", ref_template=REF)
    result["description"] = "What is right and wrong with an order, what was repaired, and what to do with it now."
    result["properties"]["order"]["description"] = "With the safe repairs in; null where the body is no order."
    result["properties"]["order_if_applied"]["description"] = "Only while the partner is in shadow."
    result["properties"]["publication"] = {
        "type": "object",
        "additionalProperties": {"type": "integer"},
        "description": "Only of a kept order: the versions of what was published that it was checked with.",
    }
    problem = {
        "type": "object",
        "description": "RFC 9457. Never repeats what was sent.",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string", "description": "of a fault of the service: its id in the log"},
        },
        "required": ["type", "title", "status", "detail"],
    }
    found = {**order.pop("$defs"), **result.pop("$defs"), "Order": order, "Result": result, "Problem": problem}
    for name in ("Change", "Evaluated", "Finding", "Hold", "Repair", "Result", "Suggestion"):
        found[name]["required"] = [one for one in found[name]["properties"] if one not in _SOMETIMES]
    return found


def document(app: FastAPI, calls: Mapping[str, JSON]) -> JSON:
    """The OpenAPI document of an app, and of calls (POST) by their path that the app does not see."""
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = made["components"]["schemas"]
    made["components"]["schemas"] = dict(sorted({**schemas, **_components()}.items()))
    paths = made["paths"]
    made["paths"] = {path: {**paths.pop(path, {}), "post": call} for path, call in calls.items()} | paths
    return made


def problem(description: str) -> JSON:
    """An error as a response of an operation."""
    content = {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}}
    return {"description": description, "content": content}
