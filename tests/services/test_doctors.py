"""Doctors: who is found by whom and in which order, what is shown of them, and how applications are decided."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select

from app import unit_of_work
from app.errors import Conflict, Forbidden, Invalid, NotFound, Unauthorized
from app.extensions import db
from app.models import (
    Account,
    Approval,
    AuditEvent,
    Doctor,
    Message,
    VisitKind,
    VisitState,
)
from app.models.types import BIGGEST_KEY
from app.policy import Actor
from app.services import doctor_lists, doctors
from app.services.hours import HoursSummary, hours_summary
from app.services.ratings import Rating
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    AvailableTimeFactory,
    DepartmentFactory,
    DesignationFactory,
    DoctorFactory,
    PatientFactory,
    ReviewFactory,
    SpecialisationFactory,
    TimeOffFactory,
    WeeklyHoursFactory,
)
from tests.support.databases import Database
from tests.support.queries import Queries

CountQueries = Callable[[], AbstractContextManager[Queries]]

STRANGER = Actor()
MEMBER = Actor(account_id=10**6)

pytestmark = pytest.mark.both_databases


def admin() -> Actor:
    return Actor(account_id=AccountFactory(is_admin=True).id, is_admin=True)


def doctor_actor(doctor: Doctor) -> Actor:
    return Actor(account_id=doctor.account_id, doctor_id=doctor.id, department_id=doctor.department_id)


def found(actor: Actor, **filters: object) -> list[int]:
    listing = doctor_lists.find(actor, **({"limit": 100, "offset": 0} | filters))  # type: ignore[arg-type]  # named by the test
    assert listing.count == len(listing.rows)
    return [doctor.id for doctor in listing.rows]


class TestFind:
    def test_members_find_approved_doctors_by_id_and_their_own_application(self, database: Database) -> None:
        approved = [DoctorFactory().id for _ in range(3)]
        mine = DoctorFactory(pending=True)
        DoctorFactory(pending=True)
        DoctorFactory(approval=Approval.REJECTED)
        DoctorFactory(deleted_at=datetime.now(UTC))

        with database.unit_of_work():
            assert found(MEMBER) == approved
            assert found(Actor(account_id=mine.account_id)) == [*approved, mine.id]

    def test_admins_find_applications_too(self, database: Database) -> None:
        keys = [DoctorFactory().id, DoctorFactory(pending=True).id]
        with database.unit_of_work():
            assert found(admin()) == keys

    def test_a_page_is_a_slice_and_the_count_is_of_all(self, database: Database) -> None:
        keys = [DoctorFactory().id for _ in range(5)]
        with database.unit_of_work():
            page = doctor_lists.find(MEMBER, limit=2, offset=2)
        assert ([doctor.id for doctor in page.rows], page.count) == (keys[2:4], 5)

    def test_every_word_is_found_in_name_speciality_designation_or_department(self, database: Database) -> None:
        wanted = DoctorFactory(
            name="Zoë Bloggs",
            specialization="Stents",
            department=DepartmentFactory(name="Heart centre"),
            designations=[DesignationFactory(name="Consultant")],
            specialisations=[SpecialisationFactory(name="Cardiology"), SpecialisationFactory(name="Angiology")],
        )
        DoctorFactory(name="Someone Else")
        with database.unit_of_work():
            for search in ("zoë", "ZOË bloggs", "cardio", "CONSULTANT", "  bloggs   heart ", "stent consultant angio"):
                assert found(MEMBER, search=search) == [wanted.id]

    def test_a_word_that_occurs_nowhere_finds_nobody(self, database: Database) -> None:
        DoctorFactory(name="Joe Bloggs")
        with database.unit_of_work():
            for search in ("bloggs surgery", "%", "_", "b%s", "\\", "nobody", "bloggs\0x"):
                assert found(MEMBER, search=search) == []

    def test_what_no_database_can_store_is_left_out_of_the_search(self, database: Database) -> None:
        doctor = DoctorFactory(name="Joe Bloggs")
        with database.unit_of_work():
            assert found(MEMBER, search="\0blo\ud800ggs\0") == [doctor.id]

    def test_filters_narrow_together(self, database: Database) -> None:
        field, grade, department = SpecialisationFactory(), DesignationFactory(), DepartmentFactory()
        same: dict[str, object] = {
            "specialisations": [field],
            "designations": [grade],
            "department": department,
            "fee": 80,
        }
        wanted = DoctorFactory(**same)
        others: dict[str, object] = {"specialisations": [], "designations": [], "department": None, "fee": 81}
        for name, other in others.items():
            DoctorFactory(**(same | {name: other}))
        filters = {
            "specialisation_id": field.id,
            "designation_id": grade.id,
            "department_id": department.id,
            "fee": 80,
        }
        with database.unit_of_work():
            assert found(MEMBER, **filters) == [wanted.id]
            for name, value in filters.items():
                assert len(found(MEMBER, **{name: value})) == 4

    @pytest.mark.parametrize(
        "name", ["specialisation_id", "designation_id", "department_id", "available_time_id", "fee"]
    )
    def test_a_number_that_nothing_has_finds_nobody(self, database: Database, name: str) -> None:
        DoctorFactory(hours=True)
        with database.unit_of_work():
            for number in (0, -1, 999_999, BIGGEST_KEY, BIGGEST_KEY + 1, 10**30, -(10**30)):
                assert found(MEMBER, **{name: number}) == []

    def test_the_number_of_statements_does_not_grow(self, database: Database, count_queries: CountQueries) -> None:
        for _ in range(6):
            DoctorFactory(hours=True, specialisations=[SpecialisationFactory()], designations=[DesignationFactory()])
        entry = AvailableTimeFactory()

        def statements(limit: int) -> int:
            with database.unit_of_work(), count_queries() as counted:
                page = doctor_lists.find(MEMBER, search="field", available_time_id=entry.id, limit=limit, offset=0)
                assert all(doctor.specialisations and doctor.designations for doctor in page.rows)
                assert all(doctor.username and doctor.department_name for doctor in page.rows)
                assert len(page.rows) == limit
            return len(counted)

        assert statements(2) == statements(6) == 2


class TestSoonest:
    def cards(self, database: Database, **filters: object) -> list[doctors.DoctorCard]:
        with database.unit_of_work():
            page = doctors.soonest(STRANGER, **({"limit": 20, "offset": 0} | filters))  # type: ignore[arg-type]  # named by the test
        return list(page.rows)

    def test_who_is_free_first_comes_first_and_who_never_is_last_by_name(self, database: Database) -> None:
        zelda, adam = DoctorFactory(name="Zelda"), DoctorFactory(name="adam")
        early, late = DoctorFactory(hours=True, name="Early"), DoctorFactory(hours=True, name="Late")
        TimeOffFactory(doctor_id=late.id, starts_at=datetime.now(UTC), ends_at=datetime.now(UTC) + timedelta(days=8))
        DoctorFactory(hours=True, pending=True)

        cards = self.cards(database)

        assert [card.id for card in cards] == [early.id, late.id, adam.id, zelda.id]
        assert [len(card.free_times) for card in cards] == [3, 3, 0, 0]
        assert cards[0].free_times == sorted(cards[0].free_times)

    def test_a_card_tells_what_people_choose_by(self, database: Database) -> None:
        doctor = DoctorFactory(
            name="Amira Khan",
            fee=80,
            department=DepartmentFactory(name="Heart centre"),
            designations=[DesignationFactory(name="Consultant")],
            specialisations=[SpecialisationFactory(name="Cardiology"), SpecialisationFactory(name="Angiology")],
        )
        ReviewFactory(doctor=doctor)

        (card,) = self.cards(database)

        assert card == doctors.DoctorCard(
            id=doctor.id,
            name="Amira Khan",
            department="Heart centre",
            specialisations=["Angiology", "Cardiology"],
            designations=["Consultant"],
            fee=80,
            picture_id=None,
            rating=None,
            reviews=1,
            free_times=[],
        )

    def test_search_and_filters_hold_and_pages_follow_one_another(self, database: Database) -> None:
        department = DepartmentFactory(name="Heart centre")
        names = [DoctorFactory(name=f"Doctor {number}", department=department).name for number in range(5)]
        DoctorFactory(name="Doctor of another place")

        with database.unit_of_work():
            page = doctors.soonest(STRANGER, search="doctor", department_id=department.id, limit=2, offset=2)

        assert ([card.name for card in page.rows], page.count) == (names[2:4], 5)

    def test_an_admin_finds_here_only_who_can_be_booked(self, database: Database) -> None:
        DoctorFactory(pending=True)
        with database.unit_of_work():
            assert doctors.soonest(admin(), limit=10, offset=0).count == 0

    def test_the_number_of_statements_does_not_grow(self, database: Database, count_queries: CountQueries) -> None:
        def statements() -> int:
            with database.unit_of_work(), count_queries() as counted:
                doctors.soonest(STRANGER, limit=20, offset=0)
            return len(counted)

        with database.unit_of_work():
            for _ in range(2):
                DoctorFactory(hours=True)
        few = statements()
        with database.unit_of_work():
            for _ in range(8):
                DoctorFactory(hours=True)
        assert statements() == few <= 11


class TestGet:
    def test_it_gives_a_doctor_with_all_relations(self, database: Database) -> None:
        doctor = DoctorFactory()
        with database.unit_of_work():
            got = doctors.get(STRANGER, doctor.id)
            assert (got.id, got.account, got.designations) == (doctor.id, got.account, [])
            assert got.department is not None

    def test_an_application_is_there_for_the_applicant_and_admins_alone(self, database: Database) -> None:
        applicant = DoctorFactory(pending=True)
        with database.unit_of_work():
            assert doctors.get(Actor(account_id=applicant.account_id), applicant.id).id == applicant.id
            assert doctors.get(admin(), applicant.id).id == applicant.id
            for actor in (STRANGER, MEMBER):
                with pytest.raises(NotFound):
                    doctors.get(actor, applicant.id)

    def test_who_is_not_there_is_not_found(self, database: Database) -> None:
        with database.unit_of_work():
            for key in (0, -1, 10**9, 10**30):
                with pytest.raises(NotFound):
                    doctors.get(MEMBER, key)


class TestRatings:
    def test_only_verified_reviews_count_in_the_mean_and_all_but_hidden_ones_in_the_number(
        self, database: Database, count_queries: CountQueries
    ) -> None:
        rated, unrated, doctor = DoctorFactory(), DoctorFactory(), DoctorFactory()
        for rating in (5, 4, 4):
            review = ReviewFactory(doctor=rated, rating=rating)
            for days in (1, 2):
                AppointmentFactory(
                    doctor=rated,
                    patient=review.patient,
                    state=VisitState.COMPLETED,
                    starts_at=datetime.now(UTC) - timedelta(days=days + 10 * review.id),
                )
        visit = AppointmentFactory(doctor=rated, state=VisitState.CONFIRMED)
        ReviewFactory(doctor=rated, patient=visit.patient, rating=1)
        elsewhere = AppointmentFactory(doctor=doctor, state=VisitState.COMPLETED)
        ReviewFactory(doctor=rated, patient=elsewhere.patient, rating=1)
        hidden = AppointmentFactory(
            doctor=rated, state=VisitState.COMPLETED, starts_at=datetime.now(UTC) - timedelta(days=300)
        )
        ReviewFactory(doctor=rated, patient=hidden.patient, rating=1, hidden_at=datetime.now(UTC))

        with database.unit_of_work(), count_queries() as statements:
            ratings = doctors.ratings([rated.id, unrated.id])

        assert ratings == {rated.id: Rating(4.33, 5, 3), unrated.id: Rating(None, 0, 0)}
        assert len(statements) == 1, statements


class TestReviews:
    def test_newest_first_with_first_names_and_verified_marks(self, database: Database) -> None:
        visit = AppointmentFactory(
            state=VisitState.COMPLETED, patient=PatientFactory(name="Sam Osei", manager=AccountFactory())
        )
        doctor = visit.doctor
        ReviewFactory(doctor=doctor, patient=visit.patient, created_at=datetime(2026, 1, 1, tzinfo=UTC))
        nameless = AccountFactory(first_name="", last_name="", username="secret.login")
        ReviewFactory(
            doctor=doctor,
            patient=PatientFactory(manager=nameless, name=nameless.display_name),
            created_at=datetime(2026, 2, 1, tzinfo=UTC),
        )
        ReviewFactory(doctor=doctor, patient=PatientFactory(name="  ", manager=None))
        ReviewFactory(doctor=doctor, hidden_at=datetime.now(UTC))
        ReviewFactory()

        with database.unit_of_work():
            page = doctors.reviews(STRANGER, doctor.id, limit=10, offset=0)
            assert doctors.reviews(admin(), doctor.id, limit=10, offset=0).count == 3

        assert [(entry.reviewer, entry.is_verified) for entry in page.rows] == [
            ("Patient", False),
            ("Patient", False),
            ("Sam", True),
        ]

    def test_of_a_hidden_doctor_there_are_none(self, database: Database) -> None:
        review = ReviewFactory(doctor=DoctorFactory(pending=True))
        with database.unit_of_work(), pytest.raises(NotFound):
            doctors.reviews(STRANGER, review.doctor_id, limit=10, offset=0)

    def test_the_number_of_statements_does_not_grow(self, database: Database, count_queries: CountQueries) -> None:
        doctor = DoctorFactory()
        for _ in range(6):
            ReviewFactory(doctor=doctor)
        with database.unit_of_work(), count_queries() as statements:
            assert len(doctors.reviews(STRANGER, doctor.id, limit=10, offset=0).rows) == 6
        assert len(statements) <= 4, statements


class TestHoursSummary:
    def summary(self, database: Database, doctor: Doctor) -> HoursSummary:
        with database.unit_of_work():
            return hours_summary([doctor.id])[doctor.id]

    def test_it_spans_the_working_days_and_lists_the_times_at_which_a_slot_starts(self, database: Database) -> None:
        doctor = DoctorFactory()
        WeeklyHoursFactory(doctor=doctor, weekday=0, starts=time(9), ends=time(12))
        WeeklyHoursFactory(doctor=doctor, weekday=3, starts=time(14), ends=time(16, 30), slot_minutes=60)
        WeeklyHoursFactory(doctor=doctor, weekday=5, starts=time(6), ends=time(22))
        entries = {
            at: AvailableTimeFactory(starts=at).id
            for at in (time(8, 30), time(9), time(9, 15), time(11, 30), time(12), time(14), time(15), time(16))
        }

        summary = self.summary(database, doctor)

        assert (summary.available_from, summary.available_to) == (time(9), time(16, 30))
        assert summary.available_time_ids == [
            entries[time(9)],
            entries[time(11, 30)],
            entries[time(14)],
            entries[time(15)],
        ]

    def test_hours_that_are_over_no_longer_count(self, database: Database) -> None:
        doctor = DoctorFactory()
        AvailableTimeFactory(starts=time(9))
        WeeklyHoursFactory(doctor=doctor, valid_to=date(2020, 1, 1))
        assert self.summary(database, doctor) == HoursSummary(None, None, [])

    def test_the_filter_by_catalogue_time_agrees_with_it(self, database: Database) -> None:
        entries = [AvailableTimeFactory(starts=at).id for at in (time(9), time(9, 20), time(9, 30), time(16, 30))]
        for slot_minutes, ends in ((30, time(17)), (20, time(9, 40)), (45, time(17)), (480, time(17))):
            WeeklyHoursFactory(slot_minutes=slot_minutes, ends=ends, doctor=DoctorFactory())
        WeeklyHoursFactory(weekday=6)
        with database.unit_of_work():
            every = found(MEMBER)
            summaries = hours_summary(every)
            for entry in entries:
                expected = [key for key in every if entry in summaries[key].available_time_ids]
                assert found(MEMBER, available_time_id=entry) == expected
        assert [len(summaries[key].available_time_ids) for key in every] == [3, 2, 1, 1, 0]

    def test_one_statement_for_all_doctors_of_a_page(self, database: Database, count_queries: CountQueries) -> None:
        AvailableTimeFactory()
        keys = [DoctorFactory(hours=True).id for _ in range(4)]
        with database.unit_of_work(), count_queries() as statements:
            summaries = hours_summary(keys)
        assert {len(summary.available_time_ids) for summary in summaries.values()} == {1}
        assert len(statements) == 1, statements


class TestMeetLink:
    def shown(self, actor: Actor) -> set[int]:
        return {line.id for line in doctor_lists.find(actor, limit=100, offset=0).rows if line.meet_link}

    def test_it_is_for_the_doctor_admins_and_who_has_a_confirmed_online_visit(self, database: Database) -> None:
        mine, other = (DoctorFactory(meet_link="https://meet.example.org/1") for _ in range(2))
        visit = AppointmentFactory(doctor=mine, kind=VisitKind.ONLINE, state=VisitState.CONFIRMED)
        patient = Actor(account_id=visit.patient.manager_id)
        with database.unit_of_work():
            assert self.shown(STRANGER) == self.shown(MEMBER) == set()
            assert self.shown(admin()) == {mine.id, other.id}
            assert self.shown(doctor_actor(other)) == {other.id}
            assert self.shown(patient) == {mine.id}
            assert doctor_lists.get(patient, mine.id).meet_link == mine.meet_link
            assert doctor_lists.get(patient, other.id).meet_link is None

    def test_no_other_visit_opens_it(self, database: Database) -> None:
        for kind, state in (
            (VisitKind.IN_PERSON, VisitState.CONFIRMED),
            (VisitKind.ONLINE, VisitState.PENDING),
            (VisitKind.ONLINE, VisitState.CANCELLED),
            (VisitKind.ONLINE, VisitState.COMPLETED),
        ):
            doctor = DoctorFactory(meet_link="https://meet.example.org/1")
            visit = AppointmentFactory(kind=kind, state=state, doctor=doctor)
            with database.unit_of_work():
                assert self.shown(Actor(account_id=visit.patient.manager_id)) == set()


class TestApplications:
    def test_admins_see_who_waits_first_come_first(self, database: Database) -> None:
        second = DoctorFactory(pending=True, created_at=datetime(2026, 2, 1, tzinfo=UTC))
        first = DoctorFactory(pending=True, created_at=datetime(2026, 1, 1, tzinfo=UTC), name="Xylia Quux")
        rejected = DoctorFactory(approval=Approval.REJECTED)
        with database.unit_of_work():
            listed = doctors.applications(admin(), limit=10, offset=0)
            assert [doctor.id for doctor in listed.rows] == [first.id, second.id]
            refused = doctors.applications(admin(), state=Approval.REJECTED, limit=10, offset=0)
            assert [doctor.id for doctor in refused.rows] == [rejected.id]
            assert doctors.applications(admin(), state=None, limit=10, offset=0).count == 3
            assert doctors.applications(admin(), search="quux", limit=10, offset=0).count == 1

    def test_nobody_else_does(self, database: Database) -> None:
        doctor = DoctorFactory()
        with database.unit_of_work():
            for actor, refusal in ((STRANGER, Unauthorized), (MEMBER, Forbidden), (doctor_actor(doctor), Forbidden)):
                with pytest.raises(refusal):
                    doctors.applications(actor, limit=10, offset=0)
                with pytest.raises(refusal):
                    doctors.approve(actor, doctor.id)
                with pytest.raises(refusal):
                    doctors.reject(actor, doctor.id, "No.")

    def test_approving_lists_the_doctor_tells_them_and_is_audited(self, database: Database) -> None:
        applicant = DoctorFactory(pending=True)
        with database.unit_of_work():
            decider = admin()
            doctors.approve(decider, applicant.id)
        with database.unit_of_work() as session:
            assert found(MEMBER) == [applicant.id]
            saved = session.get_one(Doctor, applicant.id)
            assert (saved.decided_by_id, saved.decision_reason) == (decider.account_id, "")
            assert saved.decided_at is not None
            message = session.scalars(select(Message)).one()
            account = session.get_one(Account, applicant.account_id)
            assert (message.template, message.recipient) == ("doctor_approved", account.email)
            event = session.scalars(select(AuditEvent).where(AuditEvent.object_type == "doctor")).one()
            assert (event.action, event.object_id, event.account_id) == (
                "doctor.approved",
                applicant.id,
                decider.account_id,
            )

    def test_rejecting_keeps_the_reason_and_tells_the_doctor(self, database: Database) -> None:
        applicant = DoctorFactory(pending=True)
        with database.unit_of_work() as session:
            doctors.reject(admin(), applicant.id, "  Registration number missing. ")
            assert found(MEMBER) == []
            saved = session.get_one(Doctor, applicant.id)
            assert (saved.approval, saved.decision_reason) == (Approval.REJECTED, "Registration number missing.")
            assert session.scalars(select(Message.template)).all() == ["doctor_rejected"]

    def test_rejecting_needs_a_reason_of_sensible_length(self, database: Database) -> None:
        applicant = DoctorFactory(pending=True)
        with database.unit_of_work():
            for reason in ("", "   ", "x" * 1001):
                with pytest.raises(Invalid) as refused:
                    doctors.reject(admin(), applicant.id, reason)
                assert list(refused.value.errors) == ["reason"]

    def test_a_decision_stands(self, database: Database) -> None:
        with database.unit_of_work():
            for approval in (Approval.APPROVED, Approval.REJECTED):
                decided = DoctorFactory(approval=approval)
                with pytest.raises(Conflict):
                    doctors.approve(admin(), decided.id)
                with pytest.raises(Conflict):
                    doctors.reject(admin(), decided.id, "Second thoughts")

    def test_of_two_admins_at_once_one_decides(self, app: Flask, database: Database) -> None:
        applicant = DoctorFactory(pending=True)
        deciders = [admin(), admin()]
        together = Barrier(2)

        def decide(number: int) -> str:
            with app.app_context():
                try:
                    together.wait(10)
                    with unit_of_work.transaction():
                        if number:
                            doctors.approve(deciders[number], applicant.id)
                        else:
                            doctors.reject(deciders[number], applicant.id, "Unknown here.")
                except Conflict:
                    return "refused"
                finally:
                    db.session.remove()
                return "decided"

        with ThreadPoolExecutor() as pool:
            assert sorted(pool.map(decide, range(2))) == ["decided", "refused"]
        with database.unit_of_work() as session:
            assert len(session.scalars(select(Message)).all()) == 1

    def test_a_doctor_without_an_account_is_approved_silently(self, database: Database) -> None:
        applicant = DoctorFactory(pending=True, account=None)
        with database.unit_of_work() as session:
            assert doctors.approve(admin(), applicant.id).is_listed
            assert session.scalars(select(Message)).all() == []


class TestOwnApplication:
    def test_it_is_the_actors_own_whatever_was_decided(self, database: Database) -> None:
        for approval in Approval:
            doctor = DoctorFactory(approval=approval)
            with database.unit_of_work():
                own = doctors.own_application(Actor(account_id=doctor.account_id))
                assert own is not None
                assert own.id == doctor.id

    def test_others_have_none(self, database: Database) -> None:
        DoctorFactory(account=None)
        deleted = DoctorFactory(deleted_at=datetime.now(UTC))
        with database.unit_of_work():
            for actor in (STRANGER, MEMBER, Actor(account_id=deleted.account_id)):
                assert doctors.own_application(actor) is None


class TestChoices:
    def test_they_are_in_the_order_of_names(self, database: Database) -> None:
        for name in ("Surgery", "ear, nose and throat"):
            DepartmentFactory(name=name)
            SpecialisationFactory(name=name)
            DesignationFactory(name=name)
        with database.unit_of_work():
            offered = doctors.choices(STRANGER)
        expected = ["ear, nose and throat", "Surgery"]
        for entries in (offered.departments, offered.specialisations, offered.designations):
            assert [entry.name for entry in entries] == expected
