"""Offering times to who waits: a free time is held for the next one whose wish it fits, who is told by mail.

What is offered follows from what is in the database alone: the doctor's free times, and who waits since when. So no
freed time is lost, however it became free: `calendars.freed` only makes a list due at once, which else is looked at
every LOOK_AGAIN. Until a list has been seen to, anybody may book the free time, as always.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from app import unit_of_work
from app.clock import day_bounds, now, to_local
from app.errors import Conflict
from app.extensions import db, settings
from app.models import (
    BLOCKING,
    OPEN,
    Account,
    Appointment,
    Doctor,
    EndReason,
    HalfDay,
    OfferState,
    Patient,
    VisitState,
    WaitingEntry,
    WaitingOffer,
)
from app.policy import Actor
from app.services import appointments, audit, availability, calendars, outbox
from app.services.availability import LONGEST_VISIT, Slot

LOOK_AGAIN = timedelta(minutes=15)
"""How long a list is left alone where nothing is said to have happened: periods end, and the horizon moves on."""

SHORTEST_OFFER = timedelta(minutes=30)
"""A time of which less is left to answer is not offered."""

MOST_OFFERS_A_DAY = 3
"""To one entry in 24 hours: who does not answer neither gets mail all day nor keeps times from others."""

SWEEP_BATCH = 500

WITH_PEOPLE = (
    joinedload(WaitingEntry.patient).joinedload(Patient.manager),
    joinedload(WaitingEntry.doctor).joinedload(Doctor.department),
    joinedload(WaitingEntry.visit),
)
"""Loader options that matching and every page need of an entry."""

_NOON = 12


def due(moment: datetime) -> list[int]:
    """The ids of the doctors whose waiting lists are to be seen to, of SWEEP_BATCH entries, the longest due first."""
    query = select(WaitingEntry.doctor_id).where(WaitingEntry.ended_at.is_(None), WaitingEntry.due_at <= moment)
    return list(dict.fromkeys(db.session.scalars(query.order_by(WaitingEntry.due_at).limit(SWEEP_BATCH))))


def settle(doctor_id: int) -> None:
    """See to a doctor's waiting list: end what is over, and offer what is free, first come first served.

    It does nothing where there is nothing to do, and may run at any time.
    """
    calendars.lock([doctor_id], [])
    waiting = _of_doctor(doctor_id)
    calendars.lock([], [entry.patient_id for entry in waiting])
    moment, waiting = now(), _of_doctor(doctor_id)
    held = open_offers(waiting)
    lost = _lost(doctor_id, held.values())
    booked = _with_visits(doctor_id, waiting)
    present = []
    for entry in waiting:
        offer, reason = held.get(entry.id), _why_over(entry, has_visit=entry.patient_id in booked)
        if reason is not None:
            end(entry, reason)
        elif offer is None or offer.id in lost or not is_at_hand(offer, entry):
            if offer is not None:
                close(offer, OfferState.EXPIRED if offer.expires_at <= moment else OfferState.WITHDRAWN)
            present.append(entry)
    _offer_free_times(doctor_id, present, moment)
    _look_again(doctor_id, moment)


def end(entry: WaitingEntry, reason: EndReason) -> None:
    """Let somebody wait no longer; what is offered is withdrawn. The calendars are locked."""
    entry.ended_at, entry.end_reason = now(), reason
    db.session.flush()
    offer = open_offers([entry]).get(entry.id)
    if offer is not None:
        close(offer, OfferState.WITHDRAWN)


def close(offer: WaitingOffer, state: OfferState) -> None:
    """End an offer, and let go of the time that it holds. The calendars are locked."""
    offer.state, offer.ended_at = state, now()
    calendars.release(Appointment.id == offer.held_id)
    db.session.flush()


def withdraw_lost(doctor_id: int) -> None:
    """Withdraw what is offered at times that the doctor no longer has, since hours or time off were changed.

    Whoever was offered them waits on. The calendars of the doctor and of those patients are locked.
    """
    offers = of_doctor(doctor_id)
    lost = _lost(doctor_id, offers)
    for offer in offers:
        if offer.id in lost:
            close(offer, OfferState.WITHDRAWN)


def of_doctor(doctor_id: int) -> Sequence[WaitingOffer]:
    """What is offered at present of a doctor's times, with what is held."""
    query = select(WaitingOffer).join(WaitingOffer.entry)
    query = query.where(WaitingEntry.doctor_id == doctor_id, WaitingOffer.state == OfferState.OPEN)
    query = query.options(joinedload(WaitingOffer.held)).execution_options(populate_existing=True)
    return db.session.scalars(query).all()


def why_over(entry: WaitingEntry) -> EndReason | None:
    """Why nothing can be offered to an entry, loaded WITH_PEOPLE, any more, or None."""
    return _why_over(entry, has_visit=has_visit(entry))


def is_at_hand(offer: WaitingOffer, entry: WaitingEntry) -> bool:
    """Whether an offer can still be accepted, and its time is still earlier than the visit; asks no query."""
    visit = entry.visit
    return (
        entry.ended_at is None
        and offer.state is OfferState.OPEN
        and offer.held.state is VisitState.HELD
        and offer.expires_at > now()
        and (visit is None or (visit.is_open and offer.held.starts_at < visit.starts_at))
    )


def has_visit(entry: WaitingEntry) -> bool:
    """Whether the patient has a visit to the doctor ahead."""
    return entry.patient_id in _with_visits(entry.doctor_id, [entry])


def fitting_now(entry: WaitingEntry, *, count: int) -> list[datetime]:
    """The next free times (UTC) that somebody who is about to wait could simply take."""
    free = _FreeTimes(entry.doctor_id, [entry.patient_id], now())
    return [slot.starts_at for slot in free.fitting(entry)][:count]


def open_offers(entries: Sequence[WaitingEntry]) -> dict[int, WaitingOffer]:
    """What is offered to these entries at present, by entry."""
    query = select(WaitingOffer).where(
        WaitingOffer.entry_id.in_([entry.id for entry in entries]), WaitingOffer.state == OfferState.OPEN
    )
    query = query.options(joinedload(WaitingOffer.held)).execution_options(populate_existing=True)
    return {offer.entry_id: offer for offer in db.session.scalars(query)}


class _FreeTimes:
    """A doctor's free times that can be offered, and when patients are busy: four statements for all of them."""

    def __init__(self, doctor_id: int, patient_ids: Collection[int], moment: datetime) -> None:
        first, last = availability.earliest() + SHORTEST_OFFER, availability.latest() + timedelta.resolution
        self.slots = availability.free_slots([doctor_id], start=first, end=last)[doctor_id]
        self.busy: Mapping[int, list[tuple[datetime, datetime]]] = defaultdict(list)
        if not self.slots:
            return
        query = select(Appointment.patient_id, Appointment.starts_at, Appointment.ends_at).where(
            Appointment.patient_id.in_(patient_ids),
            Appointment.state.in_(BLOCKING),
            Appointment.starts_at > moment - LONGEST_VISIT,
        )
        for patient_id, starts_at, ends_at in db.session.execute(query):
            self.busy[patient_id].append((starts_at, ends_at))

    def fitting(self, entry: WaitingEntry) -> Iterator[Slot]:
        """The free times that fit an entry's wish, while its patient has nothing else, in order."""
        if entry.visit is None and entry.kind not in appointments.kinds_offered(entry.doctor):
            return
        busy = self.busy[entry.patient_id]
        for slot in self.slots:
            if _fits(entry, slot) and not any(starts < slot.ends_at and slot.starts_at < ends for starts, ends in busy):
                yield slot


def _fits(entry: WaitingEntry, slot: Slot) -> bool:
    local = to_local(slot.starts_at)
    half = HalfDay.MORNING if local.hour < _NOON else HalfDay.AFTERNOON
    return (
        entry.wished_from <= local.date()
        and (entry.wished_until is None or local.date() <= entry.wished_until)
        and (entry.visit is None or slot.starts_at < entry.visit.starts_at)
        and str(local.weekday()) in entry.weekdays
        and entry.half_day in (HalfDay.ANY, half)
    )


def _lost(doctor_id: int, offers: Collection[WaitingOffer]) -> set[int]:
    """The ids of the offers whose time the doctor's hours and time off no longer allow."""
    times = {offer.id: Slot(offer.held.starts_at, offer.held.ends_at) for offer in offers}
    kept = availability.kept_times(doctor_id, times.values())
    return {key for key, time in times.items() if time not in kept}


def _of_doctor(doctor_id: int) -> Sequence[WaitingEntry]:
    """Who waits for a doctor, first come first."""
    query = select(WaitingEntry).where(WaitingEntry.doctor_id == doctor_id, WaitingEntry.ended_at.is_(None))
    query = query.order_by(WaitingEntry.created_at, WaitingEntry.id).options(*WITH_PEOPLE)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def _with_visits(doctor_id: int, entries: Sequence[WaitingEntry]) -> set[int]:
    """The patients of these entries who have a visit to the doctor ahead."""
    query = select(Appointment.patient_id).where(
        Appointment.patient_id.in_([entry.patient_id for entry in entries]),
        Appointment.doctor_id == doctor_id,
        Appointment.state.in_(OPEN),
        Appointment.starts_at > now(),
    )
    return set(db.session.scalars(query))


def _why_over(entry: WaitingEntry, *, has_visit: bool) -> EndReason | None:
    """Why nothing can be offered to an entry any more, or None."""
    account: Account | None = entry.patient.manager
    visit, first = entry.visit, availability.earliest()
    if entry.patient.voided_at is not None or account is None or not account.is_active:
        return EndReason.PATIENT_LEFT
    if not entry.doctor.is_listed:
        return EndReason.DOCTOR_LEFT
    if visit is not None and (not visit.is_open or visit.starts_at <= first):
        return EndReason.VISIT_OVER
    if visit is None and has_visit:
        return EndReason.BOOKED
    if entry.wished_until is not None and day_bounds(entry.wished_until)[1] <= first:
        return EndReason.PERIOD_OVER
    return None


def _offer_free_times(doctor_id: int, waiting: Sequence[WaitingEntry], moment: datetime) -> None:
    if not waiting:
        return
    free = _FreeTimes(doctor_id, [entry.patient_id for entry in waiting], moment)
    if not free.slots:
        return
    former: Mapping[int, dict[datetime, datetime]] = defaultdict(dict)
    query = select(WaitingOffer.entry_id, Appointment.starts_at, WaitingOffer.offered_at).join(WaitingOffer.held)
    for entry_id, starts_at, offered_at in db.session.execute(
        query.where(WaitingOffer.entry_id.in_([entry.id for entry in waiting]))
    ):
        former[entry_id][starts_at] = offered_at
    for entry in waiting:
        lately = [offered_at for offered_at in former[entry.id].values() if offered_at > moment - timedelta(days=1)]
        new = (slot for slot in free.fitting(entry) if slot.starts_at not in former[entry.id])
        slot = next(new, None) if len(lately) < MOST_OFFERS_A_DAY else None
        if slot is not None:
            free.slots.remove(slot)
            _offer(entry, slot, moment)


def _offer(entry: WaitingEntry, slot: Slot, moment: datetime) -> None:
    """Hold a time for somebody who waits, and tell; nothing where the database knows better that it is taken."""
    expires_at = min(moment + timedelta(hours=settings.waiting_offer_hours), appointments.changeable_until(slot))
    held = Appointment(
        patient_id=entry.patient_id,
        doctor_id=entry.doctor_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        kind=entry.kind if entry.visit is None else entry.visit.kind,
        state=VisitState.HELD,
        hold_expires_at=expires_at,
    )
    try:
        with unit_of_work.saving():
            db.session.add(held)
    except Conflict:
        return
    offer = WaitingOffer(entry_id=entry.id, held_id=held.id, offered_at=moment, expires_at=expires_at)
    db.session.add(offer)
    db.session.flush()
    audit.record(Actor(), "waiting.offered", offer, patient_id=entry.patient_id)
    if entry.patient.manager is not None:
        outbox.tell_about_offer(offer, entry.patient.manager)


def _look_again(doctor_id: int, moment: datetime) -> None:
    """Make the list due again: when the first offer runs out, or after a while."""
    runs_out = db.session.scalar(
        select(func.min(WaitingOffer.expires_at))
        .join(WaitingOffer.entry)
        .where(WaitingEntry.doctor_id == doctor_id, WaitingOffer.state == OfferState.OPEN)
    )
    later = moment + LOOK_AGAIN
    db.session.execute(
        update(WaitingEntry)
        .where(WaitingEntry.doctor_id == doctor_id, WaitingEntry.ended_at.is_(None))
        .values(due_at=later if runs_out is None else min(later, runs_out))
    )
