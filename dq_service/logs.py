"""The log of a server: a line of JSON (or of text, on a terminal) for each thing that happened, and no person in it.

Nothing of an order is handed to the log in the first place: our own messages name ids and classes, an exception is
told by its code's lines (`faults.told`), a request by fields that are ours. What a library says is cut to what stands
in its code. Last, and should all that fail, a message goes through `masked`.
"""

import asyncio
import logging
import re
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO

import orjson

from dq_service.faults import told
from dq_service.parsing.private_text import MASK, without_codes

Format = Literal["json", "text"]

LONGEST: Final = 300  # characters of a line in a message; ours are shorter
FLUSH: Final = 0.1  # seconds that a request's line waits for others
OURS: Final = "dq_service"
# They say by the way what is nobody's business: httpx2 whole URLs, the database's libraries statements and values.
QUIET: Final = ("httpx2", "httpcore2", "uvicorn", "alembic", "sqlalchemy", "psycopg", "asyncio")

_MAIL: Final = re.compile(r"[^\s@<>\"'(),:;]+@[^\s@<>\"'(),:;]+")
# Seven digits and more: a phone, a card; but no piece of an id, a date or a time.
_DIGITS: Final = re.compile(r"(?<![\w.:-])[+(]{0,2}\d(?:[ ()./-]{0,2}\d){6,}(?![\w:-])")
_CARD: Final = re.compile(r"\d(?:[ .-]?\d){12,18}")
_QUOTED: Final = re.compile(r"'[^'\n]{40,}'|\"[^\"\n]{40,}\"")


def masked(text: str) -> str:
    """A message with no mail address, long number, card number (ISO/IEC 7812: Luhn), access code or long quotation."""
    return "\n".join(line if _is_code(line) else _masked(line) for line in text.split("\n"))


def _is_code(line: str) -> bool:
    """Whether it is a line of a trace: files and code, which hold no values."""
    return line.startswith(("  File ", "    "))


def _masked(line: str) -> str:
    if len(line) > LONGEST:
        line = f"{line[:LONGEST]}{MASK}"
    line = _QUOTED.sub(MASK, line)
    line = _MAIL.sub(MASK, line)
    line = _DIGITS.sub(MASK, line)
    line = _CARD.sub(lambda found: MASK if _luhn(re.sub(r"\D", "", found.group())) else found.group(), line)
    return without_codes(line)


def _luhn(digits: str) -> bool:
    body = [int(digit) for digit in digits[::-1]]
    return (sum(body[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in body[1::2])) % 10 == 0


def said(record: logging.LogRecord) -> str:
    """What a record says, as it may be written. Of a library's it is the words in its code, never their arguments."""
    if record.name.partition(".")[0] == OURS:
        text = masked(record.getMessage())
    else:
        text = masked(str(record.msg).partition("\n")[0])
    if record.exc_info and record.exc_info[1] is not None:
        text = f"{text}: {told(record.exc_info[1])}"
    return text.rstrip()


class Lines(logging.Formatter):
    """JSON, one object a line: `at` (UTC), `level`, `logger`, `said`."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        line = {"at": at, "level": record.levelname.lower(), "logger": record.name, "said": said(record)}
        return orjson.dumps(line, option=orjson.OPT_UTC_Z).decode()


class Plain(logging.Formatter):
    """Text for a person at a terminal, in the clock of the place."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created)
        return f"{at:%H:%M:%S} {record.levelname.lower():<8} {record.name}: {said(record)}"


def configure(form: str, level: str, stream: TextIO | None = None) -> Format:
    """Has all logging of this process go to a stream (default: standard error) in one form, which is returned.

    `form` "" is text where the stream is a terminal, else JSON.
    """
    out = stream or sys.stderr
    chosen: Format = "text" if form == "text" or (not form and out.isatty()) else "json"
    handler = logging.StreamHandler(out)
    handler.setFormatter(Plain() if chosen == "text" else Lines())
    root = logging.getLogger()
    for before in list(root.handlers):
        root.removeHandler(before)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in QUIET:
        logger = logging.getLogger(name)
        logger.setLevel(max(logging.WARNING, root.level, logger.level))
    logging.getLogger("uvicorn").setLevel(logging.ERROR)  # a warning for each request that is no HTTP
    logging.captureWarnings(True)
    return chosen


class Requests:
    """The lines of requests, written together: a line alone would cost a system call, and so as much as all else.

    They go past `logging`: they are made of fields that are ours, and there are as many as requests.
    """

    def __init__(self, form: Format, *, only_failed: bool = False, stream: TextIO | None = None) -> None:
        self._form = form
        self._only_failed = only_failed
        self._stream = stream
        self._waiting: list[str] = []
        self._timer: asyncio.TimerHandle | None = None

    def write(self, status: int, fields: dict[str, Any]) -> None:
        """One request; `fields` in the order in which they are written."""
        if self._only_failed and status < 400:
            return
        if self._form == "json":
            line = {"at": datetime.now(UTC), "level": "info", "logger": "dq_service.requests", **fields}
            self._waiting.append(orjson.dumps(line, option=orjson.OPT_UTC_Z).decode())
        else:
            shown = " ".join(str(value) for value in fields.values() if value != "")
            self._waiting.append(f"{datetime.now():%H:%M:%S} request  {shown}")
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH, self.flush)

    def flush(self) -> None:
        """Writes what waits."""
        self._timer = None
        waiting, self._waiting = self._waiting, []
        if waiting:
            out = self._stream or sys.stderr
            with suppress(OSError, ValueError):  # whoever read the log has gone: requests are answered all the same
                out.write("\n".join(waiting) + "\n")
                out.flush()
