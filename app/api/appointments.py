"""Appointments: booked, listed, read, changed, cancelled (contract, section 9; documents 001 and 004)."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Any

import orjson

from app.api.paging import Page, page_of
from app.api.resource import JsonBlueprint, Resource, after, refuses
from app.api.schemas.appointment import (
    STATUSES,
    AppointmentOut,
    AppointmentQuery,
    BookedOut,
    BookingIn,
    ChangeIn,
    IdempotencyHeaders,
    appointment,
    line,
    wanted_state,
)
from app.identity import actor
from app.policy import Permission, can
from app.services import appointment_lists, appointment_requests, appointments, idempotency

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


@blp.route("/appointments/<int:appointment_id>/", documents=("001", "004 GET PUT DELETE"))
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
        return _change(appointment_id, data)

    @refuses(HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)
    @after(appointment_lists.get)
    @blp.arguments(ChangeIn)
    @blp.response(200, AppointmentOut)
    def patch(self, data: dict[str, Any], appointment_id: int) -> dict[str, Any]:
        """Change a part of an appointment."""
        return _change(appointment_id, data)

    @refuses(HTTPStatus.CONFLICT)
    @blp.response(204)
    def delete(self, appointment_id: int) -> None:
        """Cancel an appointment and take it off the lists."""
        appointments.remove(actor(), appointment_id)


def _book_once(headers: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """Book, or answer as when the same key came first."""
    who = actor()

    def act() -> dict[str, Any]:
        answer = orjson.dumps(
            appointment(appointment_requests.book(who, **data)), option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS
        )
        kept: dict[str, Any] = orjson.loads(answer)
        return kept

    if not headers.get("key"):
        return act()
    fingerprint = hashlib.sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return idempotency.once(who, key=headers["key"], fingerprint=fingerprint, act=act)


def _change(appointment_id: int, data: dict[str, Any]) -> dict[str, Any]:
    who = actor()
    row = appointment_lists.get(who, appointment_id)
    data["state"] = wanted_state(row.state, data, is_staff=can(who, Permission.CHANGE_AS_STAFF, row))
    return appointment(appointment_requests.change(who, appointment_id, **data))
