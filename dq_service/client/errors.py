"""What a call can fail with. A bad order is none of these: it is an answer.

ClientError
├── Unavailable       nobody answered in time, or the circuit is open
│   └── NotKept       nor could the order be written to the spool; `answer` is what there is
└── Refused           the service answered with a problem (RFC 9457)
    ├── NotFound      404
    ├── Forbidden     401, 403: the key
    ├── Outdated      412: `if_match` is an older revision
    └── KeyReused     422: the same Idempotency-Key came with another body
"""

from collections.abc import Mapping
from typing import Any

from dq_service.client.answer import Answer


class ClientError(Exception):
    """Whatever the client raises on its own account. The texts never repeat an order."""


class Unavailable(ClientError):
    """The service did not answer in the time given.

    `status` is that of the last reply, None where there was none; `retry_after` (seconds) is the wait that the service
    or the circuit wants.
    """

    def __init__(self, why: str, *, status: int | None = None, retry_after: float = 0.0) -> None:
        super().__init__(why)
        self.why = why
        self.status = status
        self.retry_after = retry_after


class NotKept(Unavailable):
    """The service did not answer and the spool could not take the order: it is full, or its disk is."""

    def __init__(self, why: str, answer: Answer) -> None:
        super().__init__(why)
        self.answer = answer


class Refused(ClientError):
    """The service will not do it: its status, why in a sentence, and the problem with all its members."""

    def __init__(self, status: int, detail: str, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
        self.problem = dict(problem or {})


class NotFound(Refused):
    """There is no such order, change or webhook."""


class Forbidden(Refused):
    """The key is none, or one for another partner."""


class Outdated(Refused):
    """The order has moved on since the revision that `if_match` names."""


class KeyReused(Refused):
    """The Idempotency-Key was used before with another body."""


_KINDS: Mapping[int, type[Refused]] = {
    401: Forbidden,
    403: Forbidden,
    404: NotFound,
    412: Outdated,
}


def refused(status: int, problem: Mapping[str, Any]) -> Refused:
    """The refusal that a problem stands for."""
    detail = problem.get("detail") or problem.get("title") or "refused"
    reused = status == 422 and problem.get("header") == "Idempotency-Key"
    return (KeyReused if reused else _KINDS.get(status, Refused))(status, str(detail), problem)
