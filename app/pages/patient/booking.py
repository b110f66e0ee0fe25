"""Booking a free time, step by step: what is answered is kept in a draft, and every form leads on to a page."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Response, flash, request
from wtforms import HiddenField, IntegerField, RadioField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from app import identity, unit_of_work
from app.clock import to_local
from app.errors import NotFound, Outdated, PortalError
from app.http import writes
from app.identity import actor
from app.models import BookingDraft
from app.pages.forms import PortalForm, as_typed
from app.pages.free_times import read_moment, say_unreadable, unchanged, wanted_week
from app.pages.render import render, see_other
from app.pages.wording import visit_kind
from app.policy import Actor
from app.services import booking, booking_drafts
from app.services.appointments import LONGEST_TEXT
from app.services.booking import Offer


def reason_field() -> TextAreaField:
    """What a visit is about."""
    return TextAreaField(
        "Reason for the visit",
        [
            DataRequired("Enter the reason for the visit."),
            Length(max=LONGEST_TEXT, message=f"Use {LONGEST_TEXT:,} characters or fewer."),
        ],
        filters=[as_typed],
        description="What is the matter, and since when? Only those who treat you read it.",
    )


class BookingForm(PortalForm):
    """A visit as the patient's side asks for it."""

    patient = RadioField("Who is the appointment for?", [InputRequired("Choose who the appointment is for.")])
    kind = RadioField("How would you like to be seen?", [InputRequired("Choose in person or video call.")], choices={})
    symptoms = reason_field()

    def ask(self, offer: Offer) -> None:
        """Fill in what there is to choose."""
        self.patient.choices = {str(patient.id): patient.name for patient in offer.patients}
        self.kind.choices = {kind.value: visit_kind(kind) for kind in offer.kinds}

    def answers(self, offer: Offer) -> dict[str, Any]:
        """What was sent, as a draft keeps it; what is no choice is left out."""
        return {
            "patient_id": next((one.id for one in offer.patients if str(one.id) == self.patient.data), None),
            "kind": next((kind for kind in offer.kinds if kind.value == self.kind.data), None),
            "symptoms": self.symptoms.data if self.symptoms.raw_data else None,
        }


class CheckForm(PortalForm):
    """The last button. `version` is that of the answers above it."""

    version = IntegerField()


class TimeForm(PortalForm):
    """A time that was chosen instead."""

    at = HiddenField()


@writes
def start(doctor_id: int) -> Response:
    """Begin a draft for the free time that `?at=` names: each tab has its own."""
    at = request.args.get("at")
    starts_at = read_moment(at)
    if starts_at is None:
        say_unreadable(at)
        return see_other("public.doctor", doctor_id=doctor_id, _anchor="times")
    form = PortalForm()
    with form.refusals():
        draft = booking_drafts.start(actor(), doctor_id, starts_at)
    return _offer_other_times(form, doctor_id, starts_at) if form.refusal else _to("patient.details", draft)


def _step(view: Callable[[BookingDraft], Response]) -> Callable[[int, UUID], Response]:
    """A page about one of the actor's drafts: the visit of one that is booked, a new start for one that is gone."""

    @wraps(view)
    def show(doctor_id: int, draft_id: UUID) -> Response:
        try:
            draft = booking_drafts.get(actor(), doctor_id, str(draft_id), lock=request.method == "POST")
            if draft.appointment_id is not None:
                return see_other("patient.booked", appointment_id=draft.appointment_id)
            return view(draft)
        except NotFound:
            return render("patient/draft_ended.html", HTTPStatus.NOT_FOUND, doctor_id=doctor_id)

    return show


@_step
def details(draft: BookingDraft) -> Response:
    """For whom, how and why."""
    form = _form_of(draft)
    if form.is_submitted():
        offer = _keep(actor(), draft, form)
        return _to("patient.check", draft) if form.validate() else _ask(form, draft, offer)
    with form.refusals():
        offer = booking.offer(actor(), draft.doctor_id, draft.starts_at)
    if form.refusal is not None:
        return _offer_other_times(form, draft.doctor_id, draft.starts_at, draft)
    form.ask(offer)
    return _ask(form, draft, offer)


@_step
def keep(draft: BookingDraft) -> Response:
    """Keep what is being typed: the page sends it by itself."""
    _keep(actor(), draft, _form_of(draft))
    return Response(status=HTTPStatus.NO_CONTENT)


@_step
def time(draft: BookingDraft) -> Response:
    """Another time, out of all that are free."""
    form = TimeForm()
    if form.is_submitted():
        starts_at = read_moment(form.at.data)
        if starts_at is None:
            say_unreadable(form.at.data)
            return _to("patient.time", draft)
        booking_drafts.keep(draft, starts_at=starts_at)
        return _to("patient.check", draft)
    week = booking.week(draft.doctor_id, wanted_week() or to_local(draft.starts_at).date())
    offer = booking.choices(actor(), draft.doctor_id, draft.starts_at)
    return unchanged(week) or render("patient/time.html", draft=draft, offer=offer, week=week)


@_step
def check(draft: BookingDraft) -> Response:
    """The answers to check; on POST they are booked, once."""
    form = CheckForm()
    with form.refusals():
        if form.is_submitted():
            visit_id = booking_drafts.book(actor(), draft, version=form.version.data or 0)
            return see_other("patient.booked", appointment_id=visit_id)
        booking.offer(actor(), draft.doctor_id, draft.starts_at)
    refusal = form.refusal
    offer = booking.choices(actor(), draft.doctor_id, draft.starts_at)
    if not booking_drafts.is_answered(draft, offer):
        if refusal is not None:
            flash(refusal.message, "notice")
        return _to("patient.details", draft)
    if refusal is None or isinstance(refusal, Outdated):
        return render("patient/check.html", form=form, draft=draft, offer=offer)
    return _offer_other_times(form, draft.doctor_id, draft.starts_at, draft)


def keep_of_who_was_away() -> None:
    """Keep what somebody sends whose session has run out meanwhile: it is there after signing in again."""
    left, sent = identity.left_alone(), request.view_args or {}
    if left is None or request.method != "POST" or request.endpoint not in ("patient.details", "patient.keep"):
        return
    with suppress(PortalError), unit_of_work.transaction():
        draft = booking_drafts.get(left, sent["doctor_id"], str(sent["draft_id"]), lock=True)
        _keep(left, draft, _form_of(draft))


def _form_of(draft: BookingDraft) -> BookingForm:
    """What was sent, else what the draft has kept."""
    kind = draft.kind.value if draft.kind else None
    return BookingForm(data={"patient": str(draft.patient_id), "kind": kind, "symptoms": draft.symptoms})


def _keep(who: Actor, draft: BookingDraft, form: BookingForm) -> Offer:
    offer = booking.choices(who, draft.doctor_id, draft.starts_at)
    form.ask(offer)
    if draft.appointment_id is None:
        booking_drafts.keep(draft, **form.answers(offer))
    return offer


def _ask(form: BookingForm, draft: BookingDraft, offer: Offer) -> Response:
    return render("patient/book.html", form=form, draft=draft, offer=offer, longest_reason=LONGEST_TEXT)


def _to(endpoint: str, draft: BookingDraft) -> Response:
    return see_other(endpoint, doctor_id=draft.doctor_id, draft_id=draft.public_id)


def _offer_other_times(form: PortalForm, doctor_id: int, near: datetime, draft: BookingDraft | None = None) -> Response:
    """The nearest free times, where a time cannot be had; or the visit, where it is the actor's own that takes it."""
    booked = booking.booked_already(actor(), doctor_id, near)
    if booked is not None:
        flash("You have booked this time already. Here is your appointment.", "notice")
        return see_other("patient.appointment", appointment_id=booked.id)
    others = booking.other_times(actor(), doctor_id, near)
    return render("patient/other_times.html", form=form, others=others, draft=draft)
