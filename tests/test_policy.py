"""Who may see which rows, and who may do what: each actor against each row of one small hospital."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, models, policy
from app.clock import now
from app.errors import Forbidden, NotFound, Unauthorized
from app.extensions import Base
from app.policy import GRANTS, VISIBLE, Actor, Permission
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    AuditEventFactory,
    AvailableTimeFactory,
    BookingDraftFactory,
    CalendarFeedFactory,
    CareTeamMemberFactory,
    ClinicalRecordFactory,
    ContactMessageFactory,
    DepartmentFactory,
    DesignationFactory,
    DoctorFactory,
    EmergencyAccessFactory,
    EmergencyCheckFactory,
    ImportBatchFactory,
    ImportRowFactory,
    MessageFactory,
    NoteDraftFactory,
    PatientFactory,
    RecordExportFactory,
    ReminderChoiceFactory,
    ReviewFactory,
    ReviewHidingFactory,
    ReviewReplyFactory,
    ServiceFactory,
    SpecialisationFactory,
    TimeOffFactory,
    VisitStepFactory,
    WaitingEntryFactory,
    WaitingOfferFactory,
    WeeklyHoursFactory,
    coming_weekday,
)
from tests.support.databases import Database

TEN = coming_weekday(hour=10)
HOUR = timedelta(hours=1)


class Scene:
    """Marie and her child, Otto and somebody without an account; Dr Heart, Dr Lung and an applicant; an admin."""

    def __init__(self) -> None:
        heart, lung = DepartmentFactory(name="heart"), DepartmentFactory(name="lung")
        marie, otto = (AccountFactory(username=name) for name in ("marie", "otto"))
        dr_heart, dr_lung = DoctorFactory(name="heart", department=heart), DoctorFactory(name="lung", department=lung)
        applicant = DoctorFactory(name="applicant", pending=True)
        retired = DoctorFactory(name="retired", department=heart, deleted_at=now())
        own = PatientFactory(name="marie", manager=marie)
        child = PatientFactory(name="child", manager=marie, is_own=False)
        ottos = PatientFactory(name="otto", manager=otto)
        unmanaged = PatientFactory(name="unmanaged", manager=None)
        voided = PatientFactory(name="voided", manager=marie, is_own=False, voided_at=now())
        self.actors = {
            "stranger": Actor(),
            "marie": Actor(account_id=marie.id),
            "otto": Actor(account_id=otto.id),
            "applicant": Actor(account_id=applicant.account_id),
            "heart": Actor(account_id=dr_heart.account_id, doctor_id=dr_heart.id, department_id=heart.id),
            "lung": Actor(account_id=dr_lung.account_id, doctor_id=dr_lung.id, department_id=lung.id),
            "homeless": Actor(account_id=retired.account_id, doctor_id=dr_lung.id, department_id=None),
            "admin": Actor(account_id=AccountFactory().id, is_admin=True),
        }
        at = iter(TEN + timedelta(minutes=30 * number) for number in range(20))

        def visit(patient: models.Patient, doctor: models.Doctor, **values: Any) -> models.Appointment:
            return AppointmentFactory(patient=patient, doctor=doctor, starts_at=next(at), **values)

        def record(patient: models.Patient, doctor: models.Doctor, **values: Any) -> models.ClinicalRecord:
            return ClinicalRecordFactory(patient=patient, author=doctor, **values)

        waiting = WaitingEntryFactory(patient=child, doctor=dr_heart)
        # What it holds is out of the way of the visits.
        offer = WaitingOfferFactory(entry=waiting, held__starts_at=next(at), held__removed_at=now())
        self.rows: dict[type[Base], dict[str, Any]] = {
            models.Doctor: {"heart": dr_heart, "lung": dr_lung, "applicant": applicant, "retired": retired},
            models.Patient: {"marie": own, "child": child, "otto": ottos, "unmanaged": unmanaged, "voided": voided},
            models.Appointment: {
                "marie at heart": visit(own, dr_heart),
                "child at lung": visit(child, dr_lung),
                "otto at lung": visit(ottos, dr_lung),
                "otto removed": visit(ottos, dr_lung, state=models.VisitState.CANCELLED, removed_at=now()),
                "unmanaged at heart": visit(unmanaged, dr_heart, patient_agreed=False),
                "voided at heart": visit(voided, dr_heart, patient_agreed=False),
            },
            models.ClinicalRecord: {
                "marie by heart": record(own, dr_heart),
                "child by heart": record(child, dr_heart),
                "otto by lung": record(ottos, dr_lung),
                "otto by nobody": ClinicalRecordFactory(patient=ottos, author=None, reported_by_patient=True),
                "unmanaged by lung": record(unmanaged, dr_lung),
                "unmanaged by nobody": ClinicalRecordFactory(patient=unmanaged, author=None, reported_by_patient=True),
                "voided by lung": record(own, dr_lung, voided_at=now()),
            },
            models.Review: {
                "shown": (shown := ReviewFactory(patient=own, doctor=dr_heart)),
                "hidden": (hidden := ReviewFactory(patient=ottos, doctor=dr_lung, hidden_at=now())),
            },
            models.ReviewReply: {
                "to shown": ReviewReplyFactory(review=shown),
                "to hidden": ReviewReplyFactory(review=hidden),
            },
            models.ReviewHiding: {"otto's": ReviewHidingFactory(review=hidden)},
            # It is over: what it opened is not seen any more.
            models.EmergencyAccess: {
                "marie's by lung": (
                    access := EmergencyAccessFactory(patient=own, doctor=dr_lung, opened_at=now() - HOUR)
                )
            },
            models.EmergencyCheck: {"marie's by lung": EmergencyCheckFactory(access=access)},
            models.CareTeamMember: {"otto's heart": CareTeamMemberFactory(patient=ottos, doctor=dr_heart)},
            models.WaitingEntry: {"child": waiting, "voided": WaitingEntryFactory(patient=voided, doctor=dr_heart)},
            models.WaitingOffer: {"child": offer},
            models.RecordExport: {
                "marie": RecordExportFactory(patient=own),
                "otto": RecordExportFactory(patient=ottos),
            },
            models.ContactMessage: {"question": ContactMessageFactory()},
            models.Department: {"heart": heart, "lung": lung},
            models.Designation: {"one": DesignationFactory()},
            models.Specialisation: {"one": SpecialisationFactory()},
            models.AvailableTime: {"nine": AvailableTimeFactory()},
            models.Service: {"one": ServiceFactory()},
            models.VisitStep: {"at heart": VisitStepFactory(appointment=visit(own, dr_heart, removed_at=now()))},
            models.AuditEvent: {"one": AuditEventFactory()},
            models.ImportBatch: {"one": (batch := ImportBatchFactory(state=models.ImportState.DONE))},
            models.ImportRow: {"one": ImportRowFactory(batch=batch)},
            models.Message: {"one": MessageFactory()},
            models.HospitalSettings: {"the row": models.HospitalSettings(id=1)},  # which the migration has written
            models.BookingDraft: {"marie": BookingDraftFactory(patient=own, doctor=dr_heart)},
            models.NoteDraft: {"heart": NoteDraftFactory(patient=own, doctor=dr_heart)},
            models.CalendarFeed: {"marie": CalendarFeedFactory(account=marie)},
            models.ReminderChoice: {"marie": ReminderChoiceFactory(account=marie)},
            models.WeeklyHours: {"heart": WeeklyHoursFactory(doctor=dr_heart)},
            models.TimeOff: {"heart": TimeOffFactory(doctor_id=dr_heart.id), "everybody": TimeOffFactory()},
            models.Profile: {
                "marie": marie.profile,
                "otto": otto.profile,
                "closed": AccountFactory(is_active=False).profile,
            },
        }

    def seen(self, session: Session, who: str, model: type[Base]) -> set[str]:
        """The names of the rows of a model that somebody sees."""
        keys = {row.id for row in session.scalars(policy.visible(self.actors[who], model))}  # type: ignore[attr-defined]  # every model has a key
        names = {row.id: name for name, row in self.rows.get(model, {}).items()}
        return {names.get(key, "another") for key in keys}


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.unit_of_work() as opened:
        yield opened


@pytest.fixture
def scene(session: Session) -> Scene:
    return Scene()


def everyone(*names: str) -> dict[str, set[str]]:
    """All actors see these rows."""
    return {who: set(names) for who in EVERYONE}


EVERYONE = ("stranger", "marie", "otto", "applicant", "heart", "lung", "homeless", "admin")
LISTED = {"heart", "lung"}
DIRECTORY = {"marie", "child", "otto", "unmanaged"}
ALL_VISITS = {"marie at heart", "child at lung", "otto at lung", "unmanaged at heart", "voided at heart"}
OTTOS_RECORDS = {"otto by lung", "otto by nobody"}
ALL_RECORDS = {"marie by heart", "child by heart", *OTTOS_RECORDS, "unmanaged by lung", "unmanaged by nobody"}
NOBODY_ELSE = everyone()

SEEN: dict[type[Base], dict[str, set[str]]] = {
    models.Doctor: everyone(*LISTED) | {"applicant": {*LISTED, "applicant"}, "admin": {*LISTED, "applicant"}},
    models.Patient: NOBODY_ELSE
    | {"marie": {"marie", "child"}, "otto": {"otto"}}
    | dict.fromkeys(("heart", "lung", "homeless", "admin"), DIRECTORY),
    models.Appointment: NOBODY_ELSE
    | {
        "marie": {"marie at heart", "child at lung"},
        "otto": {"otto at lung"},
        "heart": {"marie at heart", "unmanaged at heart", "voided at heart"},
        "lung": {"child at lung", "otto at lung"},
        "homeless": {"child at lung", "otto at lung"},
        "admin": ALL_VISITS,
    },
    # Dr Heart treats Otto by the care team, Dr Lung the child by a visit that it came to of its own will.
    models.ClinicalRecord: NOBODY_ELSE
    | {
        "marie": {"marie by heart", "child by heart"},
        "otto": OTTOS_RECORDS,
        "heart": {"marie by heart", "child by heart", *OTTOS_RECORDS},
        "lung": {"child by heart", *OTTOS_RECORDS, "unmanaged by lung"},
        "homeless": {"child by heart", *OTTOS_RECORDS},
        "admin": ALL_RECORDS,
    },
    models.Review: everyone("shown") | {"admin": {"shown", "hidden"}},
    models.ReviewReply: everyone("to shown") | {"admin": {"to shown", "to hidden"}},
    models.ReviewHiding: NOBODY_ELSE | {who: {"otto's"} for who in ("otto", "admin")},
    models.EmergencyAccess: NOBODY_ELSE | {who: {"marie's by lung"} for who in ("marie", "lung", "homeless", "admin")},
    models.EmergencyCheck: NOBODY_ELSE | {"admin": {"marie's by lung"}},
    models.CareTeamMember: NOBODY_ELSE | {who: {"otto's heart"} for who in ("otto", "heart", "admin")},
    models.WaitingEntry: NOBODY_ELSE | {"marie": {"child"}},
    models.WaitingOffer: NOBODY_ELSE | {"marie": {"child"}},
    models.RecordExport: NOBODY_ELSE | {"marie": {"marie"}, "otto": {"otto"}},
    models.ContactMessage: NOBODY_ELSE | {"admin": {"question"}},
    models.Department: everyone("heart", "lung"),
    models.Designation: everyone("one"),
    models.Specialisation: everyone("one"),
    models.AvailableTime: everyone("nine"),
    models.Service: everyone("one"),
    models.VisitStep: NOBODY_ELSE | {who: {"at heart"} for who in ("heart", "admin")},
    models.HospitalSettings: NOBODY_ELSE | {"admin": {"the row"}},
    models.AuditEvent: NOBODY_ELSE | {"admin": {"one"}},
    models.ImportBatch: NOBODY_ELSE | {"admin": {"one"}},
    models.ImportRow: NOBODY_ELSE | {"admin": {"one"}},
    models.Message: NOBODY_ELSE | {"admin": {"one"}},
    models.BookingDraft: NOBODY_ELSE | {"marie": {"marie"}},
    models.NoteDraft: NOBODY_ELSE | {"heart": {"heart"}},
    models.CalendarFeed: NOBODY_ELSE | {"marie": {"marie"}},
    models.ReminderChoice: NOBODY_ELSE | {"marie": {"marie"}},
    models.WeeklyHours: NOBODY_ELSE | {"heart": {"heart"}, "admin": {"heart"}},
    # That the whole hospital is closed everybody may know.
    models.TimeOff: everyone("everybody") | {who: {"heart", "everybody"} for who in ("heart", "admin")},
    # The others have profiles, too, of which each sees one.
    models.Profile: {who: {"another"} for who in EVERYONE}
    | {"stranger": set(), "marie": {"marie"}, "otto": {"otto"}, "admin": {"marie", "otto", "another"}},
}


class TestVisible:
    def test_each_sees_what_the_table_says(self, scene: Scene, session: Session) -> None:
        seen = {model: {who: scene.seen(session, who, model) for who in EVERYONE} for model in SEEN}

        assert seen == SEEN

    def test_the_table_is_whole(self) -> None:
        assert set(SEEN) == set(VISIBLE)

    def test_no_rule_no_rows(self, scene: Scene, session: Session) -> None:
        hidden = {mapper.class_ for mapper in Base.registry.mappers} - set(VISIBLE)
        assert {models.Account, models.Session, models.AuditEventPatient} <= hidden
        for model in hidden:
            assert scene.seen(session, "admin", model) == set()

    def test_nobody_acts_for_patients_without_an_account(self, scene: Scene, session: Session) -> None:
        assert session.scalars(policy.managed_patients(Actor())).all() == []

    @pytest.mark.both_databases
    def test_all_ways_to_see_together_are_the_rule(self, scene: Scene, session: Session) -> None:
        for model in SEEN:
            for actor in scene.actors.values():
                ways = policy.ways_to_see(actor, model)
                seen = {row for way in ways for row in session.scalars(select(model).where(way))}
                assert seen == set(session.scalars(policy.visible(actor, model))), model

    def test_each_reason_for_reading_a_record_is_a_way_of_its_own(self, scene: Scene) -> None:
        ways = {who: len(policy.ways_to_see(actor, models.ClinicalRecord)) for who, actor in scene.actors.items()}

        assert (ways["marie"], ways["heart"]) == (1, 3)

    def test_whom_a_doctor_treats_is_one_rule(self, scene: Scene, session: Session) -> None:
        for actor in scene.actors.values():
            one_by_one = select(models.Patient.id).where(policy.treated_by(actor.doctor_id, models.Patient.id))
            assert set(session.scalars(policy.treated_patients(actor.doctor_id))) == set(session.scalars(one_by_one))

    @pytest.mark.both_databases
    def test_emergency_access_opens_a_record_for_reading_until_its_end(
        self, scene: Scene, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lung, record = scene.actors["lung"], scene.rows[models.ClinicalRecord]["marie by heart"]
        doctor, marie = scene.rows[models.Doctor]["lung"], scene.rows[models.Patient]["marie"]
        with pytest.raises(NotFound):  # and the statement is made, which serves the next ones, too
            policy.fetch(lung, models.ClinicalRecord, record.id)
        access = EmergencyAccessFactory(doctor=doctor, patient=marie)
        last = access.ends_at - timedelta(microseconds=1)

        monkeypatch.setattr(clock, "now", lambda: last)
        assert policy.fetch(lung, models.ClinicalRecord, record.id) is record
        assert scene.seen(session, "lung", models.ClinicalRecord) == {
            *SEEN[models.ClinicalRecord]["lung"],
            "marie by heart",
        }
        assert scene.seen(session, "heart", models.ClinicalRecord) == SEEN[models.ClinicalRecord]["heart"]
        assert not policy.keeps(lung, record)
        assert not session.scalar(select(policy.treated_by(doctor.id, marie.id)))
        assert marie.id not in set(session.scalars(policy.treated_patients(doctor.id)))

        monkeypatch.setattr(clock, "now", lambda: access.ends_at)
        with pytest.raises(NotFound):
            policy.fetch(lung, models.ClinicalRecord, record.id)
        assert scene.seen(session, "lung", models.ClinicalRecord) == SEEN[models.ClinicalRecord]["lung"]

    def test_who_is_no_doctor_any_more_has_no_emergency_access(self, scene: Scene) -> None:
        doctor, marie = scene.rows[models.Doctor]["lung"], scene.rows[models.Patient]["marie"]
        EmergencyAccessFactory(doctor=doctor, patient=marie)

        record = scene.rows[models.ClinicalRecord]["marie by heart"]
        with pytest.raises(NotFound):
            policy.fetch(Actor(account_id=doctor.account_id), models.ClinicalRecord, record.id)

    def test_a_doctor_sees_the_own_childs_record_as_a_mother_only(self, scene: Scene, session: Session) -> None:
        mother = Actor(account_id=scene.actors["marie"].account_id, doctor_id=scene.actors["lung"].doctor_id)

        def seen(actor: Actor, hat: policy.Capacity) -> set[str]:
            rule = policy.may_see_as(actor, hat, models.ClinicalRecord)
            keys = set(session.scalars(select(models.ClinicalRecord.id).where(rule)))
            return {name for name, row in scene.rows[models.ClinicalRecord].items() if row.id in keys}

        assert seen(mother, policy.Capacity.MEMBER) == SEEN[models.ClinicalRecord]["marie"]
        assert seen(scene.actors["heart"], policy.Capacity.DOCTOR) == SEEN[models.ClinicalRecord]["heart"]
        assert seen(mother, policy.Capacity.ADMIN) == set()
        assert "marie by heart" not in seen(mother, policy.Capacity.DOCTOR)
        assert "child by heart" in seen(mother, policy.Capacity.DOCTOR)

    @pytest.mark.parametrize(
        ("values", "opens"),
        [
            ({"state": models.VisitState.PENDING}, True),
            ({"state": models.VisitState.CONFIRMED}, True),
            ({"state": models.VisitState.IN_PROGRESS}, True),
            ({"state": models.VisitState.COMPLETED}, True),
            ({"state": models.VisitState.NO_SHOW}, True),
            ({"state": models.VisitState.CANCELLED}, False),
            ({"state": models.VisitState.HELD, "hold_expires_at": now()}, False),
            ({"state": models.VisitState.CONFIRMED, "patient_agreed": False}, False),
        ],
    )
    def test_only_a_visit_that_the_patient_wanted_opens_the_record(
        self, session: Session, values: dict[str, Any], *, opens: bool
    ) -> None:
        visit = AppointmentFactory(**values)
        record = ClinicalRecordFactory(patient=visit.patient)
        doctor = Actor(account_id=visit.doctor.account_id, doctor_id=visit.doctor_id)

        assert [row.id for row in session.scalars(policy.visible(doctor, models.ClinicalRecord))] == [record.id] * opens


class TestFetch:
    def test_absent_and_hidden_are_the_same(self, scene: Scene) -> None:
        hidden = scene.rows[models.Patient]["otto"].id

        told = []
        for key in (hidden, 987654, 0, -1, 2**63 - 1, 2**63, 2**100):
            with pytest.raises(NotFound) as refusal:
                policy.fetch(scene.actors["marie"], models.Patient, key)
            told.append((type(refusal.value), refusal.value.message))
        assert len(set(told)) == 1

    def test_it_gives_what_is_visible(self, scene: Scene) -> None:
        child = scene.rows[models.Patient]["child"]

        assert policy.fetch(scene.actors["marie"], models.Patient, child.id) is child
        assert policy.fetch(scene.actors["admin"], models.Patient, child.id, lock=True) is child


def row_for(scene: Scene, permission: Permission) -> Any:
    """What the permission is about: Marie, her visit at Dr Heart's, or Dr Heart."""
    about = {
        Permission.BOOK_FOR_PATIENT: scene.rows[models.Patient]["marie"],
        Permission.CHANGE_AS_PATIENT: scene.rows[models.Appointment]["marie at heart"],
        Permission.WAIT_FOR_PATIENT: scene.rows[models.Patient]["marie"],
        Permission.CHANGE_AS_STAFF: scene.rows[models.Appointment]["marie at heart"],
        Permission.RUN_CALENDAR: scene.rows[models.Doctor]["heart"],
        Permission.CHANGE_PROFILE: scene.rows[models.Profile]["marie"],
        Permission.CHANGE_PATIENT: scene.rows[models.Patient]["marie"],
        Permission.OVERSEE_RECORD: scene.rows[models.Patient]["marie"],
        Permission.CHANGE_CARE_TEAM: scene.rows[models.Patient]["marie"],
        Permission.SEE_MEET_LINK: scene.rows[models.Doctor]["heart"],
        Permission.CHANGE_DOCTOR: scene.rows[models.Doctor]["heart"],
        Permission.SEE_DEPARTMENT_PEOPLE: scene.rows[models.Department]["heart"],
        Permission.CHANGE_REVIEW: scene.rows[models.Review]["shown"],
        Permission.DELETE_REVIEW: scene.rows[models.Review]["shown"],
        Permission.REPLY_TO_REVIEW: scene.rows[models.Review]["shown"],
    }
    return about.get(permission)


KNOWN = set(EVERYONE) - {"stranger"}
DOCTORS = {"heart", "lung", "homeless"}
STAFF = {*DOCTORS, "admin"}
MAY: dict[Permission, set[str]] = {
    Permission.BOOK: KNOWN,
    Permission.BOOK_FOR_PATIENT: {"marie", "admin"},
    Permission.CHANGE_AS_PATIENT: {"marie"},
    Permission.WAIT_FOR_PATIENT: {"marie"},
    Permission.CHANGE_AS_STAFF: {"heart", "admin"},
    Permission.RUN_CALENDAR: {"heart", "admin"},
    Permission.CHANGE_PROFILE: {"marie", "admin"},
    Permission.ADD_DEPENDANT: KNOWN,
    Permission.REGISTER_PATIENT: STAFF,
    Permission.CHANGE_PATIENT: {"marie", "admin"},
    Permission.OVERSEE_RECORD: {"marie"},
    Permission.CHANGE_CARE_TEAM: {"marie", "admin"},
    Permission.SEE_MEET_LINK: {"heart", "admin"},
    Permission.RUN_CLINIC: DOCTORS,
    Permission.APPLY_AS_DOCTOR: KNOWN,
    Permission.NOMINATE_DOCTOR: STAFF,
    Permission.CHANGE_DOCTOR: {"heart", "admin"},
    Permission.CREATE_DEPARTMENT: STAFF,
    Permission.SEE_DEPARTMENT_DOCTORS: STAFF,
    Permission.SEE_DEPARTMENT_PEOPLE: {"heart", "admin"},
    Permission.LIST_RECORDS: STAFF,
    Permission.WRITE_RECORD: DOCTORS,
    Permission.OPEN_IN_EMERGENCY: DOCTORS,
    Permission.REVIEW: KNOWN,
    Permission.CHANGE_REVIEW: {"marie"},
    Permission.DELETE_REVIEW: {"marie", "admin"},
    Permission.REPLY_TO_REVIEW: {"heart"},
    Permission.MANAGE_ACCOUNT: KNOWN,
    Permission.ADMINISTER: {"admin"},
}


class TestGrants:
    def test_each_may_do_what_the_table_says(self, scene: Scene) -> None:
        may = {
            permission: {
                who for who in EVERYONE if policy.can(scene.actors[who], permission, row_for(scene, permission))
            }
            for permission in Permission
        }

        assert may == MAY

    def test_the_table_is_whole(self) -> None:
        assert set(GRANTS) == set(Permission) == set(MAY)

    def test_nobody_acts_for_a_patient_without_an_account(self, scene: Scene) -> None:
        unmanaged = scene.rows[models.Patient]["unmanaged"]

        assert not policy.can(Actor(), Permission.BOOK_FOR_PATIENT, unmanaged)

    def test_asking_costs_no_query(self, scene: Scene, count_queries: Any) -> None:
        with count_queries() as statements:
            for permission in Permission:
                policy.can(scene.actors["heart"], permission, row_for(scene, permission))

        assert len(statements) == 0, statements


class TestRequire:
    def test_a_stranger_is_asked_to_sign_in_others_are_refused(self, scene: Scene) -> None:
        with pytest.raises(Unauthorized):
            policy.require(scene.actors["stranger"], Permission.ADMINISTER)
        with pytest.raises(Forbidden):
            policy.require(scene.actors["marie"], Permission.ADMINISTER)
        policy.require(scene.actors["admin"], Permission.ADMINISTER)


class TestCapacities:
    def test_one_account_may_wear_several_hats(self) -> None:
        both = Actor(account_id=1, doctor_id=2, is_admin=True)

        assert policy.capacities(both) == set(policy.Capacity)
        assert policy.capacities(Actor()) == {policy.Capacity.ANYONE}
