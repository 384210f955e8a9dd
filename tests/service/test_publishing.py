"""The files become numbered versions: when they do, and what is told of it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dq_service.engine.rulebook import Layer
from dq_service.parsing.yaml import DocumentError, Problem
from dq_service.service.publishing import (
    Draft,
    Published,
    draft_of,
    partners_draft,
    publish,
    rulebook_draft,
)
from dq_service.store import audit
from dq_service.store.database import Database

AT = datetime(2026, 12, 1, 18, 30, tzinfo=UTC)
HERE = Path("partners")
ACME, NOVA = b"name: acme\r\n", "\ufeffname: nova # Añil\n".encode()


def put(database: Database, texts: dict[str, bytes], *, again: bool = True, release: str = "") -> Published:
    draft = partners_draft(texts, HERE)
    draft = replace(draft, release=release) if release else draft
    (one,) = publish(database, [draft], lambda: None, at=AT, by="ada", again=again)
    return one


def refuse() -> None:
    raise DocumentError([Problem("acme.yaml", 1, "no")])


def test_a_draft_comes_back_byte_for_byte() -> None:
    draft = partners_draft({"acme.yaml": ACME, "nova.yaml": NOVA}, HERE)
    back = Draft.published("partners", draft.body)
    assert back.files() == {"acme.yaml": ACME, "nova.yaml": NOVA}
    assert (back.hash, back.release) == (draft.hash, draft.release)
    assert replace(draft, release="0.0.1").hash != draft.hash


def test_the_layers_of_a_rulebook_stay_apart() -> None:
    layers = Layer("rules", {"text/TXT001-a.yaml": b"shipped"}), Layer("/data/rules", {"text/TXT001-a.yaml": b"own"})
    draft = Draft.published("rulebook", rulebook_draft(*layers).body)
    assert draft.layers(Path("/data/rules")) == layers


def test_a_text_that_is_no_utf_8_is_named() -> None:
    with pytest.raises(DocumentError, match=r"partners/acme\.yaml:1: the file is no UTF-8"):
        partners_draft({"acme.yaml": b"name: \xff"}, HERE)


def test_only_what_differs_is_published_and_what_changed_is_told(database: Database) -> None:
    assert put(database, {"a.yaml": b"1", "b.yaml": b"1"}) == Published("partners", 1, True, ("a.yaml", "b.yaml"))
    assert put(database, {"a.yaml": b"1", "b.yaml": b"1"}) == Published("partners", 1)
    changed = put(database, {"a.yaml": b"2", "c.yaml": b"1"})
    assert changed == Published("partners", 2, True, ("c.yaml",), ("a.yaml",), ("b.yaml",))
    with database.reading() as connection:
        assert draft_of(connection, "partners", 1).texts == {"a.yaml": "1", "b.yaml": "1"}
        with pytest.raises(LookupError):
            draft_of(connection, "partners", 3)


def test_who_published_what_is_in_the_audit_log(database: Database) -> None:
    put(database, {"acme.yaml": ACME})
    put(database, {"acme.yaml": ACME})
    put(database, {"nova.yaml": NOVA})
    with database.reading() as connection:
        newest, oldest = audit.lines(connection)
    assert (oldest.actor, oldest.action, oldest.object) == ("local:ada", "publish", "partners 1")
    assert (newest.object, newest.detail) == ("partners 2", {"added": 1, "changed": 0, "removed": 1})


def test_a_server_that_starts_takes_nothing_back(database: Database) -> None:
    put(database, {"a.yaml": b"1"})
    put(database, {"a.yaml": b"2"})
    assert put(database, {"a.yaml": b"1"}, again=False) == Published("partners", 2)
    assert put(database, {"a.yaml": b"3"}, again=False).version == 3
    assert put(database, {"a.yaml": b"1"}).version == 4


def test_a_server_of_another_release_publishes_its_own(database: Database) -> None:
    put(database, {"a.yaml": b"1"}, release="1.0")
    assert put(database, {"a.yaml": b"1"}, release="2.0", again=False).version == 2
    assert put(database, {"a.yaml": b"1"}, release="2.0", again=False).version == 2
    assert put(database, {"a.yaml": b"1"}, release="1.0", again=False).version == 3


def test_what_is_found_wrong_leaves_everything_as_it_was(database: Database) -> None:
    put(database, {"a.yaml": b"1"})
    with pytest.raises(DocumentError):
        publish(database, [partners_draft({"a.yaml": b"2"}, HERE)], refuse, at=AT, by="", again=True)
    assert put(database, {"a.yaml": b"1"}) == Published("partners", 1)
    publish(database, [partners_draft({"a.yaml": b"1"}, HERE)], refuse, at=AT, by="", again=True)  # nothing to check
