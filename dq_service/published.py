"""The installation as its database has it published: its files become a version there, and every worker opens that."""

import logging
import threading
from collections.abc import Callable, Hashable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

import psycopg

from dq_service import __version__
from dq_service.app import App, doubts, layers_of, open_profiles, open_reference, open_rulebook, wrong_profiles
from dq_service.engine.engine import Engine
from dq_service.faults import told
from dq_service.intake.profiles import Profiles
from dq_service.order import JSON
from dq_service.parsing.yaml import DocumentError, Problem
from dq_service.partner import Partners, texts_in
from dq_service.reference.bundle import Reference
from dq_service.service import publishing
from dq_service.service.administration import access_errands
from dq_service.service.erasure import erasure_errands
from dq_service.service.errands import Kinds, answer_all
from dq_service.service.publishing import KINDS, Kind, Published, draft_of
from dq_service.service.secret import Secret
from dq_service.settings import Settings
from dq_service.store import publications
from dq_service.store.database import Database, Unavailable
from dq_service.store.listening import listen
from dq_service.watch import Seen, Unseen, Watch, reference_files

log = logging.getLogger(__name__)

RETRY: Final = 2.0  # seconds until a lost connection for notices is made again

GOING: Final = 1.0  # seconds that the listening has to end


class Publications:
    """What the rules and partners of an installation are read from; imported tables are still its files.

    What did not change is not opened again: neither the tables, which are large, nor the rulebook's plans.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._tables: tuple[Seen, Reference] | None = None
        self._engine: tuple[int, Engine] | None = None
        self._partners: tuple[int, Partners] | None = None
        self._profiles: tuple[int, Profiles] | None = None
        self._errands = self.errands(lambda: datetime.now(UTC))
        self._closed = threading.Event()
        self._listener: threading.Thread | None = None

    def publish(self, *, by: str, asked: bool) -> tuple[Published, ...]:
        """Publishes the files where they are not in force; the versions in force then.

        `asked`: a person wants exactly these files to be in force, and to be told of all that is wrong with them.
        Else (a server starts) what was in force once does not return, and what does not stop the work does not stop
        it. Raises DocumentError, and then nothing is published.
        """
        layers, texts = layers_of(self._settings), texts_in(self._settings.partners)
        profiles = open_profiles(self._settings)

        def check() -> None:
            problems: list[Problem] = []
            rulebook, partners = None, Partners()
            try:
                rulebook, _ = open_rulebook(self._settings, self._reference(), layers)
            except DocumentError as error:
                problems += error.problems
            try:
                partners = Partners.of(texts, self._settings.partners)
            except DocumentError as error:
                problems += error.problems
            problems += wrong_profiles(profiles, filter(profiles.is_own, profiles))
            if asked and rulebook is not None:
                problems += doubts(partners, rulebook, profiles)
            if problems:
                raise DocumentError(problems)

        drafts = (
            publishing.rulebook_draft(*layers),
            publishing.partners_draft(texts, self._settings.partners),
            publishing.profiles_draft(profiles),
        )
        return publishing.publish(self._database, drafts, check, at=datetime.now(UTC), by=by, again=asked)

    def errands(self, clock: Callable[[], datetime]) -> Kinds:
        """What commands may ask of whoever writes this database, by its kind."""

        def publish(by: str, _: JSON) -> JSON:
            try:
                return {"published": [asdict(one) for one in self.publish(by=by, asked=True)], "problems": []}
            except DocumentError as error:
                return {"published": [], "problems": [asdict(one) for one in error.problems]}

        def secret() -> Secret:
            return Secret.of(self._settings.secret, self._settings.data)

        return {
            "publish": publish,
            **access_errands(self._database, secret, clock),
            **erasure_errands(self._database, clock),
        }

    def begin(self, *, publish: bool) -> tuple[Problem, ...]:
        """At the start of a server: publishes, or only if nothing ever was; what is wrong where that stops nothing.

        Raises DocumentError where the files cannot be published and nothing ever was.
        """
        with self._database.reading() as connection:
            empty = publications.versions(connection).keys() != set(KINDS)
        if not (publish or empty):
            return ()
        try:
            self.publish(by=publishing.START, asked=False)
        except DocumentError as error:
            if empty:
                raise
            log.error("the files are not published, what was published before is in force:\n%s", error)
            return error.problems
        return ()

    def seen(self) -> Hashable:
        """The newest versions and the imported tables; what commands ask is done first."""
        try:
            if self._database.dialect == "sqlite":
                answer_all(self._settings.data, self._errands)
            with self._database.reading() as connection:
                versions = publications.versions(connection)
        except Unavailable as error:
            raise Unseen(f"the database cannot be asked for publications: {error}") from error
        except OSError as error:
            raise Unseen(f"what commands ask cannot be answered: {error.strerror}") from error
        return frozenset(versions.items()), reference_files(self._settings)

    def open(self) -> App:
        """The newest versions opened."""
        with self._database.reading() as connection:
            versions = dict(publications.versions(connection))
            drafts = {
                kind: draft_of(connection, kind, versions.get(kind, 0))
                for kind in KINDS
                if versions.get(kind) != self._opened(kind)
            }
        reference = self._reference()
        problems: list[Problem] = []
        if "partners" in drafts:
            opened = Partners.of(drafts["partners"].files(), self._settings.partners)
            self._partners = versions["partners"], opened
        if "profiles" in drafts:
            self._profiles = versions["profiles"], drafts["profiles"].profiles(self._settings.profiles)
        if "rulebook" in drafts:
            draft = drafts["rulebook"]
            rulebook, unproved = open_rulebook(
                self._settings, reference, draft.layers(self._settings.rules), proved=draft.release == __version__
            )
            problems += unproved
            self._engine = versions["rulebook"], Engine(rulebook, reference)
        assert self._engine is not None
        assert self._partners is not None
        assert self._profiles is not None
        engine = self._engine[1]
        if engine.reference is not reference:
            engine = Engine(engine.rulebook, reference)
            self._engine = self._engine[0], engine
        partners, profiles = self._partners[1], self._profiles[1]
        problems += doubts(partners, engine.rulebook, profiles)
        used = {partner.profile for partner in partners.values()}
        # Proved elsewhere; read here, so that nobody's first payload waits for it.
        problems += wrong_profiles(profiles, [name for name in profiles if name in used and not profiles.is_own(name)])
        return App(self._settings, engine, partners, tuple(problems), versions, profiles)

    def follow(self, watch: Watch) -> None:
        """On PostgreSQL: has the watch look as soon as something is published, in a thread of its own."""
        if self._database.dialect == "postgresql":
            self._listener = threading.Thread(target=self._listen, args=(watch,), name="dq-listen", daemon=True)
            self._listener.start()

    def close(self) -> None:
        """Ends the listening, and closes the database."""
        self._closed.set()
        if self._listener is not None:
            self._listener.join(GOING)
        self._database.close()

    def _listen(self, watch: Watch) -> None:
        while not self._closed.is_set():
            try:
                listen(
                    self._settings.database,
                    publications.CHANNEL,
                    wake=watch.look,
                    wanted=lambda: not self._closed.is_set(),
                )
            except psycopg.Error as error:
                log.info("no notices of publications for now, they are asked for each second: %s", told(error))
            self._closed.wait(RETRY)

    def _opened(self, kind: Kind) -> int | None:
        """The version of a kind that is open here."""
        kept = {"rulebook": self._engine, "partners": self._partners, "profiles": self._profiles}[kind]
        return kept and kept[0]

    def _reference(self) -> Reference:
        seen = reference_files(self._settings)
        if self._tables is None or self._tables[0] != seen:
            self._tables = seen, open_reference(self._settings)
        return self._tables[1]


def open_watch(settings: Settings, database: Database, *, publish: bool = True) -> Watch:
    """The watch over a database's publications; `publish`: the files are published first.

    The database is the watch's from then on. Raises DocumentError, OSError and Unavailable, and closes it then.
    """
    source = Publications(settings, database)
    try:
        database.migrate()
        watch = Watch(source, trouble=source.begin(publish=publish))
    except BaseException:
        source.close()
        raise
    source.follow(watch)
    return watch
