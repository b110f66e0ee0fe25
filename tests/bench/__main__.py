"""`make bench`: fill a hospital, serve the portal beside its floors, measure both in turns, and tell the ratios."""

from __future__ import annotations

import shutil
import sys
from itertools import count, repeat
from typing import Any

from config import ROOT
from tests.bench import hospital, report, servers
from tests.bench.client import Connection, request
from tests.bench.hospital import Hospital
from tests.bench.measures import Measure, Requests, Side, good
from tests.bench.servers import Ports

FOLDER = ROOT / "instance" / "bench"
RESULTS = ROOT / "instance" / "bench.json"
ROUNDS, REQUESTS, WARM_UP = 12, 25, 30
CONNECTIONS, LOADED_SECONDS = 8, 2.0
REST_SECONDS = 0.15
LIMITS = "limits=100"
NOT_COMPARED = frozenset({"profile"})
"""Fields that no SELECT can tell: the signed address of a picture."""


def main() -> None:
    """Measure, print a table, and keep the figures in instance/bench.json."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    try:
        # On the disk of the portal's data, and not in a folder that may be in memory: bookings wait for that disk.
        with servers.mail_server(FOLDER) as mail_port:
            portal, floors = (servers.make_settings(FOLDER, name, mail_port) for name in ("portal", "floors"))
            built = hospital.build(portal)
            shutil.copyfile(FOLDER / "portal.sqlite3", FOLDER / "floors.sqlite3")
            with servers.serve(portal, floors) as ports:
                measures = _measures(built, ports)
                _run(measures)
        print(report.table(measures, connections=CONNECTIONS))  # noqa: T201 (the command's answer)
        RESULTS.write_bytes(report.as_json(measures, connections=CONNECTIONS))
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)


def _run(measures: list[Measure]) -> None:
    for measure in measures:
        measure.warm_up(WARM_UP)
    for number in range(ROUNDS):
        for measure in measures:
            measure.run_round(REQUESTS, number)
        print(f"Round {number + 1} of {ROUNDS}", end="\r", file=sys.stderr, flush=True)  # noqa: T201 (progress)
    for measure in measures:
        measure.run_loaded(CONNECTIONS, LOADED_SECONDS)


def _measures(built: Hospital, ports: Ports) -> list[Measure]:
    patients = [_sign_in(ports, name) for name in built.patients]
    patient, doctor = patients[0], _sign_in(ports, built.doctor)
    doctors = _get(f"/doctors/?{LIMITS}", patient)
    visits = _get(f"/appointments/?doctor_id={built.doctor_id}&{LIMITS}", doctor)
    reviews = _get(f"/reviews/?{LIMITS}", patient)
    bare_doctors = _get(f"/doctors?patient_id={built.patient_ids[0]}")
    limits = {
        "doctors": (doctors, bare_doctors),
        "appointments of a doctor": (visits, _get(f"/appointments?doctor_id={built.doctor_id}")),
        "reviews": (reviews, _get("/reviews")),
    }
    measures = []
    for name, (asked, floor) in limits.items():
        _compare(ports, asked, floor)
        sides = Side(ports.portal, repeat(asked)), Side(ports.limit, repeat(floor))
        measures.append(Measure(f"100 {name}", "limit", *sides, allowed=4))
    return [
        *measures,
        Measure(
            "one doctor",
            "hello",
            Side(ports.portal, repeat(_get(f"/doctors/{built.doctor_id}/", patient))),
            Side(ports.hello, repeat(_get("/"))),
            allowed=4,
        ),
        Measure(
            "booking",
            "one durable insert",
            Side(ports.portal, _bookings(built, patients)),
            Side(ports.limit, _inserts(built)),
            allowed=5,
            rest=REST_SECONDS,
        ),
        Measure(
            "100 doctors, compressed",
            "limit, plain",
            Side(ports.portal, repeat(_get(f"/doctors/?{LIMITS}", patient, Accept_Encoding="br, gzip"))),
            Side(ports.limit, repeat(bare_doctors)),
        ),
        Measure(
            "100 doctors",
            "their rows alone",
            Side(ports.portal, repeat(doctors)),
            Side(ports.limit, repeat(_get("/rows"))),
        ),
    ]


def _get(path: str, token: str | None = None, **headers: str) -> bytes:
    return request("GET", path, token=token, **headers)


def _sign_in(ports: Ports, username: str) -> str:
    body = {"username": username, "password": hospital.PASSWORD}
    with Connection(ports.portal) as connection:
        token: str = good(connection.send(request("POST", "/api/token/", body=body))).json()["access"]
    return token


def _bookings(built: Hospital, tokens: list[str]) -> Requests:
    """Bookings that all succeed: no doctor and no patient twice at the same time."""

    def make(number: int) -> bytes:
        token, body = tokens[number % len(tokens)], _visit(built, number)
        return request("POST", "/appointments/", token=token, body=body)

    return map(make, count())


def _inserts(built: Hospital) -> Requests:
    """The same visits, as rows."""

    def make(number: int) -> bytes:
        patient_id = built.patient_ids[number % len(built.patient_ids)]
        return request("POST", "/", body={**_visit(built, number), "patient": patient_id})

    return map(make, count())


def _visit(built: Hospital, number: int) -> dict[str, Any]:
    starts_at = built.free_times[number // len(built.patient_ids)]
    doctor_id = built.bookable_ids[number % len(built.bookable_ids)]
    return {"doctor": doctor_id, "appointment_time": starts_at.isoformat()}


def _compare(ports: Ports, asked: bytes, floor: bytes) -> None:
    """Raise RuntimeError where the limit does not answer what the portal does: it would be no limit of it."""
    results = []
    for port, wanted in ((ports.portal, asked), (ports.limit, floor)):
        with Connection(port) as connection:
            rows = good(connection.send(wanted)).json()["results"]
        results.append([{name: _rounded(row[name]) for name in row.keys() - NOT_COMPARED} for row in rows])
    for one, other in zip(*results, strict=True):
        if one != other:
            raise RuntimeError(f"The portal answers {one}, the limit {other}.")


def _rounded(value: object) -> object:
    return round(value, 2) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
