"""Appointments on the wire (contract, section 9): one state, and the documents' three views of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from marshmallow import Schema, fields

from app.api.paging import PageQuery
from app.api.schemas.fields import Choice, DayOrMoment, Incoming, Moment, Text, WholeNumber
from app.errors import Invalid
from app.models import Appointment, VisitKind, VisitState
from app.services.appointment_lists import Line
from app.services.appointments import LONGEST_TEXT

KINDS: Mapping[str, VisitKind] = {"Online": VisitKind.ONLINE, "Offline": VisitKind.IN_PERSON}
KIND_NAMES: Mapping[VisitKind, str] = {kind: name for name, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class View:
    """A state as documents 001 and 004 tell it. `Pendding` is spelled as published."""

    appointment_status: str
    status: str
    cancel: bool
    state: str


VIEWS: Mapping[VisitState, View] = {
    VisitState.PENDING: View("Pendding", "Pending", cancel=False, state="pending"),
    VisitState.CONFIRMED: View("Pendding", "Confirmed", cancel=False, state="confirmed"),
    VisitState.IN_PROGRESS: View("Running", "Confirmed", cancel=False, state="in_progress"),
    VisitState.COMPLETED: View("Completed", "Confirmed", cancel=False, state="completed"),
    VisitState.NO_SHOW: View("Completed", "Confirmed", cancel=False, state="no_show"),
    VisitState.CANCELLED: View("Pendding", "Cancelled", cancel=True, state="cancelled"),
}
"""In this order: of the states that fit what a client wrote, the first is meant (`Completed` is not a missed visit)."""

_VIEWS = {state: asdict(view) for state, view in VIEWS.items()}
STATES = tuple(view.state for view in VIEWS.values())
APPOINTMENT_STATUSES = ("Pendding", "Running", "Completed")
STATUSES: Mapping[str, tuple[VisitState, ...]] = {
    status: tuple(state for state, view in VIEWS.items() if view.status == status)
    for status in ("Pending", "Confirmed", "Cancelled")
}


def wanted_state(current: VisitState, sent: dict[str, Any], *, is_staff: bool) -> VisitState | None:
    """The state that a client asks for by what it sent of the four views, which are taken out of `sent`.

    None where nothing differs from the present. From the patient's side only a cancellation counts, in any of the
    three ways to write it. Raises Invalid where the views that staff sent fit no state together.
    """
    present, cancelled = _VIEWS[current], _VIEWS[VisitState.CANCELLED]
    views = {name: sent.pop(name, None) for name in present}
    changed = {name: value for name, value in views.items() if value not in (None, present[name])}
    if not is_staff:
        asks_to_cancel = any(
            value == cancelled[name] for name, value in changed.items() if name != "appointment_status"
        )
        return VisitState.CANCELLED if asks_to_cancel else None
    if not changed:
        return None
    for state, view in _VIEWS.items():
        if changed.items() <= view.items():
            return state
    raise Invalid(
        "No appointment is in such a state.", errors={name: ["This contradicts the others."] for name in changed}
    )


class Kind(fields.Field[VisitKind]):
    """How patient and doctor meet, in the documents' words."""

    default_error_messages = {"invalid": f"Must be one of: {', '.join(KINDS)}."}

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"type": "string", "enum": list(KINDS)}, **options)

    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002 (marshmallow's signature)
        data: Mapping[str, Any] | None,  # noqa: ARG002 (as above)
        **_options: Any,
    ) -> VisitKind:
        if not isinstance(value, str) or value not in KINDS:
            raise self.make_error("invalid")
        return KINDS[value]


class BookingIn(Incoming):
    """What is booked. When: `appointment_time`, or `time`, or both where they agree."""

    doctor_id = WholeNumber(data_key="doctor", required=True)
    patient_id = WholeNumber(
        data_key="patient",
        allow_none=True,
        metadata={"description": "One whom the caller manages; the caller's own where not sent."},
    )
    kind = Kind(data_key="appointment_type")
    symptoms = Text(longest=LONGEST_TEXT)
    available_time_id = WholeNumber(
        data_key="time",
        allow_none=True,
        metadata={"description": "Id of an available time. Alone: the next day on which the doctor is free then."},
    )
    starts_at = Moment(data_key="appointment_time", allow_none=True)


class IdempotencyHeaders(Incoming):
    """How a repeated booking is recognised."""

    key = Text(
        longest=255,
        data_key="Idempotency-Key",
        metadata={"description": "The same key and body are answered with the first response, for 24 hours."},
    )


class ChangeIn(Incoming):
    """What is changed; what is not sent is kept."""

    doctor_id = WholeNumber(data_key="doctor", metadata={"description": "Cannot be changed."})
    patient_id = WholeNumber(data_key="patient", metadata={"description": "Cannot be changed."})
    kind = Kind(data_key="appointment_type")
    symptoms = Text(longest=LONGEST_TEXT)
    available_time_id = WholeNumber(
        data_key="time", allow_none=True, metadata={"description": "Id of an available time. Alone it keeps the date."}
    )
    starts_at = Moment(data_key="appointment_time", allow_none=True)
    cancel = fields.Boolean()
    status = Choice(STATUSES, metadata={"description": "Written by staff."})
    appointment_status = Choice(
        APPOINTMENT_STATUSES,
        metadata={"description": "Written by staff: `Running` starts, `Completed` completes."},
    )
    state = Choice(STATES, metadata={"description": "Written by staff."})


class AppointmentQuery(PageQuery):
    """Filters of the list; they never widen what the caller may see."""

    patient_id = WholeNumber()
    doctor_id = WholeNumber()
    status = Choice(STATUSES)
    since = DayOrMoment(data_key="from", metadata={"description": "Not before this day or moment."})
    until = DayOrMoment(data_key="to", end=True, metadata={"description": "Up to this day, or before this moment."})


class AppointmentOut(Schema):
    """One appointment."""

    id = WholeNumber(required=True)
    patient = WholeNumber(required=True)
    doctor = WholeNumber(required=True)
    patient_name = fields.String(required=True)
    doctor_name = fields.String(required=True)
    appointment_type = Choice(KINDS, required=True)
    appointment_status = Choice(APPOINTMENT_STATUSES, required=True)
    status = Choice(STATUSES, required=True)
    cancel = fields.Boolean(required=True)
    state = Choice(STATES, required=True)
    symptoms = fields.String(required=True)
    time = WholeNumber(required=True, allow_none=True)
    appointment_time = Moment(required=True)
    end_time = Moment(required=True)
    created_at = Moment(required=True)


class BookedOut(AppointmentOut):
    """An appointment that was just booked."""

    message = fields.String(required=True)


def appointment(row: Appointment) -> dict[str, Any]:
    """An appointment, its people loaded, as AppointmentOut."""
    return _told(row, row.patient.name, row.doctor.name)


def line(row: Line) -> dict[str, Any]:
    """A line of a list as AppointmentOut."""
    return _told(row, row.patient_name, row.doctor_name)


def _told(row: Appointment | Line, patient_name: str, doctor_name: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "patient": row.patient_id,
        "doctor": row.doctor_id,
        "patient_name": patient_name,
        "doctor_name": doctor_name,
        "appointment_type": KIND_NAMES[row.kind],
        **_VIEWS[row.state],
        "symptoms": row.symptoms,
        "time": row.available_time_id,
        "appointment_time": row.starts_at,
        "end_time": row.ends_at,
        "created_at": row.created_at,
    }
