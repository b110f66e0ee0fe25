"""The hospital's diary while visits are entered: who is where when, and what each visit's row says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.clock import from_local, to_local
from app.demo import texts
from app.demo.cases import CASES, Case
from app.demo.doctors import Practitioner
from app.demo.patients import Enrolment
from app.demo.rows import Row, chance, some, write
from app.demo.timetable import Slot, Timetable
from app.models import Appointment, VisitKind, VisitState

VERSIONS = {
    VisitState.PENDING: 1,
    VisitState.CONFIRMED: 2,
    VisitState.CANCELLED: 2,
    VisitState.IN_PROGRESS: 3,
    VisitState.NO_SHOW: 3,
    VisitState.COMPLETED: 4,
}
"""How often a visit in this state has been changed, plus one."""


@dataclass(slots=True, kw_only=True)
class Visit:
    """One visit; `appointment_id` is set when the diary is written."""

    doctor: Practitioner
    patient: Enrolment
    slot: Slot
    state: VisitState
    case: Case
    row: Row
    appointment_id: int = 0


class Diary:
    """All visits, one a slot of a doctor and one a day of a patient, so that none overlap."""

    def __init__(
        self, timetables: dict[int, Timetable], *, times: dict[time, int], admin_id: int | None, moment: datetime
    ) -> None:
        self.moment = moment
        self.now = to_local(moment).replace(tzinfo=None)
        self.today = self.now.date()
        self.visits: list[Visit] = []
        self._timetables = timetables
        self._times = times
        self._admin_id = admin_id
        self._random = chance("diary")
        self._taken: set[tuple[int, datetime]] = set()
        self._cases: dict[tuple[int, str], list[Case]] = {}
        self._days: set[tuple[int, date]] = set()

    def day(self, offset: int) -> date:
        """The date so many days from today."""
        return self.today + timedelta(days=offset)

    def slots(self, doctor: Practitioner, day: date) -> list[Slot]:
        """A doctor's slots of a day that nobody has, in order."""
        return [
            slot
            for slot in self._timetables[doctor.doctor_id].slots(day)
            if (doctor.doctor_id, slot.starts) not in self._taken
        ]

    def first_slot(self, doctor: Practitioner, offsets: Iterable[int]) -> Slot:
        """A free slot in the middle of the first day, of those so many days from today, on which the doctor works."""
        for offset in offsets:
            free = self.slots(doctor, self.day(offset))
            if free:
                return free[len(free) // 2]
        message = f"{doctor.name} works on none of these days."
        raise LookupError(message)

    def is_free(self, patient: Enrolment, day: date) -> bool:
        """Whether a patient has no visit on that day."""
        return (patient.patient_id, day) not in self._days

    def enter(
        self,
        doctor: Practitioner,
        patient: Enrolment,
        slot: Slot,
        state: VisitState,
        *,
        kind: VisitKind | None = None,
    ) -> Visit:
        """Put a visit into a free slot; what it is about is drawn, and its kind where it is not given."""
        self._taken.add((doctor.doctor_id, slot.starts))
        self._days.add((patient.patient_id, slot.starts.date()))
        case = self._case(doctor, patient)
        row = self._row(doctor, patient, slot, state=state, case=case) | {"kind": kind or self._kind(doctor)}
        visit = Visit(doctor=doctor, patient=patient, slot=slot, state=state, case=case, row=row)
        self.visits.append(visit)
        return visit

    def write(self) -> None:
        """Save all visits, oldest booking first."""
        self.visits.sort(key=lambda visit: visit.row["created_at"])
        keys = write(Appointment, (visit.row for visit in self.visits))
        for visit, key in zip(self.visits, keys, strict=True):
            visit.appointment_id = key

    def _row(self, doctor: Practitioner, patient: Enrolment, slot: Slot, *, state: VisitState, case: Case) -> Row:
        random = self._random
        starts_at, ends_at = from_local(slot.starts), from_local(slot.ends)
        booked_by = patient.manager.account_id if patient.manager else self._admin_id
        agreed = patient.manager is not None
        if agreed and state is not VisitState.PENDING and doctor.person.account_id and some(random, 0.05):
            booked_by, agreed = doctor.person.account_id, False
        latest = min(starts_at - timedelta(hours=3), self.moment - timedelta(minutes=random.randint(4, 2000)))
        created_at = latest - timedelta(minutes=random.randrange(14 * 24 * 60))
        cancelled_at = created_at + (latest - created_at) * random.random() if state is VisitState.CANCELLED else None
        by_catalogue = some(random, 0.3)
        changed_at = {
            VisitState.PENDING: created_at,
            VisitState.CONFIRMED: min(created_at + timedelta(minutes=random.randint(20, 1800)), self.moment),
        }.get(state, min(ends_at, self.moment))
        return {
            "patient_id": patient.patient_id,
            "doctor_id": doctor.doctor_id,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "state": state,
            "symptoms": random.choice(case.reasons),
            "available_time_id": self._times.get(slot.starts.time()) if by_catalogue else None,
            "patient_agreed": agreed,
            "overbooked": False,
            "hold_expires_at": None,
            "cancel_reason": random.choice(texts.CANCEL_REASONS) if cancelled_at else "",
            "cancelled_at": cancelled_at,
            "removed_at": None,
            "arrived_at": None,
            "version": VERSIONS[state],
            "booked_by_id": booked_by,
            "created_at": created_at,
            "updated_at": cancelled_at or changed_at,
        }

    def _case(self, doctor: Practitioner, patient: Enrolment) -> Case:
        """What a patient comes for: each complaint that fits the age once, before any comes again."""
        left = self._cases.setdefault((patient.patient_id, doctor.department.name), [])
        if not left:
            age = patient.person.age(self.moment)
            fitting = [case for case in CASES[doctor.department.name] if age >= case.from_age]
            left += self._random.sample(fitting, len(fitting))
        return left.pop()

    def _kind(self, doctor: Practitioner) -> VisitKind:
        online = doctor.accepts_online and (not doctor.accepts_in_person or some(self._random, 0.25))
        return VisitKind.ONLINE if online else VisitKind.IN_PERSON
