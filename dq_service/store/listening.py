"""PostgreSQL's notices: a connection of its own that wakes whoever waits for news, instead of asking every moment."""

from collections.abc import Callable
from typing import Final

import psycopg
import sqlalchemy as sa
from psycopg import sql

SECONDS: Final = 0.25  # after which we look whether we are still wanted


def listen(url: str, channel: str, wake: Callable[[], object], wanted: Callable[[], bool]) -> None:
    """Calls `wake` once it listens, and after each notice, until it is not `wanted` any more.

    Raises psycopg.Error when the connection is lost; whoever calls asks again later. What was told meanwhile is
    found by the first `wake` of the next call.
    """
    where = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(where, autocommit=True, connect_timeout=5, application_name="dq-service") as connection:
        connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        wake()
        while wanted():
            if list(connection.notifies(timeout=SECONDS, stop_after=1)):
                wake()
