"""What a doctor does to a visit with one button, and how the page speaks of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.models import Appointment, VisitState
from app.pages.forms import PortalForm
from app.pages.wording import when
from app.policy import Actor
from app.services import appointments, visit_states


@dataclass(frozen=True, slots=True)
class Step:
    """A button: `name` in addresses, `label` on it, and what it makes of a visit."""

    name: str
    label: str
    state: VisitState
    done: str

    def said(self, visit: Appointment) -> str:
        """The banner once it is done."""
        return self.done.format(patient=visit.patient.name, when=when(visit.starts_at))


STEPS = (
    Step("confirm", "Confirm", VisitState.CONFIRMED, "Confirmed: {patient}, {when}."),
    Step("start", "Start", VisitState.IN_PROGRESS, "Started: {patient}, {when}."),
    Step("complete", "Complete", VisitState.COMPLETED, "Completed: {patient}, {when}."),
    Step("missed", "Missed", VisitState.NO_SHOW, "Marked as missed: {patient}, {when}."),
)
"""In the order in which the buttons stand: the usual next step first."""

BY_NAME = {step.name: step for step in STEPS}


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit in a list, with the steps that work now."""

    visit: Appointment
    steps: tuple[Step, ...]
    can_be_declined: bool
    video_address: str | None


def rows(actor: Actor, visits: Iterable[Appointment]) -> list[VisitRow]:
    """The visits, each with its buttons."""
    return [_row(actor, visit) for visit in visits]


def _row(actor: Actor, visit: Appointment) -> VisitRow:
    states = visit_states.next_states(actor, visit)
    steps = tuple(step for step in STEPS if step.state in states)
    return VisitRow(visit, steps, visit_states.is_declinable(actor, visit), appointments.meet_link(visit))


def say_which(form: PortalForm, visit: Appointment) -> None:
    """Name the visit in what the form says went wrong: a list shows many."""
    form.form_errors = [f"{visit.patient.name}, {when(visit.starts_at)}: {error}" for error in form.form_errors]
