"""All that a check may know of the world, in one frozen bundle, and how it is loaded quickly."""

import gc
import marshal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from dq_service.reference.area_codes import AreaCodes
from dq_service.reference.canada import Canada
from dq_service.reference.catalog import Catalog
from dq_service.reference.catalog_file import load_catalog
from dq_service.reference.countries import Countries
from dq_service.reference.email_domains import EmailDomains
from dq_service.reference.placeholders import Placeholders
from dq_service.reference.places import Places
from dq_service.reference.points import Points
from dq_service.reference.points_file import PointsFile
from dq_service.reference.replacing import write_whole
from dq_service.reference.states import States
from dq_service.reference.statuses import Statuses
from dq_service.reference.street_names import StreetNames
from dq_service.reference.street_words import Designators, Directionals, StreetTypes, Suffixes
from dq_service.reference.tables import COLUMNS, NAMES, combined, fingerprint, read_rows, table_file
from dq_service.reference.unavailable import Unavailable
from dq_service.reference.units import Units
from dq_service.reference.whereabouts import tables_folder

COMPILED_FILE: Final = "compiled.marshal"
SOURCES_FILE: Final = "sources.yaml"
ADDRESSES: Final = "addresses"  # names of imported tables: these, and `skus/` with the partner's name


@dataclass(frozen=True, slots=True)
class TableStatus:
    """What `dq reference status` shows of a table: how many rows, its date (ISO 8601), its fingerprint (`sha256:`,
    twelve digits), and where it comes from.
    """

    table: str
    rows: int
    date: str
    version: str
    origin: str


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The reference tables. `points` is None and `catalogs` empty where none were imported.

    `version` is one fingerprint over all tables.
    """

    places: Places
    states: States
    area_codes: AreaCodes
    suffixes: Suffixes
    designators: Designators
    directionals: Directionals
    street_types: StreetTypes
    street_names: StreetNames
    statuses: Statuses
    placeholders: Placeholders
    email_domains: EmailDomains
    countries: Countries
    canada: Canada
    units: Units
    catalogs: Mapping[str, Catalog]
    points: Points | None
    version: str
    tables: tuple[TableStatus, ...]


def load(folder: Path | None = None, data: Path | None = None, cache: Path | None = None) -> Reference:
    """The bundle from the tables in `folder` (those that ship, if None) and what was imported into `data`.

    The compiled form is taken from beside the tables or from `cache`, if it was made of exactly these tables by
    exactly this code; else it is made, and kept in `cache` if given. Raises FileNotFoundError for a missing table and
    ValueError for one with other columns.
    """
    folder = folder or tables_folder()
    contents = _contents(folder)
    with _no_collection():
        structure = _compiled(folder, contents, cache)
        return _bundle(structure, contents, data)


def compile_tables(folder: Path) -> Path:
    """Writes the compiled form beside the tables, as the wheel carries it; returns its path."""
    contents = _contents(folder)
    path = folder / COMPILED_FILE
    write_whole(path, _stamp(contents) + marshal.dumps(_compile(contents)))
    return path


def _contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every table, and of the file that says where they come from, by name."""
    contents = {name: table_file(folder, name).read_bytes() for name in NAMES}
    contents[SOURCES_FILE] = (folder / SOURCES_FILE).read_bytes()
    return contents


def _stamp(contents: Mapping[str, bytes]) -> bytes:
    """What a compiled form must begin with: made of these tables, by this code, for this Python."""
    code = sorted(Path(__file__).parent.glob("*.py"))
    parts = [(name, fingerprint(content)) for name, content in contents.items()]
    parts += [(path.name, fingerprint(path.read_bytes())) for path in code]
    return f"reference {sys.implementation.cache_tag} {marshal.version} {combined(parts)}\n".encode()


def _compiled(folder: Path, contents: Mapping[str, bytes], cache: Path | None) -> dict[str, Any]:
    stamp = _stamp(contents)
    kept = cache / f"reference-{sys.implementation.cache_tag}.marshal" if cache else None
    for path in (folder / COMPILED_FILE, kept):
        if path is None:
            continue
        try:
            compiled = path.read_bytes()
            if compiled.startswith(stamp):
                found: dict[str, Any] = marshal.loads(memoryview(compiled)[len(stamp) :])
                return found
        except (OSError, ValueError, EOFError, TypeError):
            continue  # missing or damaged: the tables have it all
    structure = _compile(contents)
    if kept is not None:
        with suppress(OSError):  # a cache that cannot be written costs time, not answers
            write_whole(kept, stamp + marshal.dumps(structure))
    return structure


def _compile(contents: Mapping[str, bytes]) -> dict[str, Any]:
    text = {name: content.decode() for name, content in contents.items()}
    return {
        "rows": {name: read_rows(name, text[name]) for name in COLUMNS},
        "places": Places.compile(text["places"], text["states"]),
        "area_codes": AreaCodes.compile(text["area_codes"]),
        "sources": {
            str(entry["table"]): (int(entry["rows"]), str(entry["date"]), str(entry["origin"]))
            for entry in YAML(typ="safe").load(text[SOURCES_FILE])["tables"]
        },
    }


def _bundle(structure: Mapping[str, Any], contents: Mapping[str, bytes], data: Path | None) -> Reference:
    rows = structure["rows"]
    places = Places.from_compiled(structure["places"])
    suffixes = Suffixes(rows["street_suffixes"], (word for (word,) in rows["street_words"]))
    directionals = Directionals(rows["directionals"])
    street_types = StreetTypes(rows["street_types_fr"])
    street_names = StreetNames(suffixes, directionals, street_types)
    versions = [(name, fingerprint(contents[name])) for name in NAMES]
    tables = []
    for name, digits in versions:
        count, date, origin = structure["sources"][name]
        tables.append(TableStatus(name, count, date, _short(digits), origin))
    points, catalogs = None, Catalogs({})
    if data is not None:
        addresses = data / "reference" / "addresses.sqlite"
        if addresses.is_file():
            points = Points(PointsFile(addresses), street_names)
            versions.append((ADDRESSES, points.version))
            origin = "imported, complete" if points.complete else "imported"
            tables.append(TableStatus(ADDRESSES, points.rows, points.date, _short(points.version), origin))
        catalogs = Catalogs({path.stem: path for path in sorted((data / "reference" / "skus").glob("[!.]*.csv"))})
        for name, path in catalogs.paths.items():
            content = path.read_bytes()
            versions.append((f"skus/{name}", fingerprint(content)))
            count, date = _lines(content) - 1, datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
            tables.append(TableStatus(f"skus/{name}", count, date, _short(versions[-1][1]), "imported"))
    return Reference(
        places=places,
        states=places.states,
        area_codes=AreaCodes.from_compiled(structure["area_codes"]),
        suffixes=suffixes,
        designators=Designators(rows["unit_designators"]),
        directionals=directionals,
        street_types=street_types,
        street_names=street_names,
        statuses=Statuses(rows["statuses"]),
        placeholders=Placeholders(rows["placeholders"]),
        email_domains=EmailDomains(rows["email_domains"], rows["email_roles"]),
        countries=Countries(rows["countries"]),
        canada=Canada(rows["provinces"]),
        units=Units(rows["units"]),
        catalogs=catalogs,
        points=points,
        version=combined(versions),
        tables=tuple(tables),
    )


class Catalogs(Mapping[str, Catalog]):
    """The partners' catalogs by name, each read when it is first asked for."""

    __slots__ = ("_damaged", "_loaded", "paths")

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self.paths = paths
        self._loaded: dict[str, Catalog] = {}
        self._damaged: dict[str, str] = {}  # not read again and again: the bundle is made anew when a file changes

    def __getitem__(self, name: str) -> Catalog:
        """Raises Unavailable where a catalog that was imported cannot be read."""
        found = self._loaded.get(name)
        if found is None:
            path = self.paths[name]
            if name in self._damaged:
                raise Unavailable(self._damaged[name])
            try:
                with _no_collection():
                    found = self._loaded[name] = load_catalog(path)
            except OSError as error:
                raise Unavailable(f"{path}: {error.strerror}") from error
            except ValueError as error:
                self._damaged[name] = str(error)
                raise Unavailable(str(error)) from error
        return found

    def __contains__(self, name: object) -> bool:
        """Whether a catalog was imported; it is not read for that."""
        return name in self.paths

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths)

    def __len__(self) -> int:
        return len(self.paths)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without the collector, which would walk the growing tables again and again while they are read."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _lines(content: bytes) -> int:
    return content.count(b"\n")


def _short(digits: str) -> str:
    return f"sha256:{digits[:12]}"
