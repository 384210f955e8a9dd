"""The product put together for one installation: the rulebook, the tables, the partners, and how they are renewed."""

import logging
import marshal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from dq_service import __version__
from dq_service.build import bare, shipped_rules
from dq_service.checks import SUBJECTS
from dq_service.context import Context, Recent, never
from dq_service.engine.engine import Engine
from dq_service.engine.overrides import check_overrides
from dq_service.engine.proof import prove
from dq_service.engine.rule_text import Compiled
from dq_service.engine.rulebook import Rulebook, compile_rules, compiled_rules
from dq_service.engine.rulebook import load as load_rules
from dq_service.intake.record import Record
from dq_service.parsing.yaml import DocumentError, Problem
from dq_service.partner import BUILT_IN, Partner, Partners, check_codes
from dq_service.reference import bundle
from dq_service.reference.bundle import Reference
from dq_service.reference.replacing import write_whole
from dq_service.reference.whereabouts import rules_folder
from dq_service.result import Result
from dq_service.settings import Settings

log = logging.getLogger(__name__)

CACHED_RULES: Final = "rules.marshal"


@dataclass(frozen=True, slots=True)
class App:
    """One state of the installation; everything in it is frozen. `problems` do not stop the work."""

    settings: Settings
    engine: Engine
    partners: Partners
    problems: tuple[Problem, ...] = ()

    def partner_of(self, order: Any, named: str = "") -> Partner:
        """The partner named, else the order's own; the built-in policy where there is none or it has no file."""
        name = named or (order.get("partner") if type(order) is dict else None)
        return self.partners.by_name.get(name, BUILT_IN) if type(name) is str else BUILT_IN

    def check(
        self,
        order: Any,
        *,
        as_of: datetime,
        partner: str = "",
        recent: Recent | None = None,
        expired: Callable[[], bool] = never,
        line: int | None = None,
        doubt: str = "",
    ) -> Result:
        """The result for one order, given as parsed JSON: Engine.check with the partner found by name."""
        found = self.partner_of(order, partner)
        return self.engine.check(
            order, as_of=as_of, partner=found, recent=recent, expired=expired, line=line, named=partner, doubt=doubt
        )

    def check_record(
        self, record: Record, *, as_of: datetime, partner: str = "", recent: Recent | None = None
    ) -> Result:
        """The result for one record of a file: `rejected` where no order could be read.

        A record that was read in spite of its trouble (a row with a cell too many) is checked, and held for review:
        nobody knows which of its values stand in the right field.
        """
        trouble = record.trouble
        if record.order is None:
            context = Context(as_of, self.engine.reference, self.partner_of(None, partner))
            field = trouble.path if trouble else ""
            return self.engine.rejected(str(trouble or "it cannot be read"), context, line=record.line, field=field)
        doubt = "" if trouble is None else str(trouble)
        return self.check(record.order, as_of=as_of, partner=partner, recent=recent, line=record.line, doubt=doubt)


def open_app(settings: Settings) -> App:
    """The installation as its files are now. Reads only, but for the `cache/` of a data folder that exists.

    Raises DocumentError with all that is wrong in rules (their proof too) or partners, OSError for a file that
    cannot be read.
    """
    reference = open_reference(settings)
    rulebook, unproved = open_rulebook(settings, reference)
    partners = Partners.load(settings.partners)
    problems = [
        problem
        for partner in partners.values()
        for problem in (*check_codes(partner, rulebook.by_code), *check_overrides(partner, rulebook))
    ]
    return App(settings, Engine(rulebook, reference), partners, (*unproved, *problems))


def open_reference(settings: Settings) -> Reference:
    """The tables that ship and what was imported into the data folder."""
    return bundle.load(data=settings.data, cache=settings.cache if settings.data.is_dir() else None)


def read_rulebook(settings: Settings) -> Rulebook:
    """The rules that ship with those of the data folder laid over them, proved or not.

    Raises DocumentError with all that is wrong in their text.
    """
    return load_rules([rules_folder(), settings.rules], SUBJECTS, {**_cached(settings)[1], **shipped_rules()})


def open_rulebook(settings: Settings, reference: Reference) -> tuple[Rulebook, Sequence[Problem]]:
    """The same, each rule proved: texts that the package was not built with are proved here, once.

    Raises DocumentError with all that is wrong with them; with DQ_UNPROVED they are in force, and what their examples
    do not keep to is returned.
    """
    shipped = shipped_rules()
    version, kept = _cached(settings)
    rulebook = load_rules([rules_folder(), settings.rules], SUBJECTS, {**kept, **shipped})
    new = [rule for rule in rulebook.rules if rulebook.hashes[rule.code] not in shipped]
    if not new or version == rulebook.version:
        return rulebook, ()
    problems = prove(Engine(rulebook, bare(reference)), new)
    if not problems:
        _keep(settings, rulebook.version)
    elif not settings.unproved:
        raise DocumentError(problems)
    return rulebook, problems


def _cached(settings: Settings) -> tuple[str, Compiled]:
    """The version of the rulebook that was last proved here, and its texts parsed; nothing of another release's."""
    try:
        release, version, texts = marshal.loads((settings.cache / CACHED_RULES).read_bytes())
    except (OSError, EOFError, ValueError, TypeError):
        return "", {}
    return (version, compiled_rules(texts)) if release == __version__ else ("", {})


def _keep(settings: Settings, version: str) -> None:
    if settings.data.is_dir():
        texts = compile_rules([rules_folder(), settings.rules])
        try:
            write_whole(settings.cache / CACHED_RULES, marshal.dumps((__version__, version, texts)))
        except OSError as error:  # a data folder that is read-only for us: the next start proves again
            log.info("no cache in %s: %s", settings.cache, error.strerror)


class Watch:
    """The app in force, for a server: made anew when a file changes, and swapped in only when it is whole.

    `current()` never waits: at most once every `every` seconds it sends a look into the background. While the new
    state cannot be opened the last good one stays in force, and `trouble` says why.
    """

    def __init__(self, settings: Settings, *, every: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        """Opens the app once. Raises what `open_app` raises."""
        self._settings = settings
        self._every = every
        self._clock = clock
        self._looking = threading.Lock()
        self._seen = files_of(settings)
        self._app = open_app(settings)
        self._next = clock() + every
        self.trouble: tuple[Problem, ...] = ()

    def current(self) -> App:
        """The app in force."""
        if self._clock() >= self._next and self._looking.acquire(blocking=False):
            self._next = self._clock() + self._every
            threading.Thread(target=self._look_and_release, name="dq-reload", daemon=True).start()
        return self._app

    def look(self) -> App:
        """Looks at the files now, in this thread, and opens them anew where one has changed."""
        with self._looking:
            self._look()
        return self._app

    def _look_and_release(self) -> None:
        try:
            self._look()
        finally:
            self._looking.release()

    def _look(self) -> None:
        seen = files_of(self._settings)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._app = open_app(self._settings)
        except DocumentError as error:
            self.trouble = error.problems
        except Exception as error:
            # Whatever is wrong with the new files, what is in force stays in force and the server goes on. The
            # message of an exception may quote them, so only its class and the frames are logged.
            name = type(error).__name__
            frames = "".join(traceback.format_tb(error.__traceback__))
            log.error("the new state of %s cannot be opened: %s at\n%s", self._settings.data, name, frames)
            self.trouble = (Problem(str(self._settings.data), 1, f"cannot be opened: {name}"),)
        else:
            self.trouble = ()
            log.info("reloaded: rulebook %s, %d partners", self._app.engine.rulebook.version, len(self._app.partners))
            return
        log.error("the last good state stays in force:\n%s", "\n".join(map(str, self.trouble)))


def files_of(settings: Settings) -> frozenset[tuple[str, int, int]]:
    """Every file that an installation is made of, with its time of change and size."""
    return frozenset(_files(settings))


def _files(settings: Settings) -> Iterator[tuple[str, int, int]]:
    patterns: tuple[tuple[Path, str], ...] = (
        (rules_folder(), "*/*.yaml"),
        (settings.rules, "*/*.yaml"),
        (settings.partners, "*.y*ml"),
        (settings.data / "reference", "**/*"),
    )
    for folder, pattern in patterns:
        for path in folder.glob(pattern):
            try:
                found = path.stat()
            except OSError:  # gone since it was listed, or a link to nowhere
                continue
            yield str(path), found.st_mtime_ns, found.st_size
