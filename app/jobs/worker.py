"""Running jobs: inside the server's process where there is no Redis, else as rq workers; both sweep the database."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from importlib import import_module
from queue import Empty
from typing import Any

from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.exceptions import DeserializationError, StopRequested
from rq.job import Job
from rq.queue import Queue

from app.extensions import job_queue, request_id
from app.jobs import audit, exports, imports, mail, waiting
from app.operations import metrics

SWEEP_SECONDS = 15
SWEEPS = (mail.sweep, waiting.sweep, exports.sweep, imports.sweep, audit.sweep)
"""What looks in the database for what a lost queue or a killed worker has left, and seals the audit trail."""


RECONNECT_SECONDS = 5
STOP_SECONDS = 20
"""What is being done when the process is told to stop gets so long to be finished."""

_is_stopping = threading.Event()


def start_embedded(app: Flask) -> None:
    """Run jobs in a thread of this process, where no Redis is configured."""
    if app.extensions["rq"] is None:
        _start(_run_embedded, app)


def run_rq(app: Flask) -> None:
    """Run one rq worker until it is told to stop, and sweep the database beside it: also while there is no Redis."""
    _start(_sweep_forever, app)
    try:
        while not _work(app):
            app.logger.warning("Redis cannot be reached: what is due waits for the sweep")
            time.sleep(RECONNECT_SECONDS)
    except StopRequested:
        return


def _start(target: Callable[[Flask], None], app: Flask) -> None:
    """Run a thread that is told before the process ends: what it has begun, such as a letter, it finishes."""
    thread = threading.Thread(target=target, args=(app,), name="jobs", daemon=True)
    thread.start()

    def stop() -> None:
        _is_stopping.set()
        thread.join(STOP_SECONDS)

    atexit.register(stop)


def _work(app: Flask) -> bool:
    """Run jobs until told to stop: True; False where Redis is lost."""
    connection = Redis.from_url(app.extensions["settings"].redis_url)
    try:
        worker = _PortalWorker([Queue(connection=connection)], connection=connection, app=app)
        worker.work(logging_level="WARNING")
    except RedisError:
        return False
    return worker.is_stopped


class _PortalWorker(SimpleWorker):
    """An rq worker whose jobs run inside the application, in this process.

    rq's usual worker forks for each job, and the child would inherit the sweep's database connections and locks.
    """

    def __init__(self, *arguments: Any, app: Flask, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.app = app
        self.is_stopped = False

    def handle_warm_shutdown_request(self) -> None:
        self.is_stopped = True
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]

    def perform_job(self, job: Job, queue: Queue) -> bool:
        before, started = request_id.set(job.meta.get("request", "")), time.perf_counter()
        try:
            with self.app.app_context():
                done = bool(super().perform_job(job, queue))
            took = (time.perf_counter() - started) * 1000
            self.app.logger.info("job %s %s in %.1f ms", _name(job), "done" if done else "failed", took)
        finally:
            request_id.reset(before)
        return done

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Say what kind of error it was and where; rq itself logs its message, which may quote an address."""
        self.app.logger.error("job %s raised", _name(job), exc_info=exc_info)


def _name(job: Job) -> str:
    """The dotted path of a job, if it can be read at all."""
    try:
        return str(job.func_name)
    except DeserializationError:
        return "of another version"


def _run_embedded(app: Flask) -> None:
    swept_at = 0.0
    while not _is_stopping.is_set():
        _run_next(app)
        if time.monotonic() - swept_at >= SWEEP_SECONDS:
            swept_at = time.monotonic()
            _sweep(app)


def _sweep_forever(app: Flask) -> None:
    pause = 0.0
    while not _is_stopping.wait(pause):
        began = time.monotonic()
        _sweep(app)
        pause = max(0.0, SWEEP_SECONDS - (time.monotonic() - began))


def _sweep(app: Flask) -> None:
    for sweep in SWEEPS:
        _guarded(app, sweep)
    metrics.note_sweep(app)


def _run_next(app: Flask) -> None:
    """Run the next job that this process is handed, if one comes within a second."""
    try:
        path, arguments = job_queue.embedded.get(timeout=1)
    except Empty:
        return
    module, _, name = path.rpartition(".")
    _guarded(app, getattr(import_module(module), name), *arguments)


def _guarded(app: Flask, job: Any, *arguments: Any) -> None:
    """Run a job inside the application; what it raises is logged, and the thread lives on."""
    with app.app_context():
        try:
            job(*arguments)
        except Exception as error:  # noqa: BLE001 (a thread that dies would stop all mail)
            # Only the kind: a message may quote an address.
            current_app.logger.error("job %s failed: %s", job.__name__, type(error).__name__)  # noqa: TRY400
