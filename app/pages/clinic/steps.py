"""What a doctor does to a visit with one button, how it is taken back, and how the page speaks of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import url_for

from app.models import Appointment, VisitState
from app.pages.forms import PortalForm
from app.pages.wording import when
from app.policy import Actor
from app.services import appointments, visit_states


@dataclass(frozen=True, slots=True)
class Step:
    """A button: `name` in addresses, `label` on it, and what it makes of a visit (None: it notes the arrival)."""

    name: str
    label: str
    state: VisitState | None
    done: str

    def take(self, actor: Actor, appointment_id: int) -> Appointment:
        """Take a visit this step on, as `visit_states.arrive` or `visit_states.set_state`."""
        if self.state is None:
            return visit_states.arrive(actor, appointment_id)
        return visit_states.set_state(actor, appointment_id, self.state)

    def said(self, visit: Appointment) -> str:
        """The banner once it is done."""
        return self.done.format(patient=visit.patient.name, when=when(visit.starts_at))


STEPS = (
    Step("confirm", "Confirm", VisitState.CONFIRMED, "Confirmed: {patient}, {when}."),
    Step("arrived", "Arrived", None, "Arrived: {patient}, {when}."),
    Step("start", "Start", VisitState.IN_PROGRESS, "Started: {patient}, {when}."),
    Step("complete", "Done", VisitState.COMPLETED, "Completed: {patient}, {when}."),
    Step("missed", "Missed", VisitState.NO_SHOW, "Marked as missed: {patient}, {when}."),
)
"""In the order in which the buttons stand: the usual next step first."""

BY_NAME = {step.name: step for step in STEPS}
UNDONE = "Undone: {patient}, {when}."


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit in a list, with the steps that work now, and where the last one is taken back, if it can be."""

    visit: Appointment
    steps: tuple[Step, ...]
    can_be_declined: bool
    video_address: str | None
    undo_address: str | None

    @property
    def looks(self) -> tuple[object, ...]:
        """The same for two rows that look the same."""
        names = [step.name for step in self.steps]
        return (self.visit.id, self.visit.updated_at, self.visit.patient.name, names, self.undo_address)


def rows(actor: Actor, visits: Iterable[Appointment]) -> list[VisitRow]:
    """The visits, each with its buttons: one statement for all."""
    shown = list(visits)
    addresses = _undo_addresses(actor, shown)
    return [_row(actor, visit, addresses.get(visit.id)) for visit in shown]


def undo_address(actor: Actor, visit: Appointment, *, back: str | None = None) -> str | None:
    """Where the last step of a visit is taken back, if it can be; `back` is the page that then follows."""
    return _undo_addresses(actor, [visit], back=back).get(visit.id)


def _undo_addresses(actor: Actor, visits: list[Appointment], *, back: str | None = None) -> dict[int, str]:
    steps = visit_states.last_steps(visits) if visits else {}
    return {
        visit.id: url_for("clinic.undo_step", appointment_id=visit.id, step_id=steps[visit.id].id, back=back)
        for visit in visits
        if visit.id in steps and visit_states.is_undoable(actor, visit, steps[visit.id])
    }


def _row(actor: Actor, visit: Appointment, undo_address: str | None) -> VisitRow:
    states = visit_states.next_states(actor, visit)
    can_arrive = visit_states.can_arrive(actor, visit)
    steps = tuple(step for step in STEPS if (can_arrive if step.state is None else step.state in states))
    is_declinable = visit_states.is_declinable(actor, visit)
    return VisitRow(visit, steps, is_declinable, appointments.meet_link(visit), undo_address)


def say_which(form: PortalForm, visit: Appointment) -> None:
    """Name the visit in what the form says went wrong: a list shows many."""
    form.form_errors = [f"{visit.patient.name}, {when(visit.starts_at)}: {error}" for error in form.form_errors]
