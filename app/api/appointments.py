"""Appointments: booked, listed, read, changed, cancelled (contract, section 9; documents 001 and 004)."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Any

import orjson

from app.api.paging import Page, page_of
from app.api.resource import JsonBlueprint, Resource, after, refuses
from app.api.schemas.appointment import (
    KINDS,
    STATUSES,
    AppointmentOut,
    AppointmentQuery,
    BookedOut,
    BookingIn,
    ChangeIn,
    IdempotencyHeaders,
    appointment,
    asks_to_cancel,
    line,
    wanted_state,
)
from app.errors import Invalid, NotFound
from app.identity import actor
from app.models import Appointment, Patient, VisitState
from app.policy import Actor, Permission, can, fetch
from app.services import appointment_lists, appointment_times, appointments, idempotency, patients

blp = JsonBlueprint("appointments", __name__, description="Appointments.")


@blp.route("/appointments/", documents=("001", "004"))
class Appointments(Resource):
    """The appointments that the caller may see."""

    @blp.arguments(AppointmentQuery, location="query")
    @blp.response(200, page_of(AppointmentOut))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List appointments, by time.

        Those of patients whom the caller manages; a doctor's own; all for an administrator.
        """
        page = Page.take(query)
        states = STATUSES[query.pop("status")] if "status" in query else None
        listing = appointment_lists.find(actor(), **query, states=states, limit=page.limit, offset=page.offset)
        return page.envelope(listing, line)

    @refuses(HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)
    @blp.arguments(IdempotencyHeaders, location="headers")
    @blp.arguments(BookingIn)
    @blp.response(201, AppointmentOut)
    def post(self, headers: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Book an appointment."""
        return _book_once(headers, data)


@blp.route("/book-appointment/", documents=("004",), alias_of="/appointments/")
class Bookings(Resource):
    """Document 004's other way to book."""

    @refuses(HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)
    @blp.arguments(IdempotencyHeaders, location="headers")
    @blp.arguments(BookingIn)
    @blp.response(201, BookedOut)
    def post(self, headers: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Book an appointment, and be told so."""
        return {**_book_once(headers, data), "message": "The appointment is booked."}


@blp.route("/appointments/<int:appointment_id>/", documents=("001", "004"))
class OneAppointment(Resource):
    """One appointment."""

    @blp.response(200, AppointmentOut)
    def get(self, appointment_id: int) -> dict[str, Any]:
        """Read an appointment."""
        return appointment(appointment_lists.get(actor(), appointment_id))

    @refuses(HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)
    @after(appointment_lists.get)
    @blp.arguments(ChangeIn)
    @blp.response(200, AppointmentOut)
    def put(self, data: dict[str, Any], appointment_id: int) -> dict[str, Any]:
        """Change an appointment; what is not sent is kept."""
        return appointment(_change(actor(), appointment_id, data))

    @refuses(HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)
    @after(appointment_lists.get)
    @blp.arguments(ChangeIn)
    @blp.response(200, AppointmentOut)
    def patch(self, data: dict[str, Any], appointment_id: int) -> dict[str, Any]:
        """Change a part of an appointment."""
        return appointment(_change(actor(), appointment_id, data))

    @refuses(HTTPStatus.CONFLICT)
    @blp.response(204)
    def delete(self, appointment_id: int) -> None:
        """Cancel an appointment and take it off the lists."""
        appointments.remove(actor(), appointment_id)


def _book_once(headers: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """Book, or answer as when the same key came first."""
    who = actor()

    def act() -> dict[str, Any]:
        answer = orjson.dumps(appointment(_book(who, data)), option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS)
        kept: dict[str, Any] = orjson.loads(answer)
        return kept

    if not headers.get("key"):
        return act()
    fingerprint = hashlib.sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return idempotency.once(who, key=headers["key"], fingerprint=fingerprint, act=act)


def _book(who: Actor, data: dict[str, Any]) -> Appointment:
    doctor_id, patient_id = data["doctor"], data.get("patient")
    try:
        doctor = appointments.bookable_doctor(who, doctor_id)
    except NotFound as error:
        raise Invalid("There is no such doctor.", field="doctor") from error
    try:
        patient = patients.own(who) if patient_id is None else fetch(who, Patient, patient_id)
    except NotFound as error:
        raise Invalid("There is no such patient.", field="patient") from error
    starts_at, available_time_id = appointment_times.resolve(
        doctor_id, moment=data.get("appointment_time"), available_time_id=data.get("time")
    )
    usual, *_ = appointments.kinds_offered(doctor)
    return appointments.book(
        who,
        patient_id=patient.id,
        doctor_id=doctor_id,
        starts_at=starts_at,
        kind=KINDS.get(data.get("appointment_type", ""), usual),
        symptoms=data.get("symptoms", ""),
        available_time_id=available_time_id,
    )


def _change(who: Actor, appointment_id: int, data: dict[str, Any]) -> Appointment:
    """Make the changes that differ from what is: words, then time, then state, all or none."""
    row = appointment_lists.get(who, appointment_id)
    for name, present in (("doctor", row.doctor_id), ("patient", row.patient_id)):
        if data.get(name, present) != present:
            raise Invalid(f"Another {name} needs another appointment.", field=name)
    is_staff = can(who, Permission.CHANGE_AS_STAFF, row)
    state = wanted_state(row.state, data) if is_staff else None
    kind = KINDS[data["appointment_type"]] if "appointment_type" in data else None
    row = appointments.describe(who, appointment_id, symptoms=data.get("symptoms"), kind=kind)
    if state is VisitState.CANCELLED or (not is_staff and asks_to_cancel(data)):
        return appointments.cancel(who, appointment_id)
    row = _move(who, row, data)
    return row if state is None else appointments.set_state(who, appointment_id, state)


def _move(who: Actor, row: Appointment, data: dict[str, Any]) -> Appointment:
    """Move to the times that were sent, as far as they differ: a client sends back the other as it read it."""
    moment, entry = data.get("appointment_time"), data.get("time")
    moment = None if moment == row.starts_at.replace(microsecond=0) else moment
    entry = None if entry == row.available_time_id else entry
    if moment is None and entry is None:
        return row
    starts_at, available_time_id = appointment_times.resolve(
        row.doctor_id, moment=moment, available_time_id=entry, keep_day_of=row.starts_at
    )
    return appointments.move(who, row.id, starts_at=starts_at, available_time_id=available_time_id)
