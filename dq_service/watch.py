"""The app in force, for a server: made anew when what it is made of changes, swapped in only when it is whole."""

import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from dq_service.app import App, layers_folders, open_app
from dq_service.faults import told
from dq_service.parsing.yaml import DocumentError
from dq_service.settings import Settings

log = logging.getLogger(__name__)

Seen = frozenset[tuple[str, int, int]]  # path, time of change, size


class Unseen(Exception):
    """What an app is made of cannot be looked at now; the text says why."""


class Source(Protocol):
    """Where an installation is read from."""

    def seen(self) -> Hashable:
        """What it is made of now: whatever differs when that changes. Raises Unseen."""

    def open(self) -> App:
        """The app made of that. Raises DocumentError with all that is wrong, OSError for what cannot be read."""

    def close(self) -> None:
        """Lets go of what it holds."""


class Files:
    """An installation as its files are: rules, partners, reference tables."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def seen(self) -> Seen:
        return files_of(self._settings)

    def open(self) -> App:
        return open_app(self._settings)

    def close(self) -> None:
        """Nothing is held."""


class Watch:
    """The app in force. While a newer state cannot be opened the last good one stays, and `trouble` says why.

    `current()` never waits: at most once every `every` seconds it sends a look into the background.
    """

    def __init__(
        self,
        source: Source,
        *,
        every: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        trouble: Sequence[object] = (),
    ) -> None:
        """Opens the app once. Raises what opening its source raises. `trouble`: what was wrong before that."""
        self._source = source
        self._every = every
        self._clock = clock
        self._looking = threading.Lock()
        self._seen = source.seen()
        self._app = source.open()
        self._next = clock() + every
        self._closed = False
        self._unseen = ""
        self._unopened = tuple(trouble)

    @property
    def trouble(self) -> Sequence[object]:
        """Why the newest state may not be in force; empty when it is."""
        return (*self._unopened, self._unseen) if self._unseen else self._unopened

    def current(self) -> App:
        """The app in force."""
        if self._clock() >= self._next and self._looking.acquire(blocking=False):
            self._next = self._clock() + self._every
            threading.Thread(target=self._look_and_release, name="dq-reload", daemon=True).start()
        return self._app

    def look(self) -> App:
        """Looks now, in this thread, and opens anew what has changed."""
        with self._looking:
            self._look()
        return self._app

    def close(self) -> None:
        """Nothing is looked at any more, and the source lets go of what it holds; what is in force stays so."""
        with self._looking:
            self._closed = True
        self._source.close()

    def _look_and_release(self) -> None:
        try:
            self._look()
        finally:
            self._looking.release()

    def _look(self) -> None:
        if self._closed:
            return
        try:
            seen = self._source.seen()
        except Unseen as error:
            if str(error) != self._unseen:
                log.error("what is in force stays in force: %s", error)
            self._unseen = str(error)
            return
        self._unseen = ""
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._app = self._source.open()
        except DocumentError as error:
            self._unopened = error.problems
        except Exception as error:
            # Whatever is wrong with the new state, what is in force stays in force and the server goes on. The
            # message of an exception may quote it, so it is not shown.
            log.error("the new state cannot be opened: %s", told(error))
            self._unopened = (f"the new state cannot be opened ({type(error).__name__}); the log says more",)
        else:
            self._unopened = ()
            engine, published = self._app.engine, dict(self._app.published)
            log.info(
                "reloaded: rulebook %s, %d partners %s", engine.rulebook.version, len(self._app.partners), published
            )
            return
        log.error("the last good state stays in force:\n%s", "\n".join(map(str, self._unopened)))


def files_of(settings: Settings) -> Seen:
    """Every file that an installation is made of, with its time of change and size."""
    rules = ((folder, "*/*.yaml") for folder in layers_folders(settings))
    own = ((folder, "*.y*ml") for folder in (settings.partners, settings.profiles))
    return frozenset((*_files(*rules, *own), *reference_files(settings)))


def reference_files(settings: Settings) -> Seen:
    """The same of the tables that were imported."""
    return frozenset(_files((settings.data / "reference", "**/*")))


def _files(*patterns: tuple[Path, str]) -> Iterator[tuple[str, int, int]]:
    for folder, pattern in patterns:
        for path in folder.glob(pattern):
            try:
                found = path.stat()
            except OSError:  # gone since it was listed, or a link to nowhere
                continue
            yield str(path), found.st_mtime_ns, found.st_size
