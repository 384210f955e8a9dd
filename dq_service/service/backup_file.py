"""A backup as a file: a ZIP of tables, files and a manifest that says what is in it, with the hash of each part."""

import hashlib
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import orjson

from dq_service.store.dump import Form

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
FOLDERS: Final = ("partners", "profiles", "rules", "reference")  # of the data folder; all else can be made again
FILES: Final = ("secret",)
SECRET_MODE: Final = 0o600
PIECE: Final = 8 << 20  # bytes of rows in a part: what is checked before any of it is used
_CHUNK: Final = 1 << 20
_NAME: Final = re.compile(r"[a-z][a-z_]*")  # of a table or a column


class NotABackup(Exception):
    """The file is no backup, is damaged, or is of a newer release; the text says which, in one line."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the ZIP: `tables/TABLE/00001.ndjson` or `data/PATH`."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns with their kinds, and how many rows there are."""

    columns: Sequence[Sequence[str]]
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `tables_version` is the number of the schema that the rows belong to.

    `audit_lines` and `audit_head` are those of the audit log; `counters` the highest seq ever given, by table;
    `made_at` is RFC 3339.
    """

    product: str
    tables_version: str
    made_at: str
    engine: str
    audit_lines: int
    audit_head: str
    counters: Mapping[str, int]
    tables: Mapping[str, Table]
    parts: Sequence[Part] = field(default_factory=tuple)
    format: int = FORMAT

    @property
    def forms(self) -> Sequence[Form]:
        """The tables in the order in which they can be filled."""
        pairs = ((name, table.columns) for name, table in self.tables.items())
        return [Form(name, tuple((column, kind) for column, kind in columns)) for name, columns in pairs]  # type: ignore[misc]

    def write(self) -> bytes:
        """As it stands in the ZIP."""
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2)


class Writing:
    """Parts, written one after the other."""

    def __init__(self, out: IO[bytes]) -> None:
        self._zip: Final = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=3)
        self.parts: Final[list[Part]] = []

    def add(self, name: str, content: bytes) -> None:
        """A part that is in memory."""
        self._zip.writestr(_private(name), content)
        self.parts.append(Part(name, hashlib.sha256(content).hexdigest(), len(content)))

    def add_file(self, name: str, file: Path) -> None:
        """A part that is a file, of any size. Raises OSError."""
        digest, size = hashlib.sha256(), 0
        with file.open("rb") as source, self._zip.open(_private(name), "w", force_zip64=True) as out:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                out.write(chunk)
        self.parts.append(Part(name, digest.hexdigest(), size))

    def finish(self, manifest: Manifest) -> None:
        """The manifest, last: a file without it was cut off."""
        self._zip.writestr(_private(MANIFEST), manifest.write())

    def close(self) -> None:
        """Before the file is."""
        self._zip.close()


class Reading:
    """A backup opened. Raises NotABackup, and OSError for a file that cannot be read."""

    def __init__(self, file: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
            self.manifest: Final = _manifest(orjson.loads(self._zip.read(MANIFEST)))
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError):
            raise NotABackup("it is no backup of dq-service, or was cut off") from None

    def __enter__(self) -> "Reading":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def checked(self) -> Iterator[Part]:
        """Each part once its bytes were found to be those that were written. Raises NotABackup."""
        for part in self.manifest.parts:
            digest = hashlib.sha256()
            try:
                with self._zip.open(part.name) as source:
                    while chunk := source.read(_CHUNK):
                        digest.update(chunk)
            except (zipfile.BadZipFile, KeyError, EOFError, OSError) as error:
                raise NotABackup(f"it is damaged: {part.name} cannot be read") from error
            if digest.hexdigest() != part.sha256:
                raise NotABackup(f"it is damaged: {part.name} is not what was written")
            yield part

    def rows(self, table: str) -> Iterator[bytes]:
        """The lines of a table."""
        for part in self.manifest.parts:
            if part.name.startswith(f"tables/{table}/"):
                with self._zip.open(part.name) as lines:
                    yield from lines

    def copy(self, part: Part, out: IO[bytes]) -> None:
        """The bytes of a part."""
        with self._zip.open(part.name) as source:
            while chunk := source.read(_CHUNK):
                out.write(chunk)


def data_files(data: Path) -> Iterator[tuple[str, Path]]:
    """The files of a data folder that belong into a backup, by their paths there."""
    for name in FILES:
        if (data / name).is_file():
            yield name, data / name
    for folder in FOLDERS:
        for file in sorted((data / folder).rglob("*")):
            path = file.relative_to(data)
            if file.is_file() and not any(step.startswith(".") for step in path.parts):
                yield path.as_posix(), file


def _private(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = SECRET_MODE << 16
    return info


def _manifest(json: Any) -> Manifest:
    """Raises KeyError, TypeError, ValueError where it says something else; NotABackup for another format."""
    if json["format"] != FORMAT:
        raise NotABackup(f"it is a backup of another form ({json['format']}), made by dq-service {json['product']}")
    tables = {str(name): Table(**table) for name, table in json["tables"].items()}
    for name, table in tables.items():
        if not all(_NAME.fullmatch(one) for one in (name, *(column for column, _ in table.columns))):
            raise ValueError(name)
    parts = tuple(Part(**part) for part in json["parts"])
    for part in parts:
        steps = part.name.split("/")
        if steps[0] not in ("tables", "data") or ".." in steps or "" in steps or "\\" in part.name:
            raise ValueError(part.name)
        if steps[0] == "data" and steps[1] not in (*FOLDERS, *FILES):
            raise ValueError(part.name)
    return Manifest(**{**json, "tables": tables, "parts": parts})
