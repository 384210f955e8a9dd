"""docs/webhooks.md says what is so: event types, waits, and an example that runs."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from standardwebhooks import WebhookVerificationError

from dq_service.service.outgoing import new_secret, signed
from dq_service.service.retries import DOWN_AFTER, SCHEDULE
from dq_service.store.kept import EventType

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")
SECONDS = {"s": 1, "min": 60, "h": 3600}


def test_every_event_is_told_of() -> None:
    told = re.findall(r"^\| `(\S+)` \|", PAGE, re.MULTILINE)
    assert sorted(told) == sorted(get_args(EventType))


def test_the_waits_are_those_of_the_page() -> None:
    (sentence,) = re.findall(r"tried again after about ([^.]*?), each", PAGE)
    waits = [int(number) * SECONDS[unit] for number, unit in re.findall(r"(\d+) (s|min|h)\b", sentence)]
    assert tuple(waits) == SCHEDULE
    assert DOWN_AFTER == 5
    assert "fails five times in a row" in PAGE


def test_the_example_verifies() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    secret, body = new_secret(), b'{"type": "order.held"}'
    known: dict[str, Any] = {"secret": secret, "body": body}
    known["headers"] = signed(secret, "evt_1", int(datetime.now(UTC).timestamp()), body)
    exec(example, known)
    assert known["event"] == {"type": "order.held"}
    with pytest.raises(WebhookVerificationError):
        exec(example, {**known, "body": b'{"type": "order.released"}'})
