"""What staff make of a visit: confirming, declining, starting and completing it, or marking it as missed."""

from __future__ import annotations

from app import policy, unit_of_work
from app.clock import now, to_local
from app.errors import Conflict, Invalid
from app.models import Appointment, VisitState
from app.policy import Actor, Permission
from app.services import audit
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
        call_off(actor, appointment, reason)
        return appointment
    untimely = _untimely(appointment, state)
    if untimely:
        raise Conflict(untimely)
    with unit_of_work.saving():
        appointment.state = state
    audit.record(actor, "appointment.state_set", appointment, patient_id=appointment.patient_id, state=state.value)
    if state is VisitState.CONFIRMED:
        tell(Template.CONFIRMED, appointment)
    return appointment


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
    call_off(actor, appointment, reason)
    return appointment


def _untimely(appointment: Appointment, state: VisitState) -> str | None:
    """Why the clock forbids a step, or None. Doctors may see somebody early, but only on the day."""
    day, today = to_local(appointment.starts_at).date(), to_local(now()).date()
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
