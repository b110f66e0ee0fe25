"""Cancelling many visits at once: a patient is voided, a doctor leaves or takes time off, the hospital is closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm.attributes import set_committed_value

from app.clock import now
from app.extensions import db
from app.models import OPEN, Account, Appointment, VisitState, WaitingEntry
from app.policy import Actor
from app.services import audit, calendars, outbox, reminders
from app.services.appointments import LONGEST_TEXT, WITH_PEOPLE
from app.services.outbox import Template


def coming(*, patient_id: int | None = None, doctor_id: int | None = None) -> Select[Appointment]:
    """The open visits of a patient, or of a doctor, that are not over: what `cancel_coming` cancels, by key."""
    still_to_come = (Appointment.state.in_(OPEN), Appointment.ends_at > now())
    return select(Appointment).where(_of(patient_id, doctor_id), *still_to_come).order_by(Appointment.id)


def cancel_coming(
    actor: Actor, *, patient_id: int | None = None, doctor_id: int | None = None, reason: str = ""
) -> list[Appointment]:
    """Cancel every visit of a patient, or of a doctor, that is still to come; each patient's side is told.

    No cutoff stands in the way, and whether the actor may is for the caller to ask. Times held for a patient or by a
    doctor are released. A visit that is over stays as it is, although nobody has marked it as completed: it may have
    taken place. The calendars stay locked until the unit of work ends.
    """
    query = coming(patient_id=patient_id, doctor_id=doctor_id)
    pairs = db.session.execute(query.with_only_columns(Appointment.doctor_id, Appointment.patient_id)).all()
    doctors, patients = {doctor for doctor, _ in pairs}, {patient for _, patient in pairs}
    doctors |= set() if doctor_id is None else {doctor_id}
    patients |= set() if patient_id is None else {patient_id}
    calendars.lock(sorted(doctors), sorted(patients))
    visits = list(db.session.scalars(query.options(*WITH_PEOPLE).execution_options(populate_existing=True)))
    call_off(actor, visits, reason, leaves=doctor_id is not None)
    calendars.release(_of(patient_id, doctor_id))
    waits = (WaitingEntry.ended_at.is_(None), _of(patient_id, doctor_id, WaitingEntry))
    for waited_for in db.session.scalars(select(WaitingEntry.doctor_id).where(*waits).distinct()).all():
        calendars.freed(waited_for)
    return visits


def call_off(actor: Actor, visits: Collection[Appointment], reason: str, *, leaves: bool = False) -> None:
    """Cancel visits, loaded WITH_PEOPLE, whose calendars are locked, as `appointments.call_off` does each.

    A doctor gets one mail about all of them, and one who `leaves` none. The number of statements hardly grows with
    that of the visits: thousands take a second or two (docs/performance.md).
    """
    if not visits:
        return
    db.session.flush()
    moment = now()
    values = {"state": VisitState.CANCELLED, "cancelled_at": moment, "updated_at": moment}
    values |= {"cancel_reason": reason.strip()[:LONGEST_TEXT]}
    theirs = update(Appointment).where(Appointment.id.in_([visit.id for visit in visits]))
    theirs = theirs.execution_options(synchronize_session=False)  # we know better, and several times quicker
    db.session.execute(theirs.values(**values, version=Appointment.version + 1))
    for visit in visits:
        for name, value in (*values.items(), ("version", visit.version + 1)):
            set_committed_value(visit, name, value)
    calendars.freed_of({visit.doctor_id for visit in visits})
    keys, patients = zip(*((visit.id, visit.patient_id) for visit in visits), strict=True)
    audit.record_all(actor, "appointment.cancelled", Appointment, keys, patients=patients)
    told = [(visit, visit.patient.manager) for visit in visits if visit.patient.manager is not None]
    outbox.tell_about_visits(Template.CANCELLED, told)
    reminders.drop(told)
    if not leaves:
        _tell_doctors(actor, visits)


def called_off_with(visit: Appointment) -> Sequence[datetime]:
    """The times of a doctor's visits that one act cancelled, in order: of this visit, and of the others."""
    same = (Appointment.doctor_id == visit.doctor_id, Appointment.cancelled_at == visit.cancelled_at)
    times = select(Appointment.starts_at).where(*same, Appointment.state == VisitState.CANCELLED)
    return db.session.scalars(times.order_by(Appointment.starts_at)).all()


def _tell_doctors(actor: Actor, visits: Collection[Appointment]) -> None:
    lost: dict[int, list[Appointment]] = defaultdict(list)
    for visit in visits:
        if visit.doctor.account_id not in (None, actor.account_id):
            lost[visit.doctor.account_id].append(visit)
    told: dict[Template, list[tuple[Appointment, Account]]] = defaultdict(list)
    for account in db.session.scalars(select(Account).where(Account.id.in_(lost))):
        first, *others = lost[account.id]
        told[Template.CLINIC_CALLED_OFF if others else Template.CLINIC_CANCELLED].append((first, account))
    for template, about in told.items():
        outbox.tell_about_visits(template, about)


def _of(
    patient_id: int | None, doctor_id: int | None, model: type[Appointment | WaitingEntry] = Appointment
) -> ColumnElement[bool]:
    return model.doctor_id == doctor_id if patient_id is None else model.patient_id == patient_id
