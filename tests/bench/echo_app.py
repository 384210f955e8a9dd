"""The plain endpoint that a check is measured against: an order in and out by FastAPI and pydantic, nothing else."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict


class Order(BaseModel):
    """The fields that any service would name; all others are kept."""

    model_config = ConfigDict(extra="allow")

    order_id: str
    partner: str = ""
    status: str = ""
    ship_to: dict[str, Any] = {}
    items: list[dict[str, Any]] = []
    window: dict[str, Any] = {}


app = FastAPI()


@app.post("/echo", response_model=Order)
async def echo(order: Order) -> Order:
    """The order as it came."""
    return order
