"""Workers, Redis and the mail server are killed at random while people book: nothing lost, early or twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import func, select

from app.clock import now
from app.models import Appointment, Message, MessageState
from config import Settings
from tests.factories import DoctorFactory, PatientFactory, coming_weekday
from tests.reliability.people import Crowd, Program, assert_consistent
from tests.support import live, servers
from tests.support.databases import Database
from tests.support.settings import as_environment

KILLS = 200
WORKERS = 3
CLIENTS = 4
DRAINED_SECONDS = 60
LONGEST_PAUSE_SECONDS = 0.8
LONGEST_PUT_OFF = timedelta(hours=1)
"""A message that failed may be put off so far; reminders of these visits are due later."""
HALF_HOUR = timedelta(minutes=30)


@dataclass
class Victim:
    """A server that is killed without a warning, and started again as a supervisor does."""

    kind: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, if it does not run; it need not be ready yet."""
        if self.is_alive:
            return
        with self.log.open("ab") as output:
            options = {"cwd": live.ROOT, "env": self.environment, "stdout": output, "stderr": output}
            self.process = subprocess.Popen(self.command, start_new_session=True, **options)  # type: ignore[call-overload] # noqa: S603 (options as a dict; our own command)

    def kill(self) -> None:
        """Kill it and all that it has started."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Booker:
    """A patient's program that books one time after the other, and a doctor's that confirms every third visit."""

    patient: Program
    doctor: Program
    doctor_id: int
    patient_id: int
    statuses: Counter[int] = field(default_factory=Counter)
    booked: list[int] = field(default_factory=list)

    def go_on(self, is_over: Event) -> None:
        """Book until told to stop."""
        for number, at in enumerate(times()):
            if is_over.wait(random.uniform(0.5, 1.5)):
                return
            answer = self.patient.prepare(self.doctor_id, self.patient_id, at)()
            self.statuses[answer.status] += 1
            key = self.patient.booked(answer)
            if key:
                self.booked.append(key)
                if number % 3 == 0:
                    self.statuses[self.doctor.confirm(key).status] += 1


def times() -> Iterator[datetime]:
    """Half hours of many days to come."""
    for day in range(80):
        first = coming_weekday(hour=10) + timedelta(days=day)
        if first.weekday() < 5:
            yield from (first + HALF_HOUR * number for number in range(12))


@contextmanager
def victims(settings: Settings, mail_port: int, redis_port: int, letters: Path) -> Iterator[list[Victim]]:
    """Workers, Redis and the mail server, all running."""
    folder = settings.data_dir
    python = [sys.executable, "-m"]
    environment = dict(os.environ) | as_environment(settings)
    redis = [str(servers.redis_binary()), "--port", str(redis_port), "--bind", "127.0.0.1", "--save", ""]
    letterbox = [*python, "aiosmtpd", "--nosetuid", "--listen", f"127.0.0.1:{mail_port}"]
    letterbox += ["--class", "tests.reliability.letterbox.Letterbox", str(letters)]
    worker = [*python, "flask", "--app", "wsgi", "worker"]
    all_of_them = [
        Victim("redis", redis, environment, folder / "redis.log"),
        Victim("mail server", letterbox, environment, folder / "mail-server.log"),
        *(Victim("worker", worker, environment, folder / f"worker-{number}.log") for number in range(WORKERS)),
    ]
    with ExitStack() as stack:
        for victim in all_of_them:
            victim.start()
            stack.callback(victim.kill)
        yield all_of_them


def storm(those: list[Victim], chance: random.Random, is_over: Event) -> Counter[str]:
    """Kill one after the other and start some again, at random; at last all run. How often each kind was killed."""
    kills: Counter[str] = Counter()
    while kills.total() < KILLS:
        is_over.wait(chance.uniform(0, LONGEST_PAUSE_SECONDS))
        victim = chance.choice(those)
        if victim.is_alive:
            victim.kill()
            kills[victim.kind] += 1
        for other in those:
            if chance.random() < 0.6:
                other.start()
    for victim in those:
        victim.start()
    return kills


def drain(database: Database, those: list[Victim]) -> float:
    """The seconds until nothing is due that is not sent; a worker that ended by itself is started again."""
    began = time.monotonic()
    due = select(func.count()).where(Message.state == MessageState.WAITING)
    while True:
        for victim in those:
            victim.start()
        with database.unit_of_work() as session:
            waiting = session.scalar(due.where(Message.due_at <= now() + LONGEST_PUT_OFF))
        if not waiting:
            return time.monotonic() - began
        assert time.monotonic() - began < DRAINED_SECONDS, f"{waiting} messages are still not sent"
        time.sleep(0.2)  # other processes work on it: there is nothing to wait on but the database


@pytest.mark.slow
@pytest.mark.postgresql
class TestMailStorm:
    @pytest.fixture
    def ports(self) -> tuple[int, int]:
        """Those of the mail server and of Redis."""
        return servers.free_port(), servers.free_port()

    @pytest.fixture
    def settings(self, settings: Settings, ports: tuple[int, int]) -> Settings:
        mail_port, redis_port = ports
        return replace(
            settings,
            mail_url=f"smtp://127.0.0.1:{mail_port}?security=none",
            redis_url=f"redis://127.0.0.1:{redis_port}/0",
            ratelimit_enabled=True,
        )

    def test_two_hundred_kills_lose_nothing(
        self,
        database: Database,
        settings: Settings,
        ports: tuple[int, int],
        tmp_path: Path,
        record_property: Callable[[str, object], None],
    ) -> None:
        with database.unit_of_work():
            pairs = [(DoctorFactory(hours=True), PatientFactory()) for _ in range(CLIENTS)]
        letters = tmp_path / "letters"
        letters.touch()
        names = [person.username for doctor, patient in pairs for person in (patient.manager, doctor.account) if person]
        is_over = Event()
        with (
            victims(settings, *ports, letters) as those,
            live.serve(settings, processes=2) as address,
            Crowd(address, names, kinds=(Program,)) as programs,
            ThreadPoolExecutor(CLIENTS) as threads,
        ):
            bookers = [
                Booker(programs[2 * number], programs[2 * number + 1], doctor.id, patient.id)  # type: ignore[arg-type] # all are programs
                for number, (doctor, patient) in enumerate(pairs)
            ]
            running = [threads.submit(booker.go_on, is_over) for booker in bookers]
            try:
                kills = storm(those, random.Random(200), is_over)
            finally:
                is_over.set()
            for booker in running:
                booker.result()
            seconds = drain(database, those)

        statuses = sum((booker.statuses for booker in bookers), Counter())
        assert set(statuses) == {200, 201}, statuses
        assert_consistent(database)
        delivered = Counter(line.strip("<>").partition("@")[0] for line in letters.read_text().split())
        with database.unit_of_work() as session:
            acknowledged = sorted(key for booker in bookers for key in booker.booked)
            assert list(session.scalars(select(Appointment.id).order_by(Appointment.id))) == acknowledged
            messages = {message.key: message for message in session.scalars(select(Message))}
        due = {key for key, message in messages.items() if not message.template.startswith("reminder")}
        assert {messages[key].state for key in due} == {MessageState.SENT}
        assert set(delivered) == due  # nothing is lost, and no reminder is early
        # A letter goes twice only where a kill came between its sending and the mark: one letter a kill at most.
        twice = delivered.total() - len(due)
        assert all(copies <= messages[key].attempts for key, copies in delivered.items())
        assert twice <= kills["worker"] + kills["mail server"]
        told = {"bookings": len(acknowledged), "letters": len(due), "twice": twice, "drained in seconds": seconds}
        for name, value in (told | kills).items():
            record_property(name, value)
