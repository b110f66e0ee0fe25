"""Running jobs: in the server's own process, and by rq with a real Redis; losing Redis delays mail and loses none."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from sqlalchemy import select

from app.models import Message, MessageState
from config import Settings
from tests.factories import DoctorFactory, PatientFactory, coming_weekday
from tests.jobs.test_mail import tell
from tests.reliability.people import Crowd, Program
from tests.support import servers
from tests.support.clients import api
from tests.support.databases import Database
from tests.support.live import ROOT
from tests.support.servers import end
from tests.support.settings import as_environment

PATIENCE_SECONDS = 30


@pytest.fixture
def book(database: Database) -> Callable[[], int]:
    """Book a visit over JSON; the key of its message."""

    def act() -> int:
        with database.unit_of_work():
            doctor, patient = DoctorFactory(account=None), PatientFactory()  # one mail: no doctor is told
        visitor = api(database.app.test_client(), patient.manager)
        answer = visitor.post(
            "/appointments/", json={"doctor": doctor.id, "appointment_time": coming_weekday().isoformat()}
        )
        assert answer.status_code == 201, answer.text
        with database.unit_of_work() as session:
            booked = (Message.subject_id == answer.get_json()["id"], Message.template == "booked")
            return session.scalars(select(Message.id).where(*booked)).one()

    return act


def state(database: Database, key: int) -> MessageState:
    with database.unit_of_work() as session:
        return session.get_one(Message, key).state


def wait_for(database: Database, key: int, wanted: MessageState) -> None:
    """Another process works on it: there is nothing to wait on but the database."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while state(database, key) is not wanted:
        assert time.monotonic() < deadline, state(database, key)
        time.sleep(0.05)


def letters(settings: Settings) -> list[Path]:
    """The files that mail went to."""
    return list(Path(settings.mail_url.removeprefix("file:")).glob("*"))


@contextmanager
def worker_process(settings: Settings) -> Iterator[None]:
    """`flask worker`, as an operator runs it."""
    log = settings.data_dir / "worker.log"
    with log.open("ab") as output:
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
        environment = as_environment(settings)
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)  # noqa: S603  (our own worker)
    try:
        yield
    finally:
        end(process.pid)
        process.wait()


@pytest.mark.slow
class TestEmbedded:
    def test_a_server_sends_its_own_mail(
        self, database: Database, settings: Settings, live_server: Callable[..., str]
    ) -> None:
        with database.unit_of_work():
            doctor, patient = DoctorFactory(account=None), PatientFactory()  # one mail: no doctor is told
        assert patient.manager is not None
        with Crowd(live_server(), [patient.manager.username]) as (program, *_):
            assert isinstance(program, Program)
            answer = program.prepare(doctor.id, patient.id, coming_weekday())()
        with database.unit_of_work() as session:
            key = session.scalars(select(Message.id).where(Message.template == "booked")).one()

        assert answer.status == 201
        wait_for(database, key, MessageState.SENT)
        assert len(letters(settings)) == 1


class TestWithRedis:
    @pytest.fixture
    def settings(self, settings: Settings, redis_url: str) -> Settings:
        return replace(settings, redis_url=redis_url)

    @pytest.mark.slow
    def test_a_booking_is_queued_and_a_worker_sends_its_mail(
        self, database: Database, settings: Settings, book: Callable[[], int], redis_url: str
    ) -> None:
        key = book()
        with Redis.from_url(redis_url) as connection:
            (job,) = Queue(connection=connection).get_jobs()
        assert (job.func_name, job.args) == ("app.jobs.mail.deliver", (key,))

        with worker_process(settings):
            wait_for(database, key, MessageState.SENT)

        assert len(letters(settings)) == 1
        with Redis.from_url(redis_url) as connection:
            assert Queue(connection=connection).get_jobs() == []

    @pytest.mark.slow
    def test_what_redis_lost_is_found_by_the_sweep(
        self, database: Database, settings: Settings, book: Callable[[], int], redis_url: str
    ) -> None:
        key = book()
        with Redis.from_url(redis_url) as connection:
            connection.flushall()

        with worker_process(settings):
            wait_for(database, key, MessageState.SENT)

        assert len(letters(settings)) == 1


class TestWithoutRedis:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, redis_url=f"redis://127.0.0.1:{servers.free_port()}/0", ratelimit_enabled=True)

    def test_booking_goes_on(self, database: Database, book: Callable[[], int]) -> None:
        started = time.monotonic()

        key = book()

        assert state(database, key) is MessageState.WAITING
        assert time.monotonic() - started < PATIENCE_SECONDS


@pytest.mark.slow
class TestSweepOfEveryServer:
    def test_one_letter_however_many_sweep(
        self, database: Database, settings: Settings, live_server: Callable[..., str]
    ) -> None:
        keys = [tell(database) for _ in range(3)]

        live_server(processes=3)
        for key in keys:
            wait_for(database, key, MessageState.SENT)

        assert len(letters(settings)) == 3
