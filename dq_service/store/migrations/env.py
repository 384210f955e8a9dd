"""What Alembic runs: the versions, on the connection that `migrations.upgrade` hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from dq_service.store import access_tables as access_tables  # its tables are on the same metadata
from dq_service.store import dispute_tables as dispute_tables
from dq_service.store import review_tables as review_tables
from dq_service.store.schema import METADATA
from dq_service.store.written import JSONText


def _plain(kind: str, thing: Any, _: AutogenContext) -> str | Literal[False]:
    """A version does not depend on our code as it will be: our own types are written as what they are."""
    return "sa.Text()" if kind == "type" and isinstance(thing, JSONText) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite alters a table by making it anew
    render_item=_plain,
    compare_type=True,
    transactional_ddl=True,  # SQLite too: we begin transactions ourselves
    transaction_per_migration=False,
)
context.run_migrations()
