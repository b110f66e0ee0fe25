"""All appointments: found, saved as CSV, cancelled for a reason, and one put beside others on purpose."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from flask import Response, flash, request
from wtforms import Form, HiddenField, IntegerField, RadioField, SearchField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired

from app import clock
from app.errors import Invalid
from app.extensions import settings
from app.http import writes
from app.identity import actor
from app.models import Appointment, VisitKind, VisitState
from app.pages.admin.entrance import blueprint
from app.pages.downloads import download_csv
from app.pages.fields import ClockField, DateInputField
from app.pages.filters import FilterForm
from app.pages.forms import PortalForm, as_typed
from app.pages.free_times import read_date
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.pages.wording import visit_kind, when
from app.services import appointment_lists, appointments, overbooking, patient_lists, visit_states
from app.services.appointment_lists import Order
from app.services.idempotency import once_for_form

PAGE_SIZE = 20
STATES: dict[str, tuple[str, tuple[VisitState, ...]]] = {
    "all": ("All", ()),
    "pending": ("Waiting for confirmation", (VisitState.PENDING,)),
    "confirmed": ("Confirmed", (VisitState.CONFIRMED,)),
    "over": ("Completed or missed", (VisitState.COMPLETED, VisitState.NO_SHOW)),
    "cancelled": ("Cancelled", (VisitState.CANCELLED,)),
}
"""By the value in the address."""
_ORDERS = {Order.SOONEST.value: "Soonest", Order.LATEST.value: "Latest", Order.BOOKED.value: "Newest booking"}
_COLUMNS = (
    "id",
    "day",
    "time",
    "minutes",
    "patient number",
    "patient",
    "doctor",
    "how",
    "state",
    "overbooked",
    "booked",
)


class Filters(FilterForm):
    """Which appointments the list shows."""

    search = SearchField("Patient or doctor")
    show = SelectField("Show", choices={value: label for value, (label, _) in STATES.items()})
    since = StringField("From")
    until = StringField("Until")
    order = SelectField("Sort by", choices=_ORDERS)


class PatientForm(Form):
    """For whom."""

    q = SearchField("Name, telephone number or patient number")


class CancelForm(PortalForm):
    """Why an appointment is cancelled."""

    reason = TextAreaField("Reason (optional)", filters=[as_typed], description="The patient will read it.")


class OverbookForm(PortalForm):
    """A visit beside others. `key` comes with the form: however often it is sent, it books once."""

    doctor = SelectField("Doctor", coerce=int, validate_choice=False)
    on = DateInputField("Day", [DataRequired("Enter the day.")])
    at = ClockField("Time", [InputRequired("Enter the time.")], description="Hospital time. For example, 9am or 13:30")
    minutes = IntegerField("Length in minutes", [InputRequired("Enter the length in minutes.")])
    kind = RadioField("How they meet", choices={kind.value: visit_kind(kind) for kind in VisitKind})
    symptoms = TextAreaField("Reason for the visit (optional)", filters=[as_typed])
    reason = TextAreaField("Why is it overbooked?", filters=[as_typed], description="The doctor reads it.")
    key = HiddenField()

    def starts_at(self) -> datetime:
        """The moment that was entered. Raises Invalid for one that there is not."""
        if self.on.data is None or self.on.data.year not in clock.YEARS:
            raise Invalid("Enter a year that is near.", field="on")
        try:
            return clock.from_local(datetime.combine(self.on.data, self.at.data))
        except ValueError as error:
            raise Invalid(str(error), field="at") from error


@blueprint.get("/appointments", endpoint="appointments")
def show_all() -> Response:
    """The appointments from today on, unless told otherwise, soonest first."""
    filters, asked = _filters()
    found, paging = paged(
        PAGE_SIZE,
        lambda limit, offset: appointment_lists.of_hospital(actor(), **asked, limit=limit, offset=offset),
    )
    return render("admin/appointments.html", filters=filters, visits=found.rows, paging=paging)


@blueprint.get("/appointments/appointments.csv")
@writes
def appointments_file() -> Response:
    """The appointments that the filters leave, as CSV; day and time are the hospital's."""
    _, asked = _filters()
    return download_csv("appointments", _COLUMNS, map(_cells, appointment_lists.export(actor(), **asked)))


@blueprint.get("/appointments/<int:appointment_id>")
def appointment(appointment_id: int) -> Response:
    """One appointment."""
    return render("admin/appointment.html", visit=appointment_lists.get(actor(), appointment_id))


@blueprint.route("/appointments/<int:appointment_id>/cancel", methods=["GET", "POST"])
def cancel_appointment(appointment_id: int) -> Response:
    """Ask on GET why; on POST cancel it, and tell the patient."""
    form = CancelForm()
    if form.validate_on_submit():
        with form.refusals():
            visit = appointments.cancel(actor(), appointment_id, reason=form.reason.data or "")
            flash(f"Cancelled: {visit.patient.name}, {when(visit.starts_at)}.")
            return see_other("admin.appointment", appointment_id=appointment_id)
    visit = appointment_lists.get(actor(), appointment_id)
    return render("admin/cancel_appointment.html", form=form, visit=visit, longest=visit_states.LONGEST_REASON)


@blueprint.get("/appointments/overbook")
@writes
def choose_patient() -> Response:
    """Who is to be booked beside others."""
    form = PatientForm(request.args)
    search = (form.q.data or "").strip()
    found, paging = None, None
    if search:
        found, paging = paged(
            PAGE_SIZE, lambda limit, offset: patient_lists.find(actor(), search=search, limit=limit, offset=offset)
        )
    return render("admin/choose_patient.html", filters=form, patients=found.rows if found else [], paging=paging)


@blueprint.route("/appointments/overbook/<int:patient_id>", methods=["GET", "POST"])
@writes
def overbook(patient_id: int) -> Response:
    """Ask on GET with whom, when and why; on POST book it, once."""
    patient, form = patient_lists.look_up(actor(), patient_id), OverbookForm()
    form.doctor.choices = {str(doctor.id): doctor.name for doctor in overbooking.doctors(actor())}
    if form.validate_on_submit():
        with form.refusals():
            starts_at = form.starts_at()
            chosen = {
                "doctor_id": form.doctor.data,
                "minutes": form.minutes.data,
                "symptoms": form.symptoms.data or "",
                "reason": form.reason.data or "",
            }
            kind = VisitKind(form.kind.data)
            booked = once_for_form(
                actor(),
                key=form.key.data or "",
                values=[patient_id, starts_at.isoformat(), kind.value, *chosen.values()],
                act=lambda: {
                    "id": overbooking.book(actor(), patient_id=patient_id, starts_at=starts_at, kind=kind, **chosen).id
                },
            )
            flash(f"Booked: {patient.name}, {when(starts_at)}.")
            return see_other("admin.appointment", appointment_id=booked["id"])
    if not form.is_submitted():
        form.minutes.data, form.kind.data = settings.default_slot_minutes, VisitKind.IN_PERSON.value
    form.key.data = form.key.data or str(uuid.uuid4())
    return render("admin/overbook.html", form=form, patient=patient, longest=overbooking.LONGEST_REASON)


def _filters() -> tuple[Filters, dict[str, Any]]:
    """The filters of the address, those that are none left out, and what they ask of the list."""
    filters = Filters(request.args)
    since = read_date(filters.since.data or "") or clock.local_today()
    filters.since.data = since.isoformat()
    return filters, {
        "search": filters.search.data or "",
        "states": STATES[filters.show.data][1],
        "since": since,
        "until": read_date(filters.until.data or ""),
        "order": Order(filters.order.data),
    }


def _cells(visit: Appointment) -> list[object]:
    starts = clock.to_local(visit.starts_at)
    return [
        visit.id,
        starts.date().isoformat(),
        f"{starts:%H:%M}",
        (visit.ends_at - visit.starts_at) // timedelta(minutes=1),
        visit.patient_id,
        visit.patient.name,
        visit.doctor.name,
        visit_kind(visit.kind),
        visit.state.value,
        "yes" if visit.overbooked else "no",
        visit.created_at.isoformat(),
    ]
