"""`dq doctor`: what is wrong with this installation, and what to do about it."""

import platform
import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from dq_service import __version__
from dq_service.app import open_reference, open_rulebook
from dq_service.build import shipped_rules
from dq_service.cli.diagnosis import SIGNS, Diagnosis, Health
from dq_service.cli.doctor_database import of_database
from dq_service.cli.doctor_machine import of_machine, of_settings
from dq_service.cli.reference import silent
from dq_service.engine.overrides import check_overrides
from dq_service.engine.rulebook import Rulebook
from dq_service.parsing.yaml import DocumentError, Problem
from dq_service.partner import Partners, check_codes
from dq_service.reference.bundle import Reference
from dq_service.reference.unavailable import Unavailable
from dq_service.settings import Settings

# https://www.sqlite.org/wal.html, "The WAL-Reset Bug": several writing connections may lose commits.
SQLITE_SOUND: Final = (3, 51, 3)


def examine(settings: Settings) -> Iterator[Diagnosis]:
    """Looks at everything an installation is made of; one part that is broken does not hide the others."""
    yield from _programs()
    yield from of_settings(settings)
    yield from of_machine(settings)
    reference = None
    try:
        reference = open_reference(settings)
    except (OSError, ValueError, DocumentError) as error:
        yield Diagnosis("reference", "bad", f"{error}; import it again, or install the package again")
    rulebook = None
    if reference is not None:
        yield from _tables(reference)
        try:
            rulebook, unproved = open_rulebook(settings, reference)
        except DocumentError as error:
            yield from (Diagnosis("rules", "bad", str(problem)) for problem in error.problems)
        else:
            yield from (Diagnosis("rules", "bad", str(problem)) for problem in unproved)
            yield from _rules(settings, rulebook, proved=not unproved)
    yield from _partners(settings, rulebook, reference)
    yield from of_database(settings)


def _programs() -> Iterator[Diagnosis]:
    yield Diagnosis("dq", "good", f"{__version__} on Python {platform.python_version()}, {sys.platform}")
    if sqlite3.sqlite_version_info < SQLITE_SOUND:
        yield Diagnosis(
            "sqlite",
            "note",
            f"{sqlite3.sqlite_version}: one writing process only (WAL, sound from 3.51.3); else PostgreSQL",
        )
    else:
        yield Diagnosis("sqlite", "good", sqlite3.sqlite_version)


def _tables(reference: Reference) -> Iterator[Diagnosis]:
    damaged = set()
    for name in reference.catalogs:
        try:
            reference.catalogs[name]
        except Unavailable as error:
            damaged.add(f"skus/{name}")
            yield Diagnosis("reference", "bad", f"skus/{name}: {error}")
    for table in reference.tables:
        if table.origin.startswith("imported") and table.table not in damaged:
            yield Diagnosis("reference", "good", f"{table.table}: {table.rows:,} rows of {table.date}, {table.origin}")
    ships = [table for table in reference.tables if not table.origin.startswith("imported")]
    dates = sorted(table.date for table in ships if table.date)
    span = f", of {' to '.join(dict.fromkeys((dates[0], dates[-1])))}" if dates else ""
    yield Diagnosis("reference", "good", f"{len(ships)} tables that ship{span}")
    for line in silent(addresses=reference.points is not None, catalogs=bool(reference.catalogs)):
        yield Diagnosis("reference", "note", line)


def _rules(settings: Settings, rulebook: Rulebook, *, proved: bool) -> Iterator[Diagnosis]:
    own = sum(1 for _ in settings.rules.glob("*/*.yaml"))
    also = f", {own} of {settings.rules}" if own else ""
    if rulebook.rules:
        said = "all proved" if proved else "in force unproved (DQ_UNPROVED)"
        health: Health = "good" if proved else "bad"
        yield Diagnosis("rules", health, f"{len(rulebook.rules)} rules, {said}{also}; {rulebook.version[:19]}")
    else:
        yield Diagnosis("rules", "bad", "no rules at all; install the package again")
    if rulebook.rules and not shipped_rules():
        yield Diagnosis("rules", "note", "not compiled, each start reads them anew: python -m dq_service.build")


def _partners(settings: Settings, rulebook: Rulebook | None, reference: Reference | None) -> Iterator[Diagnosis]:
    try:
        partners = Partners.load(settings.partners)
    except (OSError, DocumentError) as error:
        yield from (Diagnosis("partners", "bad", line) for line in str(error).splitlines())
        return
    now = datetime.now(UTC)
    for partner in partners.values():
        problems: tuple[Problem, ...] = ()
        if rulebook is not None:
            problems = (*check_codes(partner, rulebook.by_code), *check_overrides(partner, rulebook))
        yield from (Diagnosis("partners", "bad", str(problem)) for problem in problems)
        for one in partner.expired(now):
            said = f"{partner.file}:{one.line}: the override of {one.rule} ended {one.until}"
            yield Diagnosis("partners", "note", said)
        if partner.catalog and reference is not None and partner.catalog not in reference.catalogs:
            what = f"{partner.name}: catalog '{partner.catalog}' is not imported, its rules are silent"
            yield Diagnosis("partners", "note", f"{what}; dq reference import skus FILE --partner {partner.catalog}")
        elif not problems:
            yield Diagnosis("partners", "good", partner.name + (", in shadow" if partner.shadow else ""))
    if not partners:
        yield Diagnosis(
            "partners", "note", f"none: the built-in policy applies to all; NAME.yaml goes into {settings.partners}"
        )


def shown(remarks: list[Diagnosis]) -> RenderableType:
    """The remarks as a table, each subject named once."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, width=9)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    before = ""
    for remark in remarks:
        sign, style = SIGNS[remark.health]
        about = remark.about if remark.about != before else ""
        before = remark.about
        table.add_row(Text(about, style="dim"), Text(sign, style=style), Text(remark.said))
    return table


def verdict(remarks: list[Diagnosis]) -> str:
    """The last line."""
    bad, notes = (sum(remark.health == health for remark in remarks) for health in ("bad", "note"))
    noted = f"{notes} note{'' if notes == 1 else 's'}"
    if bad:
        return f"{bad} to mend{f', {noted}' if notes else ''}"
    return f"all in order{f', {noted}' if notes else ''}"


def doctor(settings: Settings, show: Callable[[RenderableType], None]) -> int:
    """Examines and shows; 1 where something has to be mended."""
    remarks = list(examine(settings))
    show(shown(remarks))
    show(Text(verdict(remarks), style="bold"))
    return int(any(remark.health == "bad" for remark in remarks))
