"""People and programs at a real server, each on a connection of their own, and what must hold after they all pushed."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http.cookies import SimpleCookie
from itertools import pairwise
from select import POLLIN, poll
from threading import Barrier
from typing import Any, Self, TypeVar
from urllib.parse import urlencode, urlsplit

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.models import BLOCKING, Appointment, AuditEvent, Message
from tests.support.clients import PASSWORD, form_values
from tests.support.databases import Database

PATIENCE_SECONDS = 60
Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class Answer:
    """What came back: how long it took in seconds, seen from outside."""

    status: int
    body: str
    seconds: float
    location: str = ""

    def json(self) -> Any:
        """The body of a JSON answer."""
        return json.loads(self.body)


@dataclass
class Client:
    """One keep-alive connection to a server, with a cookie jar."""

    address: str
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = urlsplit(self.address)
        assert where.hostname is not None
        self.connection = http.client.HTTPConnection(where.hostname, where.port, timeout=PATIENCE_SECONDS)

    def send(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        """Send one request and read all of its answer."""
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self._forget_what_was_closed()
        started = time.perf_counter()
        self.connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = self.connection.getresponse()
        text_ = response.read().decode()
        seconds = time.perf_counter() - started
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return Answer(response.status, text_, seconds, response.headers.get("Location", ""))

    def _forget_what_was_closed(self) -> None:
        """Connect anew, as browsers do, where the server hung up: it does after thirty idle seconds."""
        if self.connection.sock is None:
            return
        told = poll()
        told.register(self.connection.sock, POLLIN)
        if told.poll(0):
            self.connection.close()


class Unavailable(Exception):
    """The time was gone before the last step."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Program:
    """A JSON client of an account."""

    def __init__(self, address: str, username: str) -> None:
        self.client = Client(address)
        answer = self._send("POST", "/api/token/", {"username": username, "password": PASSWORD})
        assert answer.status == 200, answer
        self.token: str = answer.json()["access"]

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        token = getattr(self, "token", "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.client.send(method, path, json.dumps(body or {}), Content_Type="application/json", **headers)

    def prepare(self, doctor_id: int, patient_id: int, at: datetime) -> Callable[[], Answer]:
        """All but the last request of a booking; what is returned sends that one."""
        body = {"doctor": doctor_id, "patient": patient_id, "appointment_time": at.isoformat(), "symptoms": "A cough"}
        return lambda: self._send("POST", "/appointments/", body)

    def move(self, appointment_id: int, at: datetime) -> Answer:
        """Move a visit."""
        return self._send("PATCH", f"/appointments/{appointment_id}/", {"appointment_time": at.isoformat()})

    def cancel(self, appointment_id: int) -> Answer:
        """Cancel a visit."""
        return self._send("PATCH", f"/appointments/{appointment_id}/", {"cancel": True})

    def requests(self) -> list[int]:
        """The keys of the visits that wait for confirmation."""
        return [visit["id"] for visit in self._send("GET", "/appointments/?status=Pending").json()["results"]]

    def confirm(self, appointment_id: int) -> Answer:
        """Confirm a visit, as its doctor."""
        return self._send("PATCH", f"/appointments/{appointment_id}/", {"state": "confirmed"})

    @staticmethod
    def booked(answer: Answer) -> int | None:
        """The key of what was booked, if it was."""
        return answer.json()["id"] if answer.status == 201 else None


class Person:
    """A browser with an account signed in."""

    def __init__(self, address: str, username: str) -> None:
        self.client = Client(address)
        answer = self._submit("/sign-in", self.client.send("GET", "/sign-in"), username=username, password=PASSWORD)
        assert answer.status == 303, answer

    def _submit(self, path: str, page: Answer, **fields: str) -> Answer:
        assert page.status == 200, page
        body = urlencode(form_values(page.body) | fields)
        return self.client.send("POST", path, body, Content_Type="application/x-www-form-urlencoded")

    def prepare(self, doctor_id: int, patient_id: int, at: datetime) -> Callable[[], Answer]:
        """Go as far as the answers to check; what is returned presses the last button. Raises Unavailable."""
        return self.confirm(self.draft(doctor_id, patient_id, at))

    def draft(self, doctor_id: int, patient_id: int, at: datetime) -> str:
        """Answer all questions of a booking, and return where the answers are checked. Raises Unavailable."""
        fields = {"patient": str(patient_id), "kind": "in_person", "symptoms": "A cough"}
        begun = self.client.send("GET", f"/book/{doctor_id}?{urlencode({'at': at.isoformat()})}")
        if not begun.location.startswith("/book/"):
            raise Unavailable(begun)
        questions = self.client.send("GET", begun.location)
        if questions.status != 200:
            raise Unavailable(questions)
        return self._submit(begun.location, questions, **fields).location

    def confirm(self, check: str) -> Callable[[], Answer]:
        """Look at the answers to check; what is returned presses the last button. Raises Unavailable."""
        page = self.client.send("GET", check)
        if page.status != 200:
            raise Unavailable(page)
        return lambda: self._submit(check, page)

    def tab(self) -> Self:
        """Another tab of the same browser, with a connection of its own."""
        tab = type(self).__new__(type(self))
        tab.client = Client(self.client.address, dict(self.client.cookies))
        return tab

    def press_move(self, appointment_id: int, at: datetime) -> Callable[[], Answer]:
        """Go as far as the new time to check; what is returned presses the last button."""
        path = f"/my/appointments/{appointment_id}/move/check?{urlencode({'at': at.isoformat()})}"
        page = self.client.send("GET", path)
        return lambda: self._submit(path, page)

    def cancel(self, appointment_id: int) -> Answer:
        """Cancel a visit on its own page."""
        path = f"/my/appointments/{appointment_id}/cancel"
        page = self.client.send("GET", path)
        return page if page.status != 200 else self._submit(path, page)

    @staticmethod
    def booked(answer: Answer) -> int | None:
        """The key of what was booked, if it was; somebody sent to what the same patient has already booked nothing."""
        found = re.fullmatch(r"/my/appointments/(\d+)/booked", answer.location)
        return int(found[1]) if answer.status == 303 and found else None


class Crowd:
    """Clients of one server, leaving together: by turns programs, and people at the pages."""

    def __init__(
        self, address: str, usernames: Sequence[str], *, kinds: Sequence[type[Program | Person]] = (Program, Person)
    ) -> None:
        self.clients: list[Program | Person] = each(
            partial(kinds[number % len(kinds)], address, username) for number, username in enumerate(usernames)
        )

    def __enter__(self) -> list[Program | Person]:
        return self.clients

    def __exit__(self, *_exception: object) -> None:
        for client in self.clients:
            client.client.connection.close()


def all_at_once(acts: Sequence[Callable[[], Outcome]]) -> list[Outcome]:
    """Do all of these at the same moment, each in a thread of its own."""
    together = Barrier(len(acts))

    def act(number: int) -> Outcome:
        together.wait(timeout=PATIENCE_SECONDS)
        return acts[number]()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(act, range(len(acts))))


def each(makers: Iterable[Callable[[], Outcome]]) -> list[Outcome]:
    """Do these, a few at a time, and wait for all."""
    with ThreadPoolExecutor(4) as threads:
        return [future.result() for future in [threads.submit(make) for make in makers]]


def slowest(answers: Iterable[Answer]) -> float:
    """The longest that anybody waited, in seconds."""
    return max(answer.seconds for answer in answers)


def deadlocks(database: Database) -> int:
    """How many deadlocks PostgreSQL has broken in this database; complete once its other clients are gone."""
    with database.unit_of_work() as session:
        query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        return int(session.scalar(text(query)) or 0)


def assert_consistent(database: Database) -> None:
    """No overlap by a slow and obvious check, and each visit with one audit row and one mail of its booking."""
    with database.unit_of_work() as session:
        visits = session.scalars(select(Appointment).where(Appointment.state.in_(BLOCKING))).all()
        for column in ("doctor_id", "patient_id"):
            calendars: dict[int, list[Appointment]] = defaultdict(list)
            for visit in visits:
                calendars[getattr(visit, column)].append(visit)
            for calendar in calendars.values():
                for earlier, later in pairwise(sorted(calendar, key=lambda visit: visit.starts_at)):
                    assert earlier.ends_at <= later.starts_at, (column, earlier.id, later.id)
        booked = set(session.scalars(select(Appointment.id)))
        assert _count(session, AuditEvent.object_id, AuditEvent.action == "appointment.booked") == dict.fromkeys(
            booked, 1
        )
        assert _count(session, Message.subject_id, Message.template == "booked") == dict.fromkeys(booked, 1)


def _count(session: Session, column: Any, condition: Any) -> dict[int, int]:
    rows = session.execute(select(column, func.count()).where(condition).group_by(column)).all()
    return {key: number for key, number in rows}  # noqa: C416  (rows are no pairs to the type checker)
