"""The waiting list from the patient's side: asking for an earlier time, answering offers, waiting no longer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import exists, not_, or_
from sqlalchemy.orm import joinedload

from app import policy, unit_of_work
from app.clock import local_today, now, to_local
from app.errors import Conflict, Forbidden, Invalid
from app.extensions import db
from app.models import (
    EVERY_DAY,
    Appointment,
    Doctor,
    EndReason,
    HalfDay,
    OfferState,
    Patient,
    VisitKind,
    WaitingEntry,
    WaitingOffer,
)
from app.policy import Actor, Permission
from app.services import appointment_lists, appointments, audit, calendars, patients, waiting_offers
from app.services.listing import Listing, listing
from app.services.waiting_offers import LOOK_AGAIN, WITH_PEOPLE

LONGEST_WAIT = timedelta(days=366)
KEPT_IN_LIST = timedelta(days=30)
"""How long an entry that has ended is still shown, with the reason."""

FREE_TIMES_SHOWN = 6
ENDED = "This offer has ended."
HAS_FREE_TIMES = "There are free times that fit already. Choose one of them, or narrow down when you can come."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """When an earlier time would suit: hospital-local dates, both included, None for as soon as possible.

    `weekdays`: 0 is Monday; none named means every day. `until` counts for a first visit only.
    """

    since: date | None = None
    until: date | None = None
    weekdays: Collection[int] = field(default_factory=frozenset)
    half_day: HalfDay = HalfDay.ANY


class Place(NamedTuple):
    """An entry, and what is offered at present; None for nothing."""

    entry: WaitingEntry
    offer: WaitingOffer | None


class Asking(NamedTuple):
    """What there is to choose for somebody who wants a first visit to a doctor."""

    doctor: Doctor
    patients: Sequence[Patient]
    kinds: tuple[VisitKind, ...]


def ask_for_earlier(actor: Actor, appointment_id: int, wish: Wish) -> WaitingEntry:
    """Wait for a time earlier than that of a visit of a patient whom the actor manages.

    Raises NotFound for any other visit, Invalid for a wish that no earlier time can fit, and Conflict where the visit
    can no longer be moved, the patient waits already, or, with these times, where fitting ones are free.
    """
    appointment_lists.of_managed_patient(actor, appointment_id)
    visit = appointments.take(actor, appointment_id)
    if not appointments.is_changeable(actor, visit):
        raise Conflict("This appointment can no longer be moved.")
    since = wish.since or local_today()
    if since > to_local(visit.starts_at).date():
        raise Invalid("Your appointment is before that day. Choose an earlier day.", field="since")
    entry = _entry(visit.patient, visit.doctor, wish, since=since, until=None, kind=visit.kind)
    entry.visit_id, entry.visit = visit.id, visit
    return _join(actor, entry)


def ask_for_first(
    actor: Actor, *, patient_id: int, doctor_id: int, kind: VisitKind, symptoms: str, wish: Wish
) -> WaitingEntry:
    """Wait for a first visit to a doctor, for a patient whom the actor manages, within the wished days.

    Raises NotFound for a patient or doctor outside the actor's view, Forbidden for a patient whom the actor does not
    manage, Invalid for what could not be booked and for days that cannot be, and Conflict where the patient waits or
    has a visit to that doctor already, or, with these times, where fitting ones are free.
    """
    patient = policy.fetch(actor, Patient, patient_id, appointments.WITH_MANAGER)
    policy.require(actor, Permission.WAIT_FOR_PATIENT, patient)
    doctor = appointments.bookable_doctor(actor, doctor_id)
    appointments.check(doctor, symptoms, kind)
    today, until = local_today(), wish.until
    since = wish.since or today
    if until is None or not today <= until <= today + LONGEST_WAIT:
        raise Invalid("Choose a day within the next year.", field="until")
    if since > until:
        raise Invalid("The last day must not be before the first day.", field="until")
    calendars.lock([doctor.id], [patient.id])
    entry = _entry(patient, doctor, wish, since=since, until=until, kind=kind)
    entry.symptoms = symptoms.strip()
    return _join(actor, entry)


def asking(actor: Actor, doctor_id: int) -> Asking:
    """For whom and how somebody can wait for a first visit. Raises Unauthorized, NotFound, and Forbidden for nobody."""
    policy.require(actor, Permission.BOOK)
    doctor = appointments.bookable_doctor(actor, doctor_id)
    people = patients.managed(actor)
    if not people:
        raise Forbidden("There is nobody in your account to book for. Ask the hospital to add you as a patient.")
    return Asking(doctor, people, appointments.kinds_offered(doctor))


def leave(actor: Actor, entry_id: int) -> None:
    """Wait no longer; what is offered goes to the next one. Leaving twice changes nothing. Raises NotFound."""
    seen = get(actor, entry_id)
    calendars.lock([seen.doctor_id], [seen.patient_id])
    entry = policy.fetch(actor, WaitingEntry, entry_id, *WITH_PEOPLE, lock=True)
    if entry.ended_at is not None:
        return
    waiting_offers.end(entry, EndReason.LEFT)
    calendars.freed(entry.doctor_id)
    audit.record(actor, "waiting.left", entry, patient_id=entry.patient_id)


def accept(actor: Actor, offer_id: int) -> Appointment:
    """Take the time that is offered: the visit is moved there, or a first one is booked, by the rules of doing so.

    Accepting what is accepted already gives the same visit. Raises NotFound, and Conflict for an offer that has ended
    and for a time that can no longer be had.
    """
    offer = _take(actor, offer_id)
    entry = offer.entry
    if offer.state is OfferState.ACCEPTED and entry.visit_id is not None:
        return appointment_lists.get(actor, entry.visit_id)
    if not waiting_offers.is_at_hand(offer, entry):
        raise Conflict(ENDED)
    with db.session.begin_nested():  # what is refused leaves the offer as it was, for the page to show
        waiting_offers.close(offer, OfferState.ACCEPTED)
        visit = _move_or_book(actor, entry, offer.held.starts_at)
        entry.visit_id = visit.id
        waiting_offers.end(entry, EndReason.ACCEPTED)
        audit.record(actor, "waiting.accepted", offer, patient_id=entry.patient_id)
    return visit


def decline(actor: Actor, offer_id: int) -> None:
    """Let the next one have the time, and wait on. Declining twice changes nothing.

    Raises NotFound, and Conflict for an offer that has ended otherwise.
    """
    offer = _take(actor, offer_id)
    if offer.state is OfferState.DECLINED:
        return
    if offer.state is not OfferState.OPEN:
        raise Conflict(ENDED)
    waiting_offers.close(offer, OfferState.DECLINED)
    calendars.freed(offer.entry.doctor_id)
    audit.record(actor, "waiting.declined", offer, patient_id=offer.entry.patient_id)


def get(actor: Actor, entry_id: int) -> WaitingEntry:
    """An entry with its people. Raises NotFound."""
    return policy.fetch(actor, WaitingEntry, entry_id, *WITH_PEOPLE)


def find(actor: Actor, *, patient_id: int, doctor_id: int) -> WaitingEntry | None:
    """The entry by which a patient waits for a doctor at present."""
    entry = _not_ended(actor, patient_id, doctor_id)
    return entry if entry is not None and waiting_offers.why_over(entry) is None else None


def offer(actor: Actor, offer_id: int) -> WaitingOffer:
    """An offer with its entry, its people and the time that it holds. Raises NotFound."""
    return policy.fetch(actor, WaitingOffer, offer_id, *_WITH_ALL)


def places(actor: Actor, *, limit: int, offset: int) -> Listing[Place]:
    """Where the actor's patients wait, offers at hand first, then who waits longest, then what has ended lately.

    Three statements.
    """
    moment = now()
    has_offer = exists().where(
        WaitingOffer.entry_id == WaitingEntry.id,
        WaitingOffer.state == OfferState.OPEN,
        WaitingOffer.expires_at > moment,
    )
    query = (
        policy.visible(actor, WaitingEntry)
        .where(or_(WaitingEntry.ended_at.is_(None), WaitingEntry.ended_at > moment - KEPT_IN_LIST))
        .order_by(
            WaitingEntry.ended_at.is_not(None),
            not_(has_offer),
            WaitingEntry.ended_at.desc(),
            WaitingEntry.created_at,
            WaitingEntry.id,
        )
    )
    found = listing(query, *WITH_PEOPLE, limit=limit, offset=offset)
    offers = waiting_offers.open_offers(found.rows)
    at_hand = {key: offer for key, offer in offers.items() if offer.expires_at > moment}
    return found.map(lambda entry: Place(entry, at_hand.get(entry.id)))


_WITH_ALL = (joinedload(WaitingOffer.held), joinedload(WaitingOffer.entry).options(*WITH_PEOPLE))


def _not_ended(actor: Actor, patient_id: int, doctor_id: int) -> WaitingEntry | None:
    query = policy.visible(actor, WaitingEntry).where(
        WaitingEntry.patient_id == patient_id, WaitingEntry.doctor_id == doctor_id, WaitingEntry.ended_at.is_(None)
    )
    return db.session.scalars(query.options(*WITH_PEOPLE)).one_or_none()


def _take(actor: Actor, offer_id: int) -> WaitingOffer:
    """The offer as it is once both calendars are locked. Raises NotFound."""
    seen = offer(actor, offer_id)
    calendars.lock([seen.entry.doctor_id], [seen.entry.patient_id])
    return policy.fetch(actor, WaitingOffer, offer_id, *_WITH_ALL, lock=True)


def _move_or_book(actor: Actor, entry: WaitingEntry, starts_at: datetime) -> Appointment:
    if entry.visit_id is not None:
        return appointments.move(actor, entry.visit_id, starts_at=starts_at)
    return appointments.book(
        actor,
        patient_id=entry.patient_id,
        doctor_id=entry.doctor_id,
        starts_at=starts_at,
        kind=entry.kind,
        symptoms=entry.symptoms,
    )


def _entry(
    patient: Patient, doctor: Doctor, wish: Wish, *, since: date, until: date | None, kind: VisitKind
) -> WaitingEntry:
    days = "".join(day for day in EVERY_DAY if int(day) in wish.weekdays)
    return WaitingEntry(
        patient_id=patient.id,
        patient=patient,
        doctor_id=doctor.id,
        doctor=doctor,
        kind=kind,
        wished_from=since,
        wished_until=until,
        weekdays=days or EVERY_DAY,
        half_day=wish.half_day,
    )


def _join(actor: Actor, entry: WaitingEntry) -> WaitingEntry:
    """Save a new entry; the calendars are locked."""
    patient, doctor = entry.patient, entry.doctor
    former = _not_ended(actor, patient.id, doctor.id)
    reason = waiting_offers.why_over(former) if former is not None else None
    if former is not None and reason is None:
        raise Conflict(f"{patient.name} is on the waiting list of {doctor.name} already.")
    if former is not None and reason is not None:
        waiting_offers.end(former, reason)
    if entry.visit_id is None and waiting_offers.has_visit(entry):
        message = f"{patient.name} has an appointment with {doctor.name} already. Ask for an earlier time on its page."
        raise Conflict(message)
    free = waiting_offers.fitting_now(entry, count=FREE_TIMES_SHOWN)
    if free:
        raise Conflict(HAS_FREE_TIMES, alternatives=free)
    entry.due_at = now() + LOOK_AGAIN
    with unit_of_work.saving():
        db.session.add(entry)
    audit.record(actor, "waiting.joined", entry, patient_id=patient.id)
    return entry
