"""The doctors: who they are and what they do. Some have no account; some wait for the hospital's decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from app.demo import hospital, texts
from app.demo.hospital import Hospital
from app.demo.people import People, Person
from app.demo.rows import Row, Words, chance, some, write
from app.demo.texts import DEPARTMENTS, DepartmentText
from app.extensions import db
from app.models import Approval, Doctor, doctor_designation, doctor_specialisation

DEMO_DOCTOR_DEPARTMENT = "General medicine"
CHILDREN = "Paediatrics"
_NO_ACCOUNT_EACH = 4
_ADULT = (34, 63)
_LONG_HERE = (1000, 3600)


@dataclass(slots=True, kw_only=True)
class Practitioner:
    """A doctor, before and after being written; `doctor_id` is set by `admit`."""

    person: Person
    department: DepartmentText
    rank: int
    """How many of the department's doctors come before: the first one is its head."""
    approval: Approval = Approval.APPROVED
    has_account: bool = True
    doctor_id: int = 0
    accepts_in_person: bool = True
    accepts_online: bool = True

    @property
    def name(self) -> str:
        """As listed, with the title."""
        return f"{self.department.titles[0 if self.person.feminine else 1]} {self.person.name}"

    @property
    def is_demo_doctor(self) -> bool:
        """Whether this is the doctor of the known demo account."""
        return self.person.username == "doctor"


def hire(people: People) -> list[Practitioner]:
    """The approved doctors, by department; nothing is written yet."""
    hired: list[Practitioner] = []
    for department in DEPARTMENTS:
        for rank in range(department.doctors):
            if department.name == DEMO_DOCTOR_DEPARTMENT and rank == 1:
                person = people.named(
                    "Samuel", "Okafor", feminine=False, ages=(44, 44), days_here=_LONG_HERE, username="doctor"
                )
                hired.append(Practitioner(person=person, department=department, rank=rank))
                continue
            person = people.someone(ages=_ADULT, days_here=_LONG_HERE)
            has_account = rank == 0 or len(hired) % _NO_ACCOUNT_EACH != _NO_ACCOUNT_EACH - 1
            hired.append(Practitioner(person=person, department=department, rank=rank, has_account=has_account))
    return hired


def apply(people: People) -> list[Practitioner]:
    """Two who wait for a decision, and one who was refused; nothing is written yet."""
    by_name = {department.name: department for department in DEPARTMENTS}
    new = people.named("Grace", "Lindqvist", feminine=True, ages=(36, 36), days_here=(1, 1), username="newdoctor")
    other = people.someone(ages=_ADULT, days_here=(3, 3))
    refused = people.someone(ages=_ADULT, days_here=(20, 20))
    return [
        Practitioner(person=new, department=by_name["Cardiology"], rank=9, approval=Approval.PENDING),
        Practitioner(person=other, department=by_name["Orthopaedics"], rank=9, approval=Approval.PENDING),
        Practitioner(person=refused, department=by_name["Dermatology"], rank=9, approval=Approval.REJECTED),
    ]


def admit(practitioners: list[Practitioner], *, house: Hospital, admin: Person, moment: datetime) -> None:
    """Write the doctors with their grades and fields."""
    random = chance("doctors")
    words = Words(random)
    rows: list[Row] = []
    grades: list[list[str]] = []
    for practitioner in practitioners:
        grade, fee = texts.DESIGNATIONS[0] if practitioner.rank < 2 else random.choice(texts.DESIGNATIONS)  # noqa: PLR2004 (the two most senior)
        grades.append([grade, texts.HEAD] if practitioner.rank == 0 else [grade])
        practitioner.accepts_online = practitioner.is_demo_doctor or some(random, 0.7)
        practitioner.accepts_in_person = not practitioner.accepts_online or practitioner.rank == 0 or some(random, 0.95)
        rows.append(
            {
                "account_id": practitioner.person.account_id,
                "name": practitioner.name,
                "department_id": house.departments[practitioner.department.name],
                "about": _about(random, words, practitioner, moment),
                "specialization": None,
                "fee": fee + random.randrange(-20, 50, 10),
                "meet_link": _meet_link(practitioner),
                "accepts_in_person": practitioner.accepts_in_person,
                "accepts_online": practitioner.accepts_online,
                "picture_id": practitioner.person.picture_id,
                "created_by_id": practitioner.person.account_id or admin.account_id,
                "created_at": practitioner.person.joined,
                **_DECISIONS[practitioner.approval](practitioner.person, admin),
            }
        )
    for practitioner, key in zip(practitioners, write(Doctor, rows), strict=True):
        practitioner.doctor_id = key
    _describe(random, practitioners, grades, house)


def _describe(random: Random, practitioners: list[Practitioner], grades: list[list[str]], house: Hospital) -> None:
    db.session.execute(
        doctor_designation.insert(),
        [
            {"doctor_id": practitioner.doctor_id, "designation_id": house.designations[name]}
            for practitioner, names in zip(practitioners, grades, strict=True)
            for name in names
        ],
    )
    db.session.execute(
        doctor_specialisation.insert(),
        [
            {"doctor_id": practitioner.doctor_id, "specialisation_id": house.specialisations[field]}
            for practitioner in practitioners
            for field in sorted(_fields(random, practitioner))
        ],
    )


def _field(practitioner: Practitioner) -> str:
    """The field of a doctor: each one of a department is somebody's."""
    fields = list(practitioner.department.specialisations)
    return fields[practitioner.rank % len(fields)]


def _fields(random: Random, practitioner: Practitioner) -> set[str]:
    """The doctor's field, and for some the department's first one too."""
    own, first = _field(practitioner), next(iter(practitioner.department.specialisations))
    return {own, first} if some(random, 0.4) else {own}


def _about(random: Random, words: Words, practitioner: Practitioner, moment: datetime) -> str:
    year = practitioner.person.joined.year
    parts = [
        words.next(0, practitioner.department.specialisations[_field(practitioner)]),
        words.next(0, texts.TRAINING),
    ]
    if year < moment.year:
        parts.append(f"With the hospital since {year}.")
    manner = words.next(0, texts.MANNER)
    if practitioner.accepts_online or "video" not in manner:
        parts.append(manner)
    if some(random, 0.45):
        parts.append(f"Speaks English and {random.choice(texts.LANGUAGES)}.")
    return " ".join(parts)


def _meet_link(practitioner: Practitioner) -> str:
    if not practitioner.accepts_online:
        return ""
    return f"https://video.example.org/{hospital.slug(practitioner.person.name)}"


def _waiting(_person: Person, _admin: Person) -> Row:
    return {"approval": Approval.PENDING, "decision_reason": "", "decided_by_id": None, "decided_at": None}


def _approved(person: Person, admin: Person) -> Row:
    return {
        "approval": Approval.APPROVED,
        "decision_reason": "",
        "decided_by_id": admin.account_id,
        "decided_at": person.joined + timedelta(hours=20),
    }


def _refused(person: Person, admin: Person) -> Row:
    return {
        "approval": Approval.REJECTED,
        "decision_reason": "The registration number could not be found. Please apply again with the right one.",
        "decided_by_id": admin.account_id,
        "decided_at": person.joined + timedelta(days=2),
    }


_DECISIONS: dict[Approval, Callable[[Person, Person], Row]] = {
    Approval.PENDING: _waiting,
    Approval.APPROVED: _approved,
    Approval.REJECTED: _refused,
}
