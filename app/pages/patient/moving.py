"""Changing a visit to come: moving it to another free time, and saying better what it is about."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, flash, request
from wtforms import HiddenField, IntegerField

from app.clock import to_local
from app.errors import Outdated
from app.identity import actor
from app.models import Appointment
from app.pages.forms import PortalForm
from app.pages.free_times import read_moment, say_unreadable, unchanged, wanted_week
from app.pages.patient.booking import reason_field
from app.pages.render import render, see_other
from app.services import appointment_lists, appointments, booking
from app.services.appointments import LONGEST_TEXT


class MoveForm(PortalForm):
    """The new time, for the visit as it was seen: `version`."""

    at = HiddenField()
    version = IntegerField()


class ReasonForm(PortalForm):
    """What a visit is about."""

    symptoms = reason_field()


def choose(appointment_id: int) -> Response:
    """The free times to which a visit can be moved, first around the present one."""
    visit = appointment_lists.of_managed_patient(actor(), appointment_id)
    if not appointments.is_changeable(actor(), visit):
        return _refuse(visit, "moved")
    week = booking.week(visit.doctor_id, wanted_week() or to_local(visit.starts_at).date())
    return unchanged(week) or render(
        "patient/move.html", visit=visit, week=week, changeable_until=appointments.changeable_until(visit)
    )


def check(appointment_id: int) -> Response:
    """The old time and the new one, and what follows; on POST the visit is moved."""
    form = MoveForm()
    visit = appointment_lists.of_managed_patient(actor(), appointment_id)
    at = form.at.data if form.is_submitted() else request.args.get("at")
    starts_at = read_moment(at)
    if starts_at is None:
        say_unreadable(at)
        return see_other("patient.move", appointment_id=appointment_id)
    with form.refusals():
        if form.is_submitted():
            appointments.move(actor(), appointment_id, starts_at=starts_at, version=form.version.data or 0)
            flash("Your appointment is moved.")
            return see_other("patient.appointment", appointment_id=appointment_id)
        if starts_at == visit.starts_at:
            flash("That is the time that you have. Choose another one.", "notice")
            return see_other("patient.move", appointment_id=appointment_id)
        if appointments.is_changeable(actor(), visit):
            booking.new_time(actor(), visit, starts_at)
    if not appointments.is_changeable(actor(), visit):
        return _refuse(visit, "moved", form)
    if form.refusal is None or isinstance(form.refusal, Outdated):
        return render(
            "patient/check_move.html",
            form=form,
            visit=visit,
            starts_at=starts_at,
            waits_again=not appointments.acts_as_staff(actor(), visit),
        )
    others = booking.other_times(actor(), visit.doctor_id, starts_at)
    return render("patient/other_times.html", form=form, others=others, visit=visit)


def reason(appointment_id: int) -> Response:
    """Say better what a visit to come is about."""
    visit = appointment_lists.of_managed_patient(actor(), appointment_id)
    form = ReasonForm(data={"symptoms": visit.symptoms})
    if form.validate_on_submit():
        with form.refusals():
            appointments.describe(actor(), appointment_id, symptoms=form.symptoms.data)
            flash("The reason for your visit is changed.")
            return see_other("patient.appointment", appointment_id=appointment_id)
    if not appointments.is_changeable(actor(), visit):
        return _refuse(visit, "changed", form)
    return render("patient/reason.html", form=form, visit=visit, longest_reason=LONGEST_TEXT)


def _refuse(visit: Appointment, done: str, form: PortalForm | None = None) -> Response:
    """The visit is over, cancelled, or too near."""
    return render(
        "patient/unchangeable.html",
        HTTPStatus.CONFLICT,
        form=form,
        visit=visit,
        done=done,
        changeable_until=appointments.changeable_until(visit),
    )
