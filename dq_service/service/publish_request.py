"""A request to publish, laid in the data folder: on SQLite only the server writes its file, so it is asked to.

`publish/ID.request` is written by the command, `publish/ID.answer` by the server; the command takes both away.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import orjson

from dq_service.parsing.yaml import Problem
from dq_service.reference.replacing import write_whole
from dq_service.service.publishing import Published

FOLDER: Final = "publish"
LEFT: Final = 3600.0  # seconds after which an answer that nobody fetched is thrown away


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request: versions, or what is wrong with the files. `failed`: a fault of the server."""

    published: tuple[Published, ...] = ()
    problems: tuple[Problem, ...] = ()
    failed: str = ""


def ask(data: Path, by: str, *, seconds: float, pause: Callable[[float], None] = time.sleep) -> Answer | None:
    """Lays a request into the data folder and waits for its answer; None where none came within so many seconds.

    Raises OSError where the folder cannot be written.
    """
    request = data / FOLDER / f"{uuid4().hex}.request"
    answer = request.with_suffix(".answer")
    write_whole(request, orjson.dumps({"by": by}))
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            try:
                return _read(answer.read_bytes())
            except FileNotFoundError:
                pause(0.05)
        return None
    finally:
        request.unlink(missing_ok=True)
        answer.unlink(missing_ok=True)


def answer_all(data: Path, publish: Callable[[str], Answer]) -> None:
    """Answers the requests that lie in the data folder; `publish` is given by whom. For the server alone."""
    for request, by in _pending(data / FOLDER):
        answer = publish(by)
        if request.exists():  # whoever asked is still waiting
            write_whole(request.with_suffix(".answer"), orjson.dumps(asdict(answer)))
            request.unlink(missing_ok=True)


def _pending(folder: Path) -> Iterator[tuple[Path, str]]:
    for answer in folder.glob("*.answer"):
        if answer.stat().st_mtime < time.time() - LEFT:
            answer.unlink(missing_ok=True)
    for request in sorted(folder.glob("*.request")):
        try:
            by = str(orjson.loads(request.read_bytes())["by"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):  # withdrawn, or not one of ours
            continue
        yield request, by


def _read(raw: bytes) -> Answer:
    given: dict[str, Any] = orjson.loads(raw)
    return Answer(
        tuple(Published(**one) for one in given["published"]),
        tuple(Problem(**one) for one in given["problems"]),
        given["failed"],
    )
