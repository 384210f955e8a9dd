"""The plain endpoint that keeping is measured against: an order into a table by FastAPI and SQLModel, nothing else.

DB=sqlite:///plain.db or DB=postgresql+psycopg://…
"""

import os
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI
from sqlalchemy import JSON, Column, event
from sqlmodel import Field, Session, SQLModel, create_engine

from tests.bench.echo_app import Order


class Stored(SQLModel, table=True):
    """An order as it came."""

    id: int | None = Field(default=None, primary_key=True)
    partner: str
    order_id: str
    created: str
    body: dict[str, Any] = Field(sa_column=Column(JSON))


URL = os.environ["DB"]
SQLITE = URL.startswith("sqlite")
engine = create_engine(
    URL, pool_size=40, max_overflow=24, connect_args={"check_same_thread": False, "timeout": 30} if SQLITE else {}
)
if SQLITE:

    @event.listens_for(engine, "connect")
    def pragmas(connection: Any, _: Any) -> None:
        """Fully synchronous, as ours."""
        for line in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
            connection.execute("PRAGMA " + line)


SQLModel.metadata.create_all(engine)
app = FastAPI()


@app.post("/commit")
def commit(order: Order) -> dict[str, bool]:
    """Kept when it is answered."""
    with Session(engine) as session:
        now = datetime.now(UTC).isoformat()
        row = Stored(partner=order.partner, order_id=order.order_id, created=now, body=order.model_dump())
        session.add(row)
        session.commit()
    return {"ok": True}
