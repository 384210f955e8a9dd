"""Errands: asked through the data folder, answered by the server, and nothing of them stays."""

import os
import stat
import time
from pathlib import Path

import pytest

from dq_service.order import JSON
from dq_service.service.errands import FOLDER, LEFT, Answer, Declined, Kinds, answer_all, ask, carry_out
from dq_service.store.trouble import Unavailable


def declining(by: str, given: JSON) -> JSON:
    raise Declined("there is no such key")


def failing(by: str, given: JSON) -> JSON:
    raise Unavailable("full", 1, "the disk is full")


def broken(by: str, given: JSON) -> JSON:
    raise RuntimeError("gate code 4711")


KINDS: Kinds = {
    "greet": lambda by, given: {"said": f"{given['word']} {by}"},
    "decline": declining,
    "fail": failing,
    "break": broken,
}


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("greet", Answer({"said": "hello ada"})),
        ("decline", Answer(declined="there is no such key")),
        ("fail", Answer(failed="the disk is full")),
        ("break", Answer(failed="a fault of the server (RuntimeError); its log says more")),
        ("sing", Answer(failed="the server knows no errand 'sing'; is it another release?")),
    ],
)
def test_an_errand_is_answered_and_nothing_stays(tmp_path: Path, kind: str, answer: Answer) -> None:
    seen: list[int] = []

    def serve(_: float) -> None:
        files = list((tmp_path / FOLDER).iterdir())
        answer_all(tmp_path, KINDS)
        seen.extend(stat.S_IMODE(file.stat().st_mode) for file in (*files, *(tmp_path / FOLDER).iterdir())
                    if file.exists())  # fmt: skip

    given = ask(tmp_path, kind, "ada", {"word": "hello"}, seconds=10, pause=serve)
    assert given == answer == carry_out(KINDS, kind, "ada", {"word": "hello"})
    assert set(seen) == {0o600}
    assert stat.S_IMODE((tmp_path / FOLDER).stat().st_mode) == 0o700
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_who_is_not_answered_takes_the_request_back(tmp_path: Path) -> None:
    assert ask(tmp_path, "greet", "ada", {}, seconds=0.01, pause=lambda _: None) is None
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_an_answer_nobody_waits_for_is_not_written_and_old_ones_go(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / "1.request").write_bytes(b'{"kind": "withdraw", "by": "ada", "arguments": {}}')
    (folder / "2.request").write_bytes(b"no request")
    (folder / "3.answer").write_bytes(b"{}")
    os.utime(folder / "3.answer", (time.time() - LEFT - 60,) * 2)

    def withdrawn(by: str, given: JSON) -> JSON:
        (folder / "1.request").unlink()
        return {}

    answer_all(tmp_path, {"withdraw": withdrawn})
    assert [file.name for file in folder.iterdir()] == ["2.request"]
