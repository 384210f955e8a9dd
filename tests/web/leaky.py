"""`dq` with rules that break on every order they look at, quoting it: `python -m tests.web.leaky serve ...`."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

from dq_service.checks import instructions, phones
from dq_service.cli import main

BROKEN = ((instructions, ("marks", "personal")), (phones, ("phone_reads", "relayed")))


def breaking(check: Callable[..., Any]) -> Callable[..., Any]:
    """What a careless check does."""

    @wraps(check)
    def breaks(part: Any, *_: Any, **__: Any) -> Any:
        raise ValueError(f"cannot read {part.value!r} of {part.order.json!r}")

    return breaks


if __name__ == "__main__":
    for subject, names in BROKEN:
        for name in names:
            setattr(subject, name, breaking(getattr(subject, name)))
    raise SystemExit(main(sys.argv[1:]))
