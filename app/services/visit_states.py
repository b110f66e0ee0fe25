"""What staff make of a visit: arrived, confirmed, declined, started, completed, missed; and taking such a step back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select

from app import policy, unit_of_work
from app.clock import local_today, now, to_local
from app.errors import Conflict, Invalid, NotFound, Outdated
from app.extensions import db
from app.models import Appointment, VisitState, VisitStep
from app.policy import Actor, Permission
from app.services import audit, outbox, reminders
from app.services.appointments import STATE_WORDS, acts_as_staff, call_off, take, tell
from app.services.outbox import Template

LONGEST_REASON = 500

NEXT: dict[VisitState, frozenset[VisitState]] = {
    VisitState.PENDING: frozenset({VisitState.CONFIRMED, VisitState.IN_PROGRESS, VisitState.CANCELLED}),
    VisitState.CONFIRMED: frozenset(
        {VisitState.IN_PROGRESS, VisitState.COMPLETED, VisitState.NO_SHOW, VisitState.CANCELLED}
    ),
    VisitState.IN_PROGRESS: frozenset({VisitState.COMPLETED}),
}
"""What staff may make of a visit in each state; nothing follows the states that are not here."""


def set_state(actor: Actor, appointment_id: int, state: VisitState, *, reason: str = "") -> Appointment:
    """Confirm, start, complete, mark as missed, or cancel a visit, as its doctor or an admin.

    The state that it has already changes nothing. Raises NotFound, Forbidden from the patient's side, and Conflict
    for a step that NEXT does not list or that comes too early or too late.
    """
    appointment = take(actor, appointment_id)
    policy.require(actor, Permission.CHANGE_AS_STAFF, appointment)
    if appointment.state is state:
        return appointment
    if state not in NEXT.get(appointment.state, frozenset()):
        message = f"The appointment is {STATE_WORDS[appointment.state]}: it cannot be {STATE_WORDS[state]} now."
        raise Conflict(message)
    if state is VisitState.CANCELLED:
        is_request = appointment.state is VisitState.PENDING
        call_off(actor, appointment, reason, Template.DECLINED if is_request else Template.CANCELLED)
        return appointment
    untimely = _untimely(appointment, state)
    if untimely:
        raise Conflict(untimely)
    _note_step(appointment, state)
    with unit_of_work.saving():
        appointment.state = state
    audit.record(actor, "appointment.state_set", appointment, patient_id=appointment.patient_id, state=state.value)
    if state is VisitState.CONFIRMED:
        tell(actor, Template.CONFIRMED, appointment)
    return appointment


def arrive(actor: Actor, appointment_id: int) -> Appointment:
    """Note that the patient is here and waits; a second time changes nothing.

    Raises NotFound, Forbidden from the patient's side, and Conflict on another day than that of the visit, or for one
    that is not to come any more.
    """
    appointment = take(actor, appointment_id)
    policy.require(actor, Permission.CHANGE_AS_STAFF, appointment)
    if appointment.arrived_at is not None:
        return appointment
    if not appointment.is_open:
        raise Conflict(f"The appointment is {STATE_WORDS[appointment.state]}: its patient cannot be marked as arrived.")
    if not _is_today(appointment.starts_at):
        raise Conflict("A patient can be marked as arrived only on the day of the appointment.")
    _note_step(appointment, appointment.state)
    appointment.arrived_at = now()
    db.session.flush()
    audit.record(actor, "appointment.arrived", appointment, patient_id=appointment.patient_id)
    return appointment


def can_arrive(actor: Actor, appointment: Appointment) -> bool:
    """Whether `arrive` would change something for this actor now: for showing the button; asks no query."""
    is_expected = appointment.is_open and appointment.arrived_at is None and _is_today(appointment.starts_at)
    return is_expected and acts_as_staff(actor, appointment)


def next_states(actor: Actor, appointment: Appointment) -> frozenset[VisitState]:
    """What set_state would make of the visit for this actor now: for showing the buttons; asks no query."""
    if not acts_as_staff(actor, appointment):
        return frozenset()
    following = NEXT.get(appointment.state, frozenset())
    return frozenset(state for state in following if _untimely(appointment, state) is None)


def is_declinable(actor: Actor, appointment: Appointment) -> bool:
    """Whether `decline` works for this actor: for showing the link; asks no query."""
    return appointment.state is VisitState.PENDING and acts_as_staff(actor, appointment)


def decline(actor: Actor, appointment_id: int, *, reason: str) -> Appointment:
    """Cancel a request that waits for confirmation, and tell the patient's side; the same answer again changes nothing.

    Raises NotFound, Forbidden from the patient's side, Invalid without a reason or with one of over LONGEST_REASON
    characters, and Conflict for a visit that no longer waits.
    """
    appointment = take(actor, appointment_id)
    policy.require(actor, Permission.CHANGE_AS_STAFF, appointment)
    reason = reason.strip()
    if not reason:
        raise Invalid("Enter the reason for declining.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"Use {LONGEST_REASON} characters or fewer.", field="reason")
    if (appointment.state, appointment.cancel_reason) == (VisitState.CANCELLED, reason):
        return appointment
    if appointment.state is not VisitState.PENDING:
        raise Conflict(f"The appointment is {STATE_WORDS[appointment.state]} already: it cannot be declined.")
    call_off(actor, appointment, reason, Template.DECLINED)
    return appointment


def undo(actor: Actor, appointment_id: int, step_id: int) -> Appointment:
    """Take back a visit's last step, on the day it was taken; taking it back a second time changes nothing.

    The patient's side is told of an undone confirmation unless the mail that told of it has not gone out: it is
    then withdrawn. Raises NotFound, Forbidden from the patient's side, Outdated where the visit was changed since,
    and Conflict on another day, or where another visit has taken the time of one that was marked as missed.
    """
    appointment = take(actor, appointment_id)
    policy.require(actor, Permission.CHANGE_AS_STAFF, appointment)
    step = policy.fetch(actor, VisitStep, step_id)
    if step.appointment_id != appointment.id:
        raise NotFound
    if step.undone_at is not None and _is_as_before(appointment, step):
        return appointment
    if last_steps([appointment]).get(appointment.id) is not step or not _is_as_after(appointment, step):
        raise Outdated("The appointment was changed meanwhile: that step cannot be undone any more.")
    if not _is_fresh(appointment, step):
        raise Conflict("It is too late to undo that step: that is possible on the same day only.")
    try:
        with unit_of_work.saving():
            appointment.state, appointment.arrived_at = step.state_before, step.arrived_before
            step.undone_at = now()
    except Conflict as taken:
        state = STATE_WORDS[step.state_after]
        message = (
            f"Another appointment has this time now. The visit stays {state}: agree on a new time with the patient."
        )
        raise Conflict(message) from taken
    if (step.state_before, step.state_after) == (VisitState.PENDING, VisitState.CONFIRMED):
        _take_back_word(actor, appointment)
    audit.record(
        actor, "appointment.step_undone", appointment, patient_id=appointment.patient_id, state=appointment.state.value
    )
    return appointment


def last_steps(appointments: Iterable[Appointment]) -> Mapping[int, VisitStep]:
    """The last step taken with each visit, whoever took it, of those that were not taken back: one statement."""
    keys = [appointment.id for appointment in appointments]
    taken = select(VisitStep).where(VisitStep.appointment_id.in_(keys), VisitStep.undone_at.is_(None))
    return {step.appointment_id: step for step in db.session.scalars(taken.order_by(VisitStep.id))}


def is_undoable(actor: Actor, appointment: Appointment, last_step: VisitStep) -> bool:
    """Whether `undo` works for this actor, as far as the visit tells: for showing the button; asks no query."""
    is_last = _is_as_after(appointment, last_step) and _is_fresh(appointment, last_step)
    return is_last and acts_as_staff(actor, appointment)


def _note_step(appointment: Appointment, state: VisitState) -> None:
    """Keep what a visit is like before it is taken on to a state, for `undo`."""
    step = VisitStep(
        appointment_id=appointment.id,
        state_before=appointment.state,
        state_after=state,
        arrived_before=appointment.arrived_at,
        version=appointment.version,
    )
    db.session.add(step)


def _is_as_after(appointment: Appointment, step: VisitStep) -> bool:
    return (appointment.state, appointment.version) == (step.state_after, step.version)


def _is_as_before(appointment: Appointment, step: VisitStep) -> bool:
    return (appointment.state, appointment.arrived_at) == (step.state_before, step.arrived_before)


def _is_fresh(appointment: Appointment, step: VisitStep) -> bool:
    """Whether a step may still be a slip: taken today, with a visit of today or to come."""
    return _is_today(step.at) and to_local(appointment.starts_at).date() >= local_today()


def _take_back_word(actor: Actor, appointment: Appointment) -> None:
    """Have the patient's side know that a visit waits again: another version, so that no reminder of it remains."""
    manager = appointment.patient.manager
    was_told = manager is not None and not outbox.withdraw_about_visit(Template.CONFIRMED, appointment, manager)
    appointment.version += 1
    db.session.flush()
    if was_told:
        tell(actor, Template.UNCONFIRMED, appointment)
    elif manager is not None:
        reminders.follow(appointment, manager)


def _is_today(moment: datetime) -> bool:
    return to_local(moment).date() == local_today()


def _untimely(appointment: Appointment, state: VisitState) -> str | None:
    """Why the clock forbids a step, or None. Doctors may see somebody early, but only on the day."""
    day, today = to_local(appointment.starts_at).date(), local_today()
    is_to_come = {
        VisitState.IN_PROGRESS: day > today,
        VisitState.COMPLETED: day > today,
        VisitState.NO_SHOW: appointment.starts_at > now(),
    }
    if is_to_come.get(state):
        return f"The appointment is still to come: it cannot be {STATE_WORDS[state]} yet."
    if state is VisitState.CONFIRMED and day < today:
        return "The day of the appointment has passed: it cannot be confirmed any more."
    return None
