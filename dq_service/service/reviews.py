"""What people decide of orders that wait for them."""

from collections.abc import Mapping
from typing import Any

from dq_service.service.commands import Correct


def fix(changes: Mapping[str, Any], by: str, reason: str = "", revision: int | None = None) -> Correct:
    """The command for a person's fixes: the new value of each field by its path (None empties it), by whom, why.

    `revision` is the one that the person saw; the fix is refused as `older` when there is a newer one.
    """
    return Correct(dict(changes), by, reason, None if revision is None else {revision})
