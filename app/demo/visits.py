"""Which visits there were and will be: the known accounts' stories, the coming weeks, and as much past as is left."""

from __future__ import annotations

import math
from datetime import timedelta
from random import Random

from app.demo.diary import Diary, Visit
from app.demo.doctors import CHILDREN, Practitioner
from app.demo.patients import Enrolment
from app.demo.rows import chance, write
from app.demo.timetable import Slot
from app.models import VisitKind, VisitState, WaitingEntry

TOTAL = 3000
PAST_DAYS = 190
COMING_DAYS = 45
MOST_BOOKED = 0.65
"""The share of a coming day's slots that may be taken: the rest can be booked."""

LEAST_LEFT = 4
"""How many slots of the known doctor's day are still to come, or late: one visit in each state that is not over."""

OCCUPANCY = ((1, 0.38), (6, 0.24), (13, 0.13), (COMING_DAYS, 0.03))
"""Up to how many days from today which share of the slots is taken."""

DEMO_DOCTOR_OCCUPANCY = ((1, 0.45), (3, 0.3), (13, 0.2), (COMING_DAYS, 0.03))

PAST_STATES = {VisitState.COMPLETED: 82, VisitState.CANCELLED: 12, VisitState.NO_SHOW: 6}
COMING_STATES = {VisitState.CONFIRMED: 70, VisitState.PENDING: 20, VisitState.CANCELLED: 10}
_HALF_LIFE_DAYS = 40

Panels = dict[int, list[Enrolment]]


def arrange(diary: Diary, doctors: list[Practitioner], enrolments: list[Enrolment], panels: Panels) -> None:
    """Enter TOTAL visits and write them."""
    demo_doctor = next(practitioner for practitioner in doctors if practitioner.is_demo_doctor)
    next_visit = _tell_patients_story(diary, doctors, demo_doctor, enrolments[0], enrolments[1])
    _tell_doctors_day(diary, demo_doctor, panels[demo_doctor.doctor_id])
    random = chance("visits")
    favour = {practitioner.doctor_id: random.uniform(0.45, 1.5) for practitioner in doctors}
    for practitioner in doctors:
        _fill_coming(random, diary, practitioner, panels[practitioner.doctor_id], favour[practitioner.doctor_id])
    _fill_past(random, diary, doctors, panels, favour)
    diary.write()
    _wait_for_earlier(diary, next_visit)


def _tell_patients_story(
    diary: Diary, doctors: list[Practitioner], demo_doctor: Practitioner, patient: Enrolment, child: Enrolment
) -> Visit:
    """The known patient: a confirmed visit ahead, which is returned, a requested one, others behind, and a child's."""
    heads = {practitioner.department.name: practitioner for practitioner in doctors if practitioner.rank == 0}
    heart, skin, children = heads["Cardiology"], heads["Dermatology"], heads[CHILDREN]
    online = VisitKind.ONLINE if heart.accepts_online else VisitKind.IN_PERSON
    story = (
        (heart, patient, range(4, 14), VisitState.CONFIRMED, online),
        (demo_doctor, patient, range(2, 9), VisitState.PENDING, VisitKind.IN_PERSON),
        (children, child, range(6, 16), VisitState.CONFIRMED, VisitKind.IN_PERSON),
        (skin, patient, range(15, 25), VisitState.CANCELLED, VisitKind.IN_PERSON),
        (heart, patient, range(-20, -6), VisitState.COMPLETED, VisitKind.IN_PERSON),
        (demo_doctor, patient, range(-35, -21), VisitState.COMPLETED, VisitKind.IN_PERSON),
        (children, child, range(-50, -36), VisitState.COMPLETED, VisitKind.IN_PERSON),
        (skin, patient, range(-80, -60), VisitState.COMPLETED, VisitKind.IN_PERSON),
        (demo_doctor, patient, range(-120, -100), VisitState.COMPLETED, online),
        (skin, patient, range(-150, -130), VisitState.NO_SHOW, VisitKind.IN_PERSON),
    )
    entered = []
    for doctor, who, offsets, state, kind in story:
        days = [offset for offset in offsets if diary.is_free(who, diary.day(offset))]
        entered.append(diary.enter(doctor, who, diary.first_slot(doctor, days), state, kind=kind))
    return entered[0]


def _wait_for_earlier(diary: Diary, visit: Visit) -> None:
    """The known patient would rather come earlier: the portal offers the first free time once it runs."""
    entry = {
        "patient_id": visit.patient.patient_id,
        "doctor_id": visit.doctor.doctor_id,
        "visit_id": visit.appointment_id,
        "kind": visit.row["kind"],
        "wished_from": diary.today,
        "due_at": diary.moment,
        "created_at": diary.moment,
    }
    write(WaitingEntry, [entry])


def _tell_doctors_day(diary: Diary, doctor: Practitioner, panel: list[Enrolment]) -> None:
    """The known doctor: no gap in the hour around now, requests among what is left of today and in the next days.

    Late in the day the doctor runs late: some are still to be seen, whenever one looks.
    """
    random = chance("the doctor's day")
    slots = diary.slots(doctor, diary.today)
    left = max(sum(slot.ends > diary.now for slot in slots), LEAST_LEFT)
    behind, ahead = slots[:-left], slots[-left:]
    for count, slot in enumerate(reversed(behind)):
        state = {1: VisitState.NO_SHOW, 4: VisitState.CANCELLED}.get(count % 12, VisitState.COMPLETED)
        if count < 5 or random.random() < 0.6:  # noqa: PLR2004 (a full last hour, a busy day before)
            _visit(random, diary, doctor, panel, slot, state=state)
    if ahead[0].starts <= diary.now:
        _arrived(diary, _visit(random, diary, doctor, panel, ahead.pop(0), state=VisitState.IN_PROGRESS))
    ahead_states = {1: VisitState.PENDING, 4: VisitState.PENDING, 6: VisitState.CANCELLED}
    for count, slot in enumerate(ahead):
        state = ahead_states.get(count % 8, VisitState.CONFIRMED)
        if count < 5 or random.random() < 0.5:  # noqa: PLR2004 (a full next hour, free times later)
            visit = _visit(random, diary, doctor, panel, slot, state=state)
            if count == 0:
                _arrived(diary, visit)
    for offset in range(1, 7):
        for slot in random.sample(diary.slots(doctor, diary.day(offset)), 2):
            _visit(random, diary, doctor, panel, slot, state=VisitState.PENDING)


def _arrived(diary: Diary, visit: Visit | None) -> None:
    """Have a patient come a little before the visit, or before now."""
    if visit is not None:
        visit.row["arrived_at"] = min(visit.row["starts_at"], diary.moment) - timedelta(minutes=7)


def _fill_coming(random: Random, diary: Diary, doctor: Practitioner, panel: list[Enrolment], favour: float) -> None:
    occupancy = DEMO_DOCTOR_OCCUPANCY if doctor.is_demo_doctor else OCCUPANCY
    for offset in range(1 if doctor.is_demo_doctor else 0, COMING_DAYS + 1):
        slots = diary.slots(doctor, diary.day(offset))
        share = next(share for last, share in occupancy if offset <= last)
        number = math.floor(min(share * favour, MOST_BOOKED) * len(slots) + random.random() * 0.9)
        for slot in sorted(random.sample(slots, min(number, len(slots))), key=lambda slot: slot.starts):
            _visit(random, diary, doctor, panel, slot, state=_state(random, diary, slot))


def _fill_past(
    random: Random, diary: Diary, doctors: list[Practitioner], panels: Panels, favour: dict[int, float]
) -> None:
    """Fill the past until there are TOTAL visits: more of them lately, as when a hospital takes to its portal."""
    candidates: list[tuple[float, Practitioner, Slot]] = []
    for practitioner in doctors:
        for offset in range(-PAST_DAYS, 0):
            weight = favour[practitioner.doctor_id] * 2 ** (offset / _HALF_LIFE_DAYS)
            candidates += (
                (random.expovariate(weight), practitioner, slot)
                for slot in diary.slots(practitioner, diary.day(offset))
            )
    candidates.sort(key=lambda candidate: candidate[0])
    for _, practitioner, slot in candidates:
        if len(diary.visits) == TOTAL:
            return
        _visit(random, diary, practitioner, panels[practitioner.doctor_id], slot, state=_state(random, diary, slot))


def _visit(
    random: Random, diary: Diary, doctor: Practitioner, panel: list[Enrolment], slot: Slot, *, state: VisitState
) -> Visit | None:
    """Enter a visit of any of the doctor's patients who has none on that day; nothing where all have one."""
    free = [patient for patient in panel if diary.is_free(patient, slot.starts.date())]
    return diary.enter(doctor, random.choice(free), slot, state) if free else None


def _state(random: Random, diary: Diary, slot: Slot) -> VisitState:
    if slot.starts <= diary.now < slot.ends:
        return VisitState.IN_PROGRESS
    states = PAST_STATES if slot.ends <= diary.now else COMING_STATES
    return random.choices(list(states), list(states.values()))[0]
