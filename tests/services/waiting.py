"""A doctor with few times, and what became of offers, for the tests of the waiting list."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from app.models import Appointment, Doctor, Message, OfferState, Patient, VisitState, WaitingEntry, WaitingOffer
from app.services import waiting_offers
from tests.factories import AppointmentFactory, DoctorFactory, WaitingEntryFactory, WeeklyHoursFactory
from tests.services.visits import TEN
from tests.support.databases import Database

HALF_HOUR = timedelta(minutes=30)
LATER = TEN + timedelta(days=7)


def publish(doctor: Doctor, first: datetime, slots: int = 1) -> None:
    """Give a doctor so many half hours from a moment on, on that day only."""
    local = first.astimezone(ZoneInfo("Europe/London"))
    WeeklyHoursFactory(
        doctor=doctor,
        weekday=local.weekday(),
        starts=local.time(),
        ends=(local + slots * HALF_HOUR).time(),
        valid_from=local.date(),
        valid_to=local.date(),
    )


def doctor_with_one_early_time() -> tuple[Doctor, Appointment]:
    """A doctor with one time at TEN, which a visit takes, and four half hours from LATER on."""
    doctor = DoctorFactory()
    publish(doctor, TEN)
    publish(doctor, LATER, 4)
    return doctor, AppointmentFactory(doctor=doctor, starts_at=TEN)


def waiting_for_earlier(doctor: Doctor, at: datetime, patient: Patient | None = None, **wish: object) -> WaitingEntry:
    """Somebody with a visit then who waits for an earlier one."""
    whose = {} if patient is None else {"patient": patient}
    return WaitingEntryFactory(visit=AppointmentFactory(doctor=doctor, starts_at=at, **whose), **wish)


def settle(database: Database, doctor: Doctor) -> None:
    """What the job does."""
    with database.unit_of_work():
        waiting_offers.settle(doctor.id)


def cancel(database: Database, visit: Appointment) -> None:
    """Let a visit's time fall free without telling anybody."""
    with database.unit_of_work() as session:
        session.get_one(Appointment, visit.id).state = VisitState.CANCELLED


def run_out(database: Database, offer: WaitingOffer) -> None:
    """Let the time to answer be over."""
    past = offer.offered_at - timedelta(seconds=1)
    with database.unit_of_work() as session:
        session.execute(update(WaitingOffer).where(WaitingOffer.id == offer.id).values(expires_at=past))
        held = (Appointment.id == offer.held_id, Appointment.state == VisitState.HELD)
        session.execute(update(Appointment).where(*held).values(hold_expires_at=past))


def offers(database: Database) -> list[WaitingOffer]:
    """All offers, in order, with what they hold."""
    with database.unit_of_work() as session:
        query = select(WaitingOffer).options(joinedload(WaitingOffer.held)).order_by(WaitingOffer.id)
        return list(session.scalars(query))


def offered(database: Database) -> list[tuple[int, datetime, OfferState]]:
    """To which entry which time was offered, and what became of it."""
    return [(offer.entry_id, offer.held.starts_at, offer.state) for offer in offers(database)]


def told(session: Session, offer: WaitingOffer) -> list[str]:
    """Who is told of an offer by mail."""
    query = select(Message.recipient).where(Message.subject_id == offer.id, Message.template == "waiting_offer")
    return list(session.scalars(query))
