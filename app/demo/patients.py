"""The patients: everybody's own person, children and parents they act for, and some who never sign in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from app.clock import to_local
from app.demo.doctors import CHILDREN, Practitioner
from app.demo.people import People, Person
from app.demo.rows import Row, chance, write
from app.models import CareTeamMember, Patient

TOTAL = 200
WITHOUT_ACCOUNT = 8
CHILDREN_COUNT = 32
PARENTS_COUNT = 13
ADULT_AGE = 16
_REGULAR_DOCTORS = (3, 5)
_CARE_TEAMS = 70


@dataclass(slots=True, kw_only=True)
class Enrolment:
    """A patient, before and after being written; `works_in` is the department of somebody who is a doctor too."""

    person: Person
    manager: Person | None
    works_in: str = ""
    patient_id: int = 0
    picked_for: bool = True
    """Whether visits are drawn for them; not for the known patient's family, whose visits are told one by one."""

    @property
    def is_own(self) -> bool:
        """Whether this is the own person of the account that acts."""
        return self.manager is self.person


def neighbours(people: People, *, staff_accounts: int) -> list[Person]:
    """The people who sign in as patients: with the staff and all others they make TOTAL patients."""
    number = TOTAL - staff_accounts - WITHOUT_ACCOUNT - CHILDREN_COUNT - PARENTS_COUNT
    days_here = (300, 1100)
    known = people.named("Amira", "Hassan", feminine=True, ages=(38, 38), days_here=days_here, username="patient")
    known.bio = "I work shifts, so mornings suit me best."
    return [known, *(people.someone(ages=(19, 84), days_here=days_here) for _ in range(number - 1))]


def enrol(
    people: People, *, neighbours: list[Person], staff: list[Person], doctors: list[Practitioner], moment: datetime
) -> list[Enrolment]:
    """Write all patients: the demo account's own first, then its child."""
    known = neighbours[0]
    child = people.child_of(known)
    child.first_name, child.feminine, child.born = "Yusuf", False, to_local(moment).date() - timedelta(days=2700)
    random = chance("patients")
    departments = {practitioner.person.username: practitioner.department.name for practitioner in doctors}
    enrolments = [
        Enrolment(person=known, manager=known, picked_for=False),
        Enrolment(person=child, manager=known, picked_for=False),
    ]
    enrolments += [Enrolment(person=person, manager=person) for person in neighbours[1:]]
    for person in staff:
        works_in = departments.get(person.username, "")
        enrolments.append(Enrolment(person=person, manager=person, works_in=works_in, picked_for=bool(works_in)))
    young = [person for person in neighbours[1:] if 34 <= person.age(moment) <= 50]  # noqa: PLR2004 (have children at home)
    grown = [person for person in neighbours[1:] if 40 <= person.age(moment) <= 60]  # noqa: PLR2004 (have old parents)
    enrolments += [Enrolment(person=people.child_of(p), manager=p) for p in _several(random, young, CHILDREN_COUNT - 1)]
    enrolments += [Enrolment(person=people.parent_of(p), manager=p) for p in random.sample(grown, PARENTS_COUNT)]
    enrolments += [
        Enrolment(person=people.someone(ages=(60, 90), days_here=(300, 900)), manager=None)
        for _ in range(WITHOUT_ACCOUNT)
    ]
    for enrolment, key in zip(
        enrolments, write(Patient, (_patient(random, enrolment) for enrolment in enrolments)), strict=True
    ):
        enrolment.patient_id = key
    return enrolments


def choose_doctors(
    enrolments: list[Enrolment], doctors: list[Practitioner], moment: datetime
) -> dict[int, list[Enrolment]]:
    """A doctor's regular patients, by the doctor's key. Children see paediatricians, adults the others."""
    random = chance("regular doctors")
    panels: dict[int, list[Enrolment]] = {practitioner.doctor_id: [] for practitioner in doctors}
    for enrolment in enrolments:
        if not enrolment.picked_for:
            continue
        is_child = enrolment.person.age(moment) < ADULT_AGE
        suited = [
            practitioner
            for practitioner in doctors
            if (practitioner.department.name == CHILDREN) == is_child
            and practitioner.department.name != enrolment.works_in
            and not practitioner.is_demo_doctor
        ]
        for practitioner in random.sample(suited, min(len(suited), random.randint(*_REGULAR_DOCTORS))):
            panels[practitioner.doctor_id].append(enrolment)
    adults = [c for c in enrolments if c.picked_for and not c.works_in and c.person.age(moment) >= ADULT_AGE]
    demo_doctor = next(practitioner for practitioner in doctors if practitioner.is_demo_doctor)
    panels[demo_doctor.doctor_id] = random.sample(adults, 70)
    return panels


def form_care_teams(
    enrolments: list[Enrolment], panels: dict[int, list[Enrolment]], demo_doctor_id: int, moment: datetime
) -> None:
    """Let some patients' sides name a doctor of theirs; the demo patient names the demo doctor."""
    random = chance("care teams")
    pairs = [
        (doctor, enrolment) for doctor, panel in panels.items() for enrolment in panel if enrolment.manager is not None
    ]
    chosen = [(demo_doctor_id, enrolments[0]), *random.sample(pairs, _CARE_TEAMS)]
    write(
        CareTeamMember,
        (
            {
                "patient_id": enrolment.patient_id,
                "doctor_id": doctor,
                "created_by_id": enrolment.manager.account_id,
                "created_at": enrolment.person.joined + (moment - enrolment.person.joined) * random.random(),
            }
            for doctor, enrolment in chosen
            if enrolment.manager is not None
        ),
    )


def _several(random: Random, parents: list[Person], number: int) -> list[Person]:
    """So many parents, some of them twice."""
    once = random.sample(parents, min(len(parents), number - number // 4))
    return once + random.sample(once, number - len(once))


def _patient(random: Random, enrolment: Enrolment) -> Row:
    acting = enrolment.manager.account_id if enrolment.manager else None
    return {
        "manager_id": acting,
        "is_own": enrolment.is_own,
        "name": enrolment.person.name,
        "phone": enrolment.person.phone,
        "insurance_number": f"LH {random.randrange(10**4):04} {random.randrange(10**4):04}",
        "date_of_birth": enrolment.person.born,
        "address": enrolment.person.address,
        "picture_id": enrolment.person.picture_id,
        "created_by_id": acting,
        "created_at": enrolment.person.joined,
    }
