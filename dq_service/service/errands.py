"""Errands: what a command asks of the server that holds the SQLite file, since only that one writes it.

`errands/ID.request` in the data folder is written by the command, `errands/ID.answer` by the server; the command takes
both away. An errand is a kind and its arguments; the answer is what it came to. Only the folder's owner reads either:
an answer may hold a new key.
"""

import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import orjson

from dq_service.faults import told
from dq_service.order import JSON
from dq_service.store.trouble import Unavailable

log = logging.getLogger(__name__)

FOLDER: Final = "errands"
LEFT: Final = 3600.0  # seconds after which an answer that nobody fetched is thrown away

Carry: TypeAlias = Callable[[str, JSON], JSON]  # by whom, arguments -> what it came to
Kinds: TypeAlias = Mapping[str, Carry]


class Declined(Exception):
    """What was asked cannot be; the text says why, for who asked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an errand came to; else why it was declined, or how it failed."""

    came_to: JSON = field(default_factory=dict, repr=False)
    declined: str = ""
    failed: str = ""


def carry_out(kinds: Kinds, kind: str, by: str, arguments: JSON) -> Answer:
    """Does an errand here; raises nothing."""
    carry = kinds.get(kind)
    if carry is None:
        return Answer(failed=f"the server knows no errand '{kind}'; is it another release?")
    try:
        return Answer(carry(by, arguments))
    except Declined as declined:
        return Answer(declined=str(declined))
    except Unavailable as trouble:
        return Answer(failed=str(trouble))
    except Exception as broke:
        log.error("an errand (%s) failed: %s", kind, told(broke))
        return Answer(failed=f"a fault of the server ({type(broke).__name__}); its log says more")


def ask(
    data: Path, kind: str, by: str, arguments: JSON, *, seconds: float, pause: Callable[[float], None] = time.sleep
) -> Answer | None:
    """Lays an errand into the data folder and waits for its answer; None where none came within so many seconds.

    Raises OSError where the folder cannot be written.
    """
    request = data / FOLDER / f"{secrets.token_hex(16)}.request"
    answer = request.with_suffix(".answer")
    _write(request, orjson.dumps({"kind": kind, "by": by, "arguments": arguments}), like=data)
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            try:
                return Answer(**orjson.loads(answer.read_bytes()))
            except FileNotFoundError:
                pause(0.05)
        return None
    finally:
        request.unlink(missing_ok=True)
        answer.unlink(missing_ok=True)


def answer_all(data: Path, kinds: Kinds) -> None:
    """Answers the errands that lie in the data folder. For the server alone. Raises OSError."""
    for request, kind, by, arguments in _pending(data / FOLDER):
        answer = carry_out(kinds, kind, by, arguments)
        if request.exists():  # whoever asked is still waiting
            told = {"came_to": answer.came_to, "declined": answer.declined, "failed": answer.failed}
            _write(request.with_suffix(".answer"), orjson.dumps(told), like=data)
            request.unlink(missing_ok=True)


def _pending(folder: Path) -> Iterator[tuple[Path, str, str, JSON]]:
    for answer in folder.glob("*.answer"):
        with suppress(FileNotFoundError):
            if answer.stat().st_mtime < time.time() - LEFT:
                answer.unlink(missing_ok=True)
    for request in sorted(folder.glob("*.request")):
        try:
            given: Any = orjson.loads(request.read_bytes())
            kind, by, arguments = str(given["kind"]), str(given["by"]), dict(given["arguments"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):  # withdrawn, or not one of ours
            continue
        yield request, kind, by, arguments


def _write(file: Path, content: bytes, *, like: Path) -> None:
    """A file that only its owner reads, whole from the first moment; the owner is the data folder's where we are root.

    So an operator who is root may ask a server that is not.
    """
    file.parent.mkdir(mode=0o700, exist_ok=True)
    whole = file.with_suffix(".part")
    opened = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(opened, "wb") as out:
            out.write(content)
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            owner = like.stat()
            for one in (file.parent, whole):
                os.chown(one, owner.st_uid, owner.st_gid)
        os.replace(whole, file)
    finally:
        whole.unlink(missing_ok=True)
