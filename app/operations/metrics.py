"""Metrics for Prometheus: requests by route, and how the outbox, the queue and the sweep are doing.

Each web process counts in a memory-mapped file of its own; whichever is asked sums up all of them. Labels are routes,
known methods and statuses: nothing that a visitor can make up.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from redis.exceptions import RedisError
from rq.job import Job
from sqlalchemy.exc import SQLAlchemyError

from app.clock import now
from app.extensions import read_only
from app.services import outbox_figures

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SWEPT_KEY = "portal:swept"

_REQUESTS = Counter("portal_requests", "Answered requests.", ["method", "route", "status"])
_LATENCY = Histogram("portal_request_seconds", "Until the answer begins.", ["method", "route"], buckets=_SECONDS)
_SWEPT = Gauge(
    "portal_swept_here_seconds", "When this server last swept the database, since 1970.", multiprocess_mode="max"
)
_known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}


def open_folder() -> str:
    """Make the folder in which the web processes of one server count; those that are started from now on use it."""
    folder = tempfile.mkdtemp(prefix="portal-metrics-")
    os.environ[FOLDER] = folder
    return folder


def close_folder(folder: str) -> None:
    """Forget what was counted: the server has stopped."""
    shutil.rmtree(folder, ignore_errors=True)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request; an unknown method counts as OTHER, a path without a route as none."""
    key = (method, route, status)
    found = _known.get(key)
    if found is None:
        name = method if method in _METHODS else "OTHER"
        found = _REQUESTS.labels(name, route, status), _LATENCY.labels(name, route)
        if name == method:
            _known[key] = found
    found[0].inc()
    found[1].observe(seconds)


def note_sweep(app: Flask) -> None:
    """Note that the database was swept just now: in this process, and in Redis for those who sweep elsewhere."""
    _SWEPT.set_to_current_time()
    queue = app.extensions["rq"]
    if queue is not None:
        try:
            queue.connection.set(_SWEPT_KEY, time.time())
        except RedisError:
            return


def exposition(app: Flask) -> bytes:
    """All metrics in Prometheus' text format."""
    registry: Any = REGISTRY
    if FOLDER in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # it has no types
    standing = CollectorRegistry()
    standing.register(_Standing(app))
    return generate_latest(registry) + generate_latest(standing)


class _Standing:
    """What is asked of the database and of Redis at each scrape."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures that can be had; one that cannot is left out, and `up` says why."""
        with self._app.app_context():
            yield from self._of_database()
        if self._app.extensions["rq"] is not None:
            yield from self._of_redis(self._app.extensions["rq"])

    def _of_database(self) -> Iterable[GaugeMetricFamily]:
        before = read_only.set(True)
        try:
            figures = outbox_figures.read(now())
        except SQLAlchemyError:
            return [_gauge("portal_database_up", "Whether the database answers.", 0)]
        finally:
            read_only.reset(before)
        return [
            _gauge("portal_database_up", "Whether the database answers.", 1),
            _gauge("portal_outbox_due", "Messages that are due and not sent.", figures.due),
            _gauge("portal_outbox_oldest_due_seconds", "How long the oldest has been due.", figures.oldest_seconds),
            _gauge("portal_outbox_tried", "Messages that were tried in vain, and will be again.", figures.tried),
            _gauge("portal_outbox_failed", "Messages whose tries are used up.", figures.failed),
        ]

    def _of_redis(self, queue: Any) -> Iterable[GaugeMetricFamily]:
        try:
            waiting, swept = len(queue), queue.connection.get(_SWEPT_KEY)
            first = next(iter(queue.get_jobs(0, 1)), None)
        except RedisError:
            return [_gauge("portal_redis_up", "Whether Redis answers.", 0)]
        return [
            _gauge("portal_redis_up", "Whether Redis answers.", 1),
            _gauge("portal_queue_jobs", "Jobs that wait for a worker.", waiting),
            _gauge("portal_queue_oldest_seconds", "How long the first of them has waited.", _seconds_since(first)),
            _gauge("portal_swept_seconds", "When a worker last swept the database, since 1970.", float(swept or 0)),
        ]


def _seconds_since(job: Job | None) -> float:
    """How long ago a job was handed over; 0 for none."""
    return (now() - job.enqueued_at).total_seconds() if job is not None and job.enqueued_at else 0.0


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=value)
