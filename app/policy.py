"""WHO MAY SEE which rows, and WHO MAY DO what: two tables. Read this file to audit access.

An actor has capacities, and one account may have several (a doctor is also a patient): rules are OR-ed.
No rule means no rows, and no permission.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, bindparam, exists, false, or_, select, true, union
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm.interfaces import ORMOption
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BooleanClauseList

from app import clock
from app.errors import Forbidden, NotFound, Unauthorized
from app.extensions import Base, db
from app.models import (
    Account,
    Appointment,
    Approval,
    AuditEvent,
    AvailableTime,
    BookingDraft,
    CalendarFeed,
    CareTeamMember,
    ClinicalRecord,
    ContactMessage,
    Department,
    Designation,
    Doctor,
    EmergencyAccess,
    EmergencyCheck,
    HospitalSettings,
    ImportBatch,
    ImportRow,
    Message,
    NoteDraft,
    Patient,
    Profile,
    RecordExport,
    ReminderChoice,
    Review,
    ReviewHiding,
    ReviewReply,
    Service,
    Specialisation,
    TimeOff,
    VisitState,
    VisitStep,
    WaitingEntry,
    WaitingOffer,
    WeeklyHours,
)
from app.models.types import KEY, UtcDateTime, is_key

Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, as facts loaded once: `doctor_id` only of an approved doctor, `origin` the network address.

    `owes_second_factor`: the hospital asks its staff for one, and this one has none yet (see `without_staff_rights`).
    """

    account_id: int | None = None
    session_id: int | None = None
    display_name: str = ""
    is_admin: bool = False
    doctor_id: int | None = None
    department_id: int | None = None
    owes_second_factor: bool = False
    origin: str = ""

    @property
    def is_signed_in(self) -> bool:
        """Whether the actor is known."""
        return self.account_id is not None

    @property
    def is_doctor(self) -> bool:
        """Whether the actor has an approved doctor's rights."""
        return self.doctor_id is not None


def without_staff_rights(actor: Actor) -> Actor:
    """Staff who owe a second factor: until they have it they see and do what any patient may, on both faces."""
    return replace(actor, is_admin=False, doctor_id=None, department_id=None, owes_second_factor=True)


class Capacity(enum.Enum):
    """A hat that an actor wears. Everyone wears ANYONE; the signed-in wear MEMBER: somebody who manages patients."""

    ANYONE = "anyone"
    MEMBER = "member"
    DOCTOR = "doctor"
    ADMIN = "admin"


def capacities(actor: Actor) -> frozenset[Capacity]:
    """All hats of an actor."""
    return _hats(actor.is_signed_in, actor.is_doctor, actor.is_admin)


@cache
def _hats(*holds: bool) -> frozenset[Capacity]:
    """The same set for the same answers: asked many times a request, it keeps its hash."""
    others = zip((Capacity.MEMBER, Capacity.DOCTOR, Capacity.ADMIN), holds, strict=True)
    return frozenset({Capacity.ANYONE, *(capacity for capacity, worn in others if worn)})


@cache
def stand_in(hats: frozenset[Capacity]) -> Actor:
    """An actor of these capacities whose keys are parameters, which `parameters` gives: for statements made once."""
    return Actor(
        account_id=_key("actor_account_id") if Capacity.MEMBER in hats else None,
        is_admin=Capacity.ADMIN in hats,
        doctor_id=_key("actor_doctor_id") if Capacity.DOCTOR in hats else None,
        department_id=_key("actor_department_id") if Capacity.DOCTOR in hats else None,
    )


def parameters(actor: Actor) -> dict[str, int | None]:
    """The values for a statement that was made for a `stand_in` of the actor's capacities."""
    return {
        "actor_account_id": actor.account_id,
        "actor_doctor_id": actor.doctor_id,
        "actor_department_id": actor.department_id,
    }


def _key(name: str) -> Any:
    return bindparam(name, type_=KEY)


Condition = Callable[[Actor], ColumnElement[bool]]

LISTED = and_(Doctor.approval == Approval.APPROVED, Doctor.deleted_at.is_(None))
OPENS_RECORD = and_(
    Appointment.patient_agreed,
    Appointment.state.in_([state for state in VisitState if state not in (VisitState.HELD, VisitState.CANCELLED)]),
)
"""A visit by which its doctor treats its patient: one with the patient's consent."""


def managed_patients(actor: Actor) -> Select[int]:
    """The ids of the patients whom the actor acts for. A stranger acts for nobody, not for those without an account."""
    return select(Patient.id).where(
        Patient.manager_id.is_not(None), Patient.manager_id == actor.account_id, Patient.voided_at.is_(None)
    )


def _ties(doctor_id: int | None) -> tuple[tuple[InstrumentedAttribute[int], ColumnElement[bool]], ...]:
    """What makes a doctor treat patients: a place in the care team, or a visit with the patient's consent."""
    return (
        (CareTeamMember.patient_id, CareTeamMember.doctor_id == doctor_id),
        (Appointment.patient_id, and_(Appointment.doctor_id == doctor_id, OPENS_RECORD)),
    )


def treated_by(doctor_id: int | None, patient_id: Any) -> ColumnElement[bool]:
    """Whether a doctor treats a patient."""
    return or_(*(exists().where(column == patient_id, tie) for column, tie in _ties(doctor_id)))


def treated_patients(doctor_id: int | None) -> CompoundSelect[int]:
    """The ids of the patients whom a doctor treats: the same rule as `treated_by`, for lists."""
    return union(*(select(column).where(tie) for column, tie in _ties(doctor_id)))


def _present() -> datetime:
    return clock.now()


_PRESENT: Any = bindparam("present_moment", type_=UtcDateTime(), callable_=_present)
"""The moment at which a statement runs, not that at which it was made: many are made once (`stand_in`)."""


def _opened(doctor_id: int | None) -> ColumnElement[bool]:
    """The patients' records that a doctor has opened in an emergency, until that ends by itself."""
    return and_(EmergencyAccess.doctor_id == doctor_id, EmergencyAccess.ends_at > _PRESENT)


def readable_patients(doctor_id: int | None) -> CompoundSelect[int]:
    """The ids of the patients whose records a doctor may read: those treated, and those open in an emergency.

    Emergency access is for reading alone: whatever else asks for treating, asks `treated_by` (docs/adr/0010).
    """
    opened = select(EmergencyAccess.patient_id).where(_opened(doctor_id))
    return union(*(select(column).where(tie) for column, tie in _ties(doctor_id)), opened)


def _of_own_department(actor: Actor) -> ColumnElement[bool]:
    """Whether an entry is of the doctor's department. A doctor of no department is not of the same as one of none."""
    return and_(ClinicalRecord.department_id.is_not(None), ClinicalRecord.department_id == actor.department_id)


def _everything(_actor: Actor) -> ColumnElement[bool]:
    return true()


def _is_open() -> ColumnElement[bool]:
    """Whether a profile's account has not been closed."""
    return exists().where(Account.id == Profile.account_id, Account.is_active)


def _is_there() -> ColumnElement[bool]:
    """Whether the patient of a place in a care team has not been voided."""
    return exists().where(Patient.id == CareTeamMember.patient_id, Patient.voided_at.is_(None))


def _is_shown() -> ColumnElement[bool]:
    """Whether the public reads a review: the few doctors who have left are looked up once, not the doctor of each."""
    return and_(
        Review.hidden_at.is_(None),
        Review.doctor_id.not_in(select(Doctor.id).where(Doctor.deleted_at.is_not(None))),
    )


_PUBLIC: Mapping[Capacity, Condition] = {Capacity.ANYONE: _everything}

VISIBLE: Mapping[type[Base], Mapping[Capacity, Condition]] = {
    Designation: _PUBLIC,
    Specialisation: _PUBLIC,
    AvailableTime: _PUBLIC,
    Service: _PUBLIC,
    Department: _PUBLIC,
    Doctor: {
        Capacity.ANYONE: lambda _: LISTED,
        Capacity.MEMBER: lambda actor: and_(Doctor.account_id == actor.account_id, Doctor.deleted_at.is_(None)),
        Capacity.ADMIN: lambda _: Doctor.deleted_at.is_(None),
    },
    Profile: {
        Capacity.MEMBER: lambda actor: and_(Profile.account_id == actor.account_id, _is_open()),
        Capacity.ADMIN: lambda _: _is_open(),
    },
    Patient: {
        Capacity.MEMBER: lambda actor: and_(Patient.manager_id == actor.account_id, Patient.voided_at.is_(None)),
        Capacity.DOCTOR: lambda _: Patient.voided_at.is_(None),
        Capacity.ADMIN: lambda _: Patient.voided_at.is_(None),
    },
    Appointment: {
        Capacity.MEMBER: lambda actor: and_(
            Appointment.patient_id.in_(managed_patients(actor)), Appointment.removed_at.is_(None)
        ),
        Capacity.DOCTOR: lambda actor: and_(Appointment.doctor_id == actor.doctor_id, Appointment.removed_at.is_(None)),
        Capacity.ADMIN: lambda _: Appointment.removed_at.is_(None),
    },
    VisitStep: {
        Capacity.DOCTOR: lambda actor: VisitStep.appointment_id.in_(
            select(Appointment.id).where(Appointment.doctor_id == actor.doctor_id)
        ),
        Capacity.ADMIN: _everything,
    },
    BookingDraft: {Capacity.MEMBER: lambda actor: BookingDraft.account_id == actor.account_id},
    ClinicalRecord: {
        Capacity.MEMBER: lambda actor: and_(
            ClinicalRecord.patient_id.in_(managed_patients(actor)), ClinicalRecord.voided_at.is_(None)
        ),
        Capacity.DOCTOR: lambda actor: or_(
            and_(_of_own_department(actor), ClinicalRecord.voided_at.is_(None)),
            and_(ClinicalRecord.patient_id.in_(readable_patients(actor.doctor_id)), ClinicalRecord.voided_at.is_(None)),
        ),
        Capacity.ADMIN: lambda _: ClinicalRecord.voided_at.is_(None),
    },
    EmergencyAccess: {
        Capacity.MEMBER: lambda actor: EmergencyAccess.patient_id.in_(managed_patients(actor)),
        Capacity.DOCTOR: lambda actor: EmergencyAccess.doctor_id == actor.doctor_id,
        Capacity.ADMIN: _everything,
    },
    EmergencyCheck: {Capacity.ADMIN: _everything},
    NoteDraft: {Capacity.DOCTOR: lambda actor: NoteDraft.account_id == actor.account_id},
    RecordExport: {
        Capacity.MEMBER: lambda actor: and_(
            RecordExport.account_id == actor.account_id, RecordExport.patient_id.in_(managed_patients(actor))
        )
    },
    Review: {Capacity.ANYONE: lambda _: _is_shown(), Capacity.ADMIN: _everything},
    # That a review is hidden, and why, its author's side reads, which sees the review itself no more.
    ReviewHiding: {
        Capacity.MEMBER: lambda actor: ReviewHiding.review_id.in_(
            select(Review.id).where(Review.patient_id.in_(managed_patients(actor)))
        ),
        Capacity.ADMIN: _everything,
    },
    # A hidden review hides its reply.
    ReviewReply: {
        Capacity.ANYONE: lambda _: ReviewReply.review_id.in_(select(Review.id).where(_is_shown())),
        Capacity.ADMIN: _everything,
    },
    CareTeamMember: {
        Capacity.MEMBER: lambda actor: CareTeamMember.patient_id.in_(managed_patients(actor)),
        Capacity.DOCTOR: lambda actor: and_(CareTeamMember.doctor_id == actor.doctor_id, _is_there()),
        Capacity.ADMIN: lambda _: _is_there(),
    },
    WaitingEntry: {Capacity.MEMBER: lambda actor: WaitingEntry.patient_id.in_(managed_patients(actor))},
    WaitingOffer: {
        Capacity.MEMBER: lambda actor: WaitingOffer.entry_id.in_(
            select(WaitingEntry.id).where(WaitingEntry.patient_id.in_(managed_patients(actor)))
        ),
    },
    WeeklyHours: {
        Capacity.DOCTOR: lambda actor: WeeklyHours.doctor_id == actor.doctor_id,
        Capacity.ADMIN: _everything,
    },
    TimeOff: {
        # One of no doctor is the whole hospital's: that it is closed, and why, everybody reads.
        Capacity.ANYONE: lambda _: TimeOff.doctor_id.is_(None),
        Capacity.DOCTOR: lambda actor: or_(TimeOff.doctor_id == actor.doctor_id, TimeOff.doctor_id.is_(None)),
        Capacity.ADMIN: _everything,
    },
    ContactMessage: {Capacity.ADMIN: _everything},
    Message: {Capacity.ADMIN: _everything},
    HospitalSettings: {Capacity.ADMIN: _everything},
    AuditEvent: {Capacity.ADMIN: _everything},
    ImportBatch: {Capacity.ADMIN: _everything},
    ImportRow: {Capacity.ADMIN: _everything},
    CalendarFeed: {Capacity.MEMBER: lambda actor: CalendarFeed.account_id == actor.account_id},
    ReminderChoice: {Capacity.MEMBER: lambda actor: ReminderChoice.account_id == actor.account_id},
}


def may_see(actor: Actor, model: type[Base]) -> ColumnElement[bool]:
    """The SQL condition for the rows of a model that the actor may see."""
    rules = VISIBLE.get(model, {})
    conditions = [rule(actor) for capacity, rule in rules.items() if capacity in capacities(actor)]
    return or_(*conditions) if conditions else false()


def may_see_as(actor: Actor, capacity: Capacity, model: type[Base]) -> ColumnElement[bool]:
    """The SQL condition for the rows that the actor sees under this hat alone: on a doctor's pages, not a mother's."""
    rule = VISIBLE[model].get(capacity)
    return false() if rule is None or capacity not in capacities(actor) else rule(actor)


def visible(actor: Actor, model: type[Row]) -> Select[Row]:
    """The base of every query: the rows of a model that the actor may see."""
    return select(model).where(may_see(actor, model))


def ways_to_see(actor: Actor, model: type[Base]) -> tuple[ColumnElement[bool], ...]:
    """The parts of `may_see`, each of which is enough: a long list asks for each by its own index, and unites them.

    Asked for what fits any of several, a database may read the whole table. Admins see all: they have one way.
    """
    rule = may_see(actor, model)
    if actor.is_admin or not isinstance(rule, BooleanClauseList) or rule.operator is not operators.or_:
        return (rule,)
    return tuple(rule.clauses)


def keeps(actor: Actor, record: ClinicalRecord) -> bool:
    """Whether the actor may change an entry, as a doctor of its department or one who treats its patient.

    Emergency access lets read, and no more.
    """
    if not actor.is_doctor:
        return False
    kept = or_(_of_own_department(actor), ClinicalRecord.patient_id.in_(treated_patients(actor.doctor_id)))
    mine = (ClinicalRecord.id == record.id, ClinicalRecord.voided_at.is_(None), kept)
    return db.session.scalar(select(ClinicalRecord.id).where(*mine)) is not None


def fetch(actor: Actor, model: type[Row], key: int, *options: ORMOption, lock: bool = False) -> Row:
    """One row that the actor may see. `lock` holds it until the unit of work ends.

    Raises NotFound for one that is absent and for one that is hidden, alike.
    """
    query = _by_key(capacities(actor), model, options, lock=lock)
    row: Row | None = (
        db.session.scalars(query, {**parameters(actor), "key": key}).one_or_none() if is_key(key) else None
    )
    if row is None:
        raise NotFound
    return row


@lru_cache(maxsize=256)
def _by_key(hats: frozenset[Capacity], model: type[Row], options: tuple[ORMOption, ...], *, lock: bool) -> Select[Row]:
    """The row that has the parameter `key`, if those who wear these hats may see it."""
    query = visible(stand_in(hats), model).where(model.id == bindparam("key"))  # type: ignore[attr-defined] # every model has a key
    query = query.options(*options)
    if lock:
        query = query.with_for_update(of=model, key_share=True).execution_options(populate_existing=True)
    return query


class Permission(enum.Enum):
    """Something that may be done, by the name under which it is granted below."""

    BOOK = "book appointments"
    BOOK_FOR_PATIENT = "book for a patient"
    CHANGE_AS_PATIENT = "move or cancel before the cutoff"
    WAIT_FOR_PATIENT = "be offered earlier times for a patient"
    CHANGE_AS_STAFF = "confirm, start, complete, move and cancel at any time"
    RUN_CALENDAR = "book into a doctor's calendar without asking the doctor"
    CHANGE_PROFILE = "change or close an account's profile"
    ADD_DEPENDANT = "add a patient whom one acts for"
    REGISTER_PATIENT = "make a patient for somebody else"
    CHANGE_PATIENT = "change or void a patient"
    OVERSEE_RECORD = "download a patient's record and see who opened it"
    CHANGE_CARE_TEAM = "say which doctors treat a patient"
    SEE_MEET_LINK = "see a doctor's video link"
    RUN_CLINIC = "see one's own day as a doctor"
    APPLY_AS_DOCTOR = "apply to be listed as a doctor"
    NOMINATE_DOCTOR = "propose somebody else as a doctor"
    CHANGE_DOCTOR = "change or delete a doctor"
    CREATE_DEPARTMENT = "add a department"
    SEE_DEPARTMENT_DOCTORS = "see who works in a department"
    SEE_DEPARTMENT_PEOPLE = "see a department's patients and records"
    LIST_RECORDS = "list clinical records as staff"
    WRITE_RECORD = "open, change and void clinical records"
    OPEN_IN_EMERGENCY = "read for a while the record of somebody whom one does not treat"
    REVIEW = "review a doctor"
    CHANGE_REVIEW = "change a review"
    DELETE_REVIEW = "delete a review"
    REPLY_TO_REVIEW = "reply to a review"
    MANAGE_ACCOUNT = "manage the own account"
    ADMINISTER = "run the hospital's data"


Grant = Callable[[Actor, Any], bool]


def _is_member(actor: Actor, _row: object) -> bool:
    return actor.is_signed_in


def _is_doctor(actor: Actor, _row: object) -> bool:
    return actor.is_doctor


def _is_admin(actor: Actor, _row: object) -> bool:
    return actor.is_admin


def _manages_patient(actor: Actor, patient: Patient) -> bool:
    return actor.is_signed_in and patient.manager_id == actor.account_id


def _manages_appointment(actor: Actor, appointment: Appointment) -> bool:
    return _manages_patient(actor, appointment.patient)


def _wrote_review(actor: Actor, review: Review) -> bool:
    return _manages_patient(actor, review.patient)


def _is_reviewed(actor: Actor, review: Review) -> bool:
    return actor.doctor_id is not None and review.doctor_id == actor.doctor_id


def _owns_profile(actor: Actor, profile: Profile) -> bool:
    return actor.is_signed_in and profile.account_id == actor.account_id


def _works_in(actor: Actor, department: Department) -> bool:
    return actor.is_doctor and department.id == actor.department_id


def _is_doctor_of(actor: Actor, appointment: Appointment) -> bool:
    return actor.doctor_id is not None and appointment.doctor_id == actor.doctor_id


def _is_the_doctor(actor: Actor, doctor: Doctor) -> bool:
    return actor.is_signed_in and doctor.account_id == actor.account_id


def _runs_own_calendar(actor: Actor, doctor: Doctor) -> bool:
    return actor.doctor_id is not None and doctor.id == actor.doctor_id


GRANTS: Mapping[Permission, tuple[Grant, ...]] = {
    Permission.BOOK: (_is_member,),
    Permission.BOOK_FOR_PATIENT: (_manages_patient, _is_admin),
    Permission.CHANGE_AS_PATIENT: (_manages_appointment,),
    Permission.WAIT_FOR_PATIENT: (_manages_patient,),
    Permission.CHANGE_AS_STAFF: (_is_doctor_of, _is_admin),
    Permission.RUN_CALENDAR: (_runs_own_calendar, _is_admin),
    Permission.CHANGE_PROFILE: (_owns_profile, _is_admin),
    Permission.ADD_DEPENDANT: (_is_member,),
    Permission.REGISTER_PATIENT: (_is_doctor, _is_admin),
    Permission.CHANGE_PATIENT: (_manages_patient, _is_admin),
    Permission.OVERSEE_RECORD: (_manages_patient,),
    Permission.CHANGE_CARE_TEAM: (_manages_patient, _is_admin),
    Permission.SEE_MEET_LINK: (_is_the_doctor, _is_admin),
    Permission.RUN_CLINIC: (_is_doctor,),
    Permission.APPLY_AS_DOCTOR: (_is_member,),
    Permission.NOMINATE_DOCTOR: (_is_doctor, _is_admin),
    Permission.CHANGE_DOCTOR: (_is_the_doctor, _is_admin),
    Permission.CREATE_DEPARTMENT: (_is_doctor, _is_admin),
    Permission.SEE_DEPARTMENT_DOCTORS: (_is_doctor, _is_admin),
    Permission.SEE_DEPARTMENT_PEOPLE: (_works_in, _is_admin),
    Permission.LIST_RECORDS: (_is_doctor, _is_admin),
    Permission.WRITE_RECORD: (_is_doctor,),
    Permission.OPEN_IN_EMERGENCY: (_is_doctor,),
    Permission.REVIEW: (_is_member,),
    Permission.CHANGE_REVIEW: (_wrote_review,),
    Permission.DELETE_REVIEW: (_wrote_review, _is_admin),
    Permission.REPLY_TO_REVIEW: (_is_reviewed,),
    Permission.MANAGE_ACCOUNT: (_is_member,),
    Permission.ADMINISTER: (_is_admin,),
}
"""A doctor may also book for, and change, a patient whom that doctor treats: a question of rows, asked by the services.

Those that take no row are roles; the JSON face asks them before anything else (contract, section 1).
"""


SECOND_FACTOR_OWED = "The hospital asks its staff for two-step sign-in. Turn it on in the portal, under My account."


def can(actor: Actor, permission: Permission, row: object = None) -> bool:
    """Whether the actor may do this with a row already fetched; asks no query."""
    return any(grant(actor, row) for grant in GRANTS[permission])


def require(actor: Actor, permission: Permission, row: object = None) -> None:
    """Raises Unauthorized for a stranger, Forbidden for anyone else who may not, or not yet."""
    if can(actor, permission, row):
        return
    if not actor.is_signed_in:
        raise Unauthorized
    raise Forbidden(SECOND_FACTOR_OWED if actor.owes_second_factor else None)
