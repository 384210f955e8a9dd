"""Publishing: rules, partners, profiles become a numbered version that every worker takes up, whole or not at all."""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import orjson
from sqlalchemy import Connection

from dq_service import __version__
from dq_service.engine.rulebook import Layer
from dq_service.intake.profiles import Profiles
from dq_service.parsing.yaml import DocumentError, Problem
from dq_service.store import audit, publications
from dq_service.store.database import Database
from dq_service.store.kept import Note

Kind = Literal["rulebook", "partners", "profiles"]
KINDS: Final[tuple[Kind, ...]] = ("rulebook", "partners", "profiles")
START: Final = "start"  # by whom a server that starts publishes
SHIPPED, OWN = "shipped", "own"  # the first folder of a rule's or profile's path: with the package, or laid over it


@dataclass(frozen=True, slots=True)
class Draft:
    """What may be published of a kind: texts by their path, and the release of this package that they belong to.

    A rule's path is `shipped/address/ADR021-city-misspelled.yaml` or `own/...`, a profile's
    `shipped/shopify.yaml`, a partner's `acme.yaml`.
    """

    kind: Kind
    texts: Mapping[str, str] = field(repr=False)
    release: str = __version__

    @property
    def content(self) -> bytes:
        """The same bytes for the same texts."""
        return orjson.dumps({"release": self.release, "texts": self.texts}, option=orjson.OPT_SORT_KEYS)

    @property
    def hash(self) -> str:
        """What tells two drafts apart."""
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    @classmethod
    def published(cls, kind: Kind, body: bytes) -> "Draft":
        """What stands in a publication's body."""
        content = orjson.loads(zlib.decompress(body))
        return cls(kind, content["texts"], content["release"])

    @property
    def body(self) -> bytes:
        """How it is kept: 90 rules take 660 kB, packed 120."""
        return zlib.compress(self.content)

    def layers(self, own: Path) -> tuple[Layer, Layer]:
        """The rules that ship and those laid over them; messages name the latter by the folder `own`."""
        shipped = Layer("rules", self._within(SHIPPED))
        return shipped, Layer(own.as_posix(), self._within(OWN))

    def _within(self, folder: str) -> dict[str, bytes]:
        inside = f"{folder}/"
        return {
            path.removeprefix(inside): text.encode() for path, text in self.texts.items() if path.startswith(inside)
        }

    def profiles(self, own: Path) -> Profiles:
        """The profiles that ship with those laid over them; messages name the latter by the folder `own`."""
        shipped = {f"profiles/{path}": text for path, text in self._within(SHIPPED).items()}
        return Profiles(shipped, {(own / path).as_posix(): text for path, text in self._within(OWN).items()})

    def files(self) -> dict[str, bytes]:
        """The partners' files by name."""
        return {path: text.encode() for path, text in self.texts.items()}


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing made of one kind: the version in force, whether it is new, and the paths that differ."""

    kind: Kind
    version: int
    new: bool = False
    added: Sequence[str] = ()
    changed: Sequence[str] = ()
    removed: Sequence[str] = ()


def rulebook_draft(shipped: Layer, own: Layer) -> Draft:
    """The rules as their files are. Raises DocumentError for a text that is no UTF-8."""
    named = [(f"{top}/{path}", layer.label(path), raw) for top, layer in ((SHIPPED, shipped), (OWN, own))
             for path, raw in layer.texts.items()]  # fmt: skip
    return Draft("rulebook", _texts(named))


def partners_draft(texts: Mapping[str, bytes], folder: Path) -> Draft:
    """The partners' files as they are. Raises DocumentError for a text that is no UTF-8."""
    return Draft("partners", _texts((name, str(folder / name), raw) for name, raw in texts.items()))


def profiles_draft(profiles: Profiles) -> Draft:
    """The profiles as their files are. Raises DocumentError for a text that is no UTF-8."""
    layers = ((SHIPPED, profiles.shipped), (OWN, profiles.own))
    named = [(f"{top}/{Path(file).name}", file, raw) for top, texts in layers for file, raw in texts.items()]
    return Draft("profiles", _texts(named))


def _texts(named: Iterable[tuple[str, str, bytes]]) -> dict[str, str]:
    texts, problems = {}, []
    for path, label, raw in named:
        try:
            texts[path] = raw.decode()
        except UnicodeDecodeError:
            problems.append(Problem(label, 1, "the file is no UTF-8"))
    if problems:
        raise DocumentError(problems)
    return texts


def publish(
    database: Database, drafts: Sequence[Draft], check: Callable[[], None], *, at: datetime, by: str, again: bool
) -> tuple[Published, ...]:
    """Publishes those of the drafts that are wanted, in one transaction; what is in force then, by kind.

    `again`: whatever differs from what is in force is wanted. Else only what was never in force is: a server that
    starts with an old folder, or on a second machine, takes nothing back. `check` is called before anything is
    written, and not at all where nothing is; what it raises is raised.
    """
    with database.reading() as connection:
        wanted = any(_wanted(connection, draft, again) for draft in drafts)
    if wanted:
        check()  # outside the transaction: proving a rule takes 10 ms, and orders wait for the writer
        with database.writing() as connection:
            publications.lock(connection)
            published = tuple([_published(connection, draft, again, at, by) for draft in drafts])
            audit.append(connection, [_note(one, at, by) for one in published if one.new])
            return published
    with database.reading() as connection:
        newest = publications.versions(connection)
    return tuple(Published(draft.kind, newest[draft.kind]) for draft in drafts)


def _wanted(connection: Connection, draft: Draft, again: bool) -> bool:
    newest = publications.find(connection, draft.kind)
    if newest is None or again:
        return newest is None or newest.hash != draft.hash
    if draft.hash in publications.hashes(connection, draft.kind):
        # Of another release: this one may have other checks than its rules name.
        return Draft.published(draft.kind, newest.body).release != draft.release
    return True


def _published(connection: Connection, draft: Draft, again: bool, at: datetime, by: str) -> Published:
    newest = publications.find(connection, draft.kind)
    if newest is not None and not _wanted(connection, draft, again):
        return Published(draft.kind, newest.version)
    before = Draft(draft.kind, {}) if newest is None else Draft.published(draft.kind, newest.body)
    version = publications.add(connection, draft.kind, draft.hash, draft.body, at=at, by=by)
    return Published(draft.kind, version, True, *changes(before, draft))


def _note(published: Published, at: datetime, by: str) -> Note:
    counts = {name: len(getattr(published, name)) for name in ("added", "changed", "removed")}
    actor = "service" if by == START else f"local:{by}" if by else "local"
    return Note(at, actor, "publish", f"{published.kind} {published.version}", "", counts)


def changes(before: Draft, after: Draft) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The paths that are new, that have another text, and that are gone."""
    old, new = before.texts, after.texts
    changed = (path for path in old.keys() & new.keys() if old[path] != new[path])
    return tuple(sorted(new.keys() - old.keys())), tuple(sorted(changed)), tuple(sorted(old.keys() - new.keys()))


def draft_of(connection: Connection, kind: Kind, version: int) -> Draft:
    """What was published as this version. Raises LookupError where it was not."""
    found = publications.find(connection, kind, version)
    if found is None:
        raise LookupError(f"{kind} {version} was never published")
    return Draft.published(kind, found.body)
