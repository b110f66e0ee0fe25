"""The waiting list on the patient's pages: asking to be told, the list, an offer, leaving."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, flash
from wtforms import RadioField, SelectMultipleField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from app.clock import now
from app.identity import actor
from app.models import HalfDay, OfferState, VisitKind, WaitingEntry, WaitingOffer
from app.pages.fields import DateInputField
from app.pages.forms import PortalForm
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.pages.wording import visit_kind, when
from app.services import appointment_lists, appointments, waiting_list, waiting_offers
from app.services.appointments import LONGEST_TEXT
from app.services.waiting_list import Wish

ENTRIES_ON_A_PAGE = 10
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class WishForm(PortalForm):
    """When an earlier time would suit."""

    since = DateInputField("Not before", description="Leave it empty if any day from today suits you.")
    half_day = RadioField(
        "Time of day",
        choices={
            HalfDay.ANY.value: "Any time",
            HalfDay.MORNING.value: "Mornings",
            HalfDay.AFTERNOON.value: "Afternoons",
        },
        default=HalfDay.ANY.value,
    )
    weekdays = SelectMultipleField(
        "Days of the week",
        choices={str(number): name for number, name in enumerate(DAYS)},
        description="Choose none if every day suits you.",
    )

    def wish(self) -> Wish:
        """What was entered."""
        return Wish(
            since=self.since.data,
            weekdays=frozenset(map(int, self.weekdays.data or ())),
            half_day=HalfDay(self.half_day.data),
        )


class FirstVisitForm(WishForm):
    """A first visit, as the patient's side would book it, and until when it waits for one."""

    patient = RadioField("Who is the appointment for?", [InputRequired("Choose who the appointment is for.")])
    kind = RadioField("How would you like to be seen?", [InputRequired("Choose in person or video call.")], choices={})
    symptoms = TextAreaField(
        "Reason for the visit",
        [
            DataRequired("Enter the reason for the visit."),
            Length(max=LONGEST_TEXT, message=f"Use {LONGEST_TEXT:,} characters or fewer."),
        ],
        filters=[lambda text: (text or "").replace("\r\n", "\n")],
        description="What is the matter, and since when? Only those who treat you read it.",
    )
    until = DateInputField(
        "Until", [DataRequired("Enter the last day that suits you.")], description="The last day that suits you."
    )

    def wish(self) -> Wish:
        """What was entered."""
        wish = super().wish()
        return Wish(since=wish.since, until=self.until.data, weekdays=wish.weekdays, half_day=wish.half_day)


def show_all() -> Response:
    """Where one waits, with what is offered first."""
    found, paging = paged(
        ENTRIES_ON_A_PAGE, lambda limit, offset: waiting_list.places(actor(), limit=limit, offset=offset)
    )
    return render("patient/waiting_list.html", places=found.rows, paging=paging)


def ask_earlier(appointment_id: int) -> Response:
    """Ask on GET when a time earlier than that of an appointment would suit; on POST join the waiting list."""
    form = WishForm()
    visit = appointment_lists.of_managed_patient(actor(), appointment_id)
    if waiting_list.find(actor(), patient_id=visit.patient_id, doctor_id=visit.doctor_id) is not None:
        return _waits_already()
    is_changeable = appointments.is_changeable(actor(), visit)
    if is_changeable and form.validate_on_submit():
        with form.refusals():
            waiting_list.ask_for_earlier(actor(), appointment_id, form.wish())
            return _joined()
    status = None if is_changeable else HTTPStatus.CONFLICT
    return render("patient/ask_earlier.html", status, form=form, visit=visit, is_changeable=is_changeable)


def ask_first(doctor_id: int) -> Response:
    """Ask on GET for whom, why and until when somebody wants a first visit; on POST join the waiting list."""
    form = FirstVisitForm()
    asking = waiting_list.asking(actor(), doctor_id)
    form.patient.choices = {str(patient.id): patient.name for patient in asking.patients}
    form.kind.choices = {kind.value: visit_kind(kind) for kind in asking.kinds}
    if form.validate_on_submit():
        patient_id = int(form.patient.data)
        if waiting_list.find(actor(), patient_id=patient_id, doctor_id=doctor_id) is not None:
            return _waits_already()
        with form.refusals():
            waiting_list.ask_for_first(
                actor(),
                patient_id=patient_id,
                doctor_id=doctor_id,
                kind=VisitKind(form.kind.data),
                symptoms=form.symptoms.data or "",
                wish=form.wish(),
            )
            return _joined()
    return render("patient/ask_first.html", form=form, asking=asking, longest_reason=LONGEST_TEXT)


def leave(entry_id: int) -> Response:
    """Say on GET what leaving the list means; on POST leave it."""
    form = PortalForm()
    entry = waiting_list.get(actor(), entry_id)
    if entry.ended_at is not None:
        return see_other("patient.waiting_list")
    if form.validate_on_submit():
        waiting_list.leave(actor(), entry_id)
        flash("You are no longer on the waiting list.")
        return see_other("patient.waiting_list")
    return render("patient/leave_waiting_list.html", form=form, entry=entry)


def show_offer(offer_id: int) -> Response:
    """A time that is held: what accepting does. Opening the page changes nothing."""
    return _offer(waiting_list.offer(actor(), offer_id))


def accept(offer_id: int) -> Response:
    """Take the time that is offered. Taking it twice leads to the same visit."""
    form = PortalForm()
    offer = waiting_list.offer(actor(), offer_id)
    is_move = offer.entry.visit_id is not None
    if offer.state is not OfferState.ACCEPTED and form.validate_on_submit():
        with form.refusals():
            visit = waiting_list.accept(actor(), offer_id)
            if not is_move:
                return see_other("patient.booked", appointment_id=visit.id)
            flash(f"Your appointment is moved to {when(visit.starts_at)}.")
            return see_other("patient.appointment", appointment_id=visit.id)
    return _offer(waiting_list.offer(actor(), offer_id), can_be_had=form.refusal is None)


def decline(offer_id: int) -> Response:
    """Let the next one have the time, and wait on."""
    form = PortalForm()
    if form.validate_on_submit():
        with form.refusals():
            waiting_list.decline(actor(), offer_id)
            flash("You have declined that time. You are still on the waiting list.")
            return see_other("patient.waiting_list")
    return _offer(waiting_list.offer(actor(), offer_id))


def _offer(offer: WaitingOffer, *, can_be_had: bool = True) -> Response:
    entry: WaitingEntry = offer.entry
    if offer.state is OfferState.ACCEPTED and entry.visit_id is not None:
        return see_other("patient.appointment", appointment_id=entry.visit_id)
    is_at_hand = can_be_had and waiting_offers.is_at_hand(offer, entry)
    return render(
        "patient/waiting_offer.html",
        None if is_at_hand else HTTPStatus.CONFLICT,
        offer=offer,
        entry=entry,
        is_at_hand=is_at_hand,
        has_run_out=offer.state in (OfferState.OPEN, OfferState.EXPIRED) and offer.expires_at <= now(),
    )


def _joined() -> Response:
    flash("You are on the waiting list. We will e-mail you when an earlier time becomes free.")
    return see_other("patient.waiting_list")


def _waits_already() -> Response:
    flash("You are on this waiting list already.", "notice")
    return see_other("patient.waiting_list")
