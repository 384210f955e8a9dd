"""`GET /metrics`: what the workers of this server have counted, and how things stand, as Prometheus reads it.

Of several workers one is asked. Each lays its counts into a folder of the server (a second old at most), and whoever
is asked adds the others' to its own, after it has laid down its own: so no sum ever goes back, whichever worker is
asked next. A worker that takes a dead one's place goes on from its counts. That needs no memory map a process as the
Prometheus client's own way does, nor a word to the database, which may be what is wrong.
"""

import platform
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from starlette.responses import Response

from dq_service import __version__
from dq_service.meters import Counter, Histogram, Meters
from dq_service.reference.replacing import write_whole
from dq_service.service.running import Service
from dq_service.web.api.installation import Installation

METRICS_PATH: Final = "/metrics"
State = Mapping[str, Any]
_PROCESS: Final = {  # what the client tells of a process, and what we call it, by worker
    "process_cpu_seconds_total": ("dq_worker_cpu_seconds", "Processor time that a worker has used."),
    "process_resident_memory_bytes": ("dq_worker_memory_bytes", "Memory that a worker holds."),
    "process_open_fds": ("dq_worker_open_files", "Files and connections that a worker has open."),
    "process_start_time_seconds": ("dq_worker_start_time_seconds", "When a worker was started."),
}
_GAUGES: Final = {
    "waiting": ("dq_ledger_waiting", "Commands that wait to be written."),
    "background": ("dq_ledger_waiting_background", "Commands that nobody waits for: holds that end, new looks."),
}


class Board:
    """Where the workers of one server lay their counts; one alone needs no folder."""

    def __init__(self, meters: Meters, installation: Installation, *, place: int = 0, folder: Path | None = None):
        self.meters: Final = meters
        self._installation = installation
        self._place = place
        self._folder = folder
        self._laying = threading.Lock()  # a look that began earlier must not overwrite a later one
        if folder is not None:
            meters.go_on(_read(self._file(folder)).get("meters", {}))

    @property
    def shared(self) -> bool:
        """Whether other workers lay theirs there, too."""
        return self._folder is not None

    def lay(self) -> State:
        """This worker's counts as they are now, laid into the folder where there is one."""
        with self._laying:
            state = {"meters": self.meters.state(), "gauges": self._gauges(), "process": _process()}
            if self._folder is not None:
                with suppress(OSError):  # the folder is full: this worker's counts are still its own
                    write_whole(self._file(self._folder), orjson.dumps(state))
        return state

    def others(self) -> dict[str, State]:
        """What the other workers have laid down, by their places."""
        if self._folder is None:
            return {}
        files = [file for file in sorted(self._folder.glob("*.json")) if file.stem.isdecimal()]
        return {file.stem: state for file in files if file != self._file(self._folder) and (state := _read(file))}

    def text(self) -> bytes:
        """All of it, for Prometheus."""
        mine, others = self.lay(), self.others()
        states = {str(self._place): mine, **others}
        total = self.meters.plus([state["meters"] for state in others.values()])
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Collected([*_counted(total), *_by_worker(states), *self._standing()]))
        return generate_latest(registry)

    def _file(self, folder: Path) -> Path:
        return folder / f"{self._place}.json"

    def _gauges(self) -> dict[str, int]:
        service = self._installation.kept
        return {} if service is None else dict(zip(_GAUGES, service.ledger.waiting, strict=True))

    def _standing(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("dq_build_info", "What runs here; always 1.", labels=("version", "python"))
        build.add_metric((__version__, platform.python_version()), 1)
        yield build
        yield _gauge("dq_ready", "1 where /readyz answers 200.", {"": not self._installation.unready})
        published = self._installation.published
        if published:
            yield _gauge("dq_published_version", "The version in force.", published, "kind")
        if self._installation.kept is not None:
            yield from _of_database(self._installation.kept)


def metrics(board: Board) -> APIRouter:
    """The call."""
    router = APIRouter(tags=["health"])
    answers: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}

    @router.get(
        METRICS_PATH,
        operation_id="metrics",
        summary="What the service counts, as Prometheus reads it",
        response_class=Response,
        responses=answers,
    )
    def asked() -> Response:
        return Response(board.text(), media_type=CONTENT_TYPE_LATEST)

    return router


class _Collected:
    """What was collected already, as a registry wants it."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Sequence[Metric]:
        return self._families


def _counted(meters: Meters) -> Iterator[Metric]:
    for one in meters.all:
        if isinstance(one, Counter):
            counter = CounterMetricFamily(one.name, one.meaning, labels=one.labels)
            for labels, value in one.values.items():
                counter.add_metric(labels, value)
            yield counter
        else:
            yield _histogram(one)


def _histogram(one: Histogram) -> Metric:
    family = HistogramMetricFamily(one.name, one.meaning, labels=one.labels)
    for labels, (*counts, total) in one.values.items():
        buckets, below = [], 0.0
        for bound, count in zip([*map(str, one.bounds), "+Inf"], counts, strict=True):
            below += count
            buckets.append((bound, below))
        family.add_metric(labels, buckets, total)
    return family


def _by_worker(states: Mapping[str, State]) -> Iterator[Metric]:
    told = {**{name: ("gauges", *said) for name, said in _GAUGES.items()}}
    told |= {name: ("process", *said) for name, said in _PROCESS.items()}
    for key, (kind, name, meaning) in told.items():
        family = GaugeMetricFamily(name, meaning, labels=("worker",))
        for place, state in states.items():
            if key in state.get(kind, {}):
                family.add_metric((place,), state[kind][key])
        yield family


def _of_database(service: Service) -> Iterator[Metric]:
    seen = service.probe.seen
    yield _gauge("dq_database_writable", "1 where the last probe could write.", {"": not seen.trouble})
    now = seen.standing
    if now is None:
        return
    age = 0.0 if now.oldest is None else max(0.0, (datetime.now(UTC) - now.oldest).total_seconds())
    yield _gauge("dq_outbox_age_seconds", "How long the oldest event waits for its webhook.", {"": age})
    yield _gauge("dq_outbox_waiting", "Events on their way to a webhook.", {"": now.waiting})
    yield _gauge("dq_webhook_deliveries", "Deliveries that are not done, by state.", now.deliveries, "state")
    yield _gauge("dq_webhooks", "Webhooks, by state.", now.webhooks, "state")
    yield _gauge("dq_holds", "Orders that are held.", {"": now.holds})
    yield _gauge("dq_holds_due", "Orders whose hold has ended and who still wait for it.", {"": now.overdue})


def _gauge(name: str, meaning: str, values: Mapping[str, float], label: str = "") -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=(label,) if label else ())
    for key, value in values.items():
        family.add_metric((key,) if label else (), float(value))
    return family


def _process() -> dict[str, float]:
    """What the system tells of this process; nothing where it has no /proc."""
    found = ProcessCollector(registry=CollectorRegistry()).collect()
    return {sample.name: sample.value for family in found for sample in family.samples if sample.name in _PROCESS}


def _read(file: Path) -> State:
    try:
        found: State = orjson.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return found
