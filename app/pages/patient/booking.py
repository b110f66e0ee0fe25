"""Booking a free time: details, check answers, confirm. What was typed travels in the forms, never in an address."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from flask import Response, flash, request
from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from app import clock
from app.identity import actor
from app.models import Appointment, VisitKind
from app.pages.forms import PortalForm, as_typed
from app.pages.render import render, see_other
from app.pages.wording import isodate, visit_kind, when
from app.services import booking
from app.services.appointments import LONGEST_TEXT
from app.services.booking import Offer

CHANGE = "change"
ANOTHER_TIME = "time"
"""The name of the buttons that lead back from the answers to check, and the value of the one for another time."""


class BookingForm(PortalForm):
    """A visit as the patient's side asks for it. `key` comes with the answers to check: confirming them books once."""

    at = HiddenField()
    patient = RadioField("Who is the appointment for?", [InputRequired("Choose who the appointment is for.")])
    kind = RadioField("How would you like to be seen?", [InputRequired("Choose in person or video call.")], choices={})
    symptoms = TextAreaField(
        "Reason for the visit",
        [
            DataRequired("Enter the reason for the visit."),
            Length(max=LONGEST_TEXT, message=f"Use {LONGEST_TEXT:,} characters or fewer."),
        ],
        filters=[as_typed],
        description="What is the matter, and since when? Only those who treat you read it.",
    )
    key = HiddenField()

    def ask(self, offer: Offer) -> None:
        """Fill in the time, and what there is to choose."""
        self.at.data = isodate(offer.starts_at)
        self.patient.choices = {str(patient.id): patient.name for patient in offer.patients}
        self.kind.choices = {kind.value: visit_kind(kind) for kind in offer.kinds}


class OtherTimeForm(PortalForm):
    """Other times to choose from. It is sent with what was typed before."""

    at = RadioField("Free times")


def details(doctor_id: int) -> Response:
    """Ask for whom, how and why on GET; on POST show the answers to check, or, with a Change button, ask again."""
    form = BookingForm()
    at = form.at.data if form.is_submitted() else request.args.get("at")
    starts_at = _moment(at)
    if starts_at is None:
        return _choose_on_doctors_page(doctor_id, at)
    booked = booking.booked_already(actor(), doctor_id, starts_at)
    if booked is not None:
        return _show_booked(booked)
    change = request.form.get(CHANGE)
    with form.refusals():
        offer = booking.offer(actor(), doctor_id, starts_at)
    if form.refusal is not None or change == ANOTHER_TIME:
        return _offer_other_times(form, doctor_id, starts_at)
    form.ask(offer)
    if change is None and form.validate_on_submit():
        form.key.data = str(uuid.uuid4())
        return render("patient/check.html", form=form, offer=offer)
    return _ask(form, offer)


def check(doctor_id: int) -> Response:
    """Book what was confirmed, once. On GET there is nothing to confirm yet."""
    form = BookingForm()
    if not form.is_submitted():
        return see_other("patient.book", doctor_id=doctor_id, at=request.args.get("at"))
    starts_at = _moment(form.at.data)
    if starts_at is None:
        return _choose_on_doctors_page(doctor_id, form.at.data)
    offer = booking.choices(actor(), doctor_id, starts_at)
    form.ask(offer)
    if not form.validate():
        return _ask(form, offer)
    with form.refusals():
        visit_id = booking.book_once(
            actor(),
            key=form.key.data or "",
            patient_id=int(form.patient.data),
            doctor_id=doctor_id,
            starts_at=starts_at,
            kind=VisitKind(form.kind.data),
            symptoms=form.symptoms.data or "",
        )
    if form.refusal is None:
        return see_other("patient.booked", appointment_id=visit_id)
    booked = booking.booked_already(actor(), doctor_id, starts_at)
    if booked is not None:
        return _show_booked(booked)
    is_about_time = not (form.kind.errors or form.symptoms.errors or form.key.errors)
    return _offer_other_times(form, doctor_id, starts_at) if is_about_time else _ask(form, offer)


def _ask(form: BookingForm, offer: Offer) -> Response:
    return render("patient/book.html", form=form, offer=offer, longest_reason=LONGEST_TEXT)


def _moment(text: str | None) -> datetime | None:
    """The moment that an address or a form names, in UTC; None for what names none in clock.YEARS."""
    try:
        moment = datetime.fromisoformat(text or "")
        return moment.astimezone(UTC) if moment.tzinfo is not None and moment.year in clock.YEARS else None
    except (ValueError, OverflowError):
        return None


def _choose_on_doctors_page(doctor_id: int, at: str | None) -> Response:
    """No time is chosen yet; where an address names none that can be read, that is said."""
    if at:
        flash("That time could not be read. Choose one of the free times.", "notice")
    return see_other("public.doctor", doctor_id=doctor_id, _anchor="times")


def _offer_other_times(form: BookingForm, doctor_id: int, near: datetime) -> Response:
    """The nearest free times: as links, or, once something has been typed, in a form that keeps it.

    Whoever only thinks about another time can keep the one chosen before.
    """
    others = booking.other_times(actor(), doctor_id, near)
    times = others.times if form.refusal else sorted({near, *others.times})
    other = OtherTimeForm(formdata=None)
    other.at.choices = {isodate(moment): when(moment) for moment in times}
    other.at.data = isodate(near if near in times else times[0]) if times else None
    return render("patient/other_times.html", form=form, other=other, others=others)


def _show_booked(booked: Appointment) -> Response:
    """The visit that was booked at that time already: in another tab, or before going back."""
    flash("You have booked this time already. Here is your appointment.", "notice")
    return see_other("patient.appointment", appointment_id=booked.id)
