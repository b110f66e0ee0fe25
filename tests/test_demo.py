"""The demo hospital: complete, without overlaps, bookable, the same each time, and never put over real data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased, undefer

from app import clock, create_app, demo, unit_of_work
from app.demo import seeding
from app.extensions import Base, db
from app.models import (
    BLOCKING,
    Account,
    Appointment,
    Approval,
    AvailableTime,
    CareTeamMember,
    ClinicalRecord,
    ClinicalRecordVersion,
    ContactMessage,
    Department,
    Designation,
    Doctor,
    EmergencyAccess,
    Patient,
    Picture,
    Profile,
    Review,
    ReviewHiding,
    ReviewReply,
    Service,
    Specialisation,
    TimeOff,
    VisitState,
    WeeklyHours,
)
from app.policy import Actor
from app.services import accounts, availability
from tests.factories import AccountFactory
from tests.support.databases import Database, sqlite_database
from tests.support.settings import make_settings

MODELS: tuple[type[Base], ...] = (
    Department, Designation, Specialisation, AvailableTime, Service, ContactMessage, Account, Profile, Picture, Doctor,
    Patient, WeeklyHours, TimeOff, Appointment, ClinicalRecord, ClinicalRecordVersion, Review, CareTeamMember,
    ReviewHiding, ReviewReply, EmergencyAccess,
)  # fmt: skip
BIGGEST_PICTURE = 10_000


def count(session: Session, model: type[Base], *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def seed(database: Database) -> bool:
    with database.unit_of_work():
        return demo.seed()


@pytest.mark.both_databases
def test_it_fills_a_hospital_that_can_be_tried_out(database: Database) -> None:
    assert seed(database)

    with database.unit_of_work() as session:
        assert count(session, Department) == 6
        assert count(session, Doctor, Doctor.approval == Approval.APPROVED) == 40
        assert count(session, Doctor, Doctor.approval == Approval.PENDING) == 2
        assert count(session, Patient) == 200
        assert count(session, Appointment) == 3000
        assert count(session, Doctor, Doctor.picture_id.is_(None)) == 0
        assert all(count(session, model) for model in MODELS)
        assert_nobody_is_in_two_places(session)
        assert_every_doctor_can_be_booked_soon(session)


def assert_nobody_is_in_two_places(session: Session) -> None:
    other = aliased(Appointment)
    overlap = (
        (Appointment.id < other.id)
        & Appointment.state.in_(BLOCKING)
        & other.state.in_(BLOCKING)
        & (Appointment.starts_at < other.ends_at)
        & (other.starts_at < Appointment.ends_at)
    )
    for column, others in ((Appointment.doctor_id, other.doctor_id), (Appointment.patient_id, other.patient_id)):
        clashes = select(func.count()).select_from(Appointment).join(other, overlap & (column == others))
        assert session.scalar(clashes) == 0


def assert_every_doctor_can_be_booked_soon(session: Session) -> None:
    doctors = session.scalars(select(Doctor.id).where(Doctor.approval == Approval.APPROVED)).all()
    now = clock.now()
    free = availability.free_slots(doctors, start=now, end=now + timedelta(days=14))
    assert not [doctor for doctor in doctors if not free[doctor]]


# The night in which the clocks go forward, a leap day, the last minutes of the year.
MOMENTS = (
    datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
    datetime(2028, 2, 29, 14, 5, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 55, tzinfo=UTC),
)


@pytest.mark.slow
class TestAnyDay:
    @pytest.fixture(params=MOMENTS, ids=lambda moment: f"{moment:%Y-%m-%d %H:%M}")
    def moment(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> datetime:
        moment: datetime = request.param
        monkeypatch.setattr(clock, "now", lambda: moment)
        monkeypatch.setattr(demo, "now", lambda: moment)
        return moment

    def test_visits_fit_the_moment_and_the_known_accounts_have_much_to_see(
        self, moment: datetime, database: Database
    ) -> None:
        seed(database)

        with database.unit_of_work() as session:
            assert count(session, Appointment) == 3000
            assert_every_doctor_can_be_booked_soon(session)
            assert_visits_fit(session, moment)
            assert_the_demo_doctor_has_a_full_day_and_requests(session)
            assert_the_demo_patient_has_a_story(session)


def assert_visits_fit(session: Session, moment: datetime) -> None:
    over = Appointment.state.in_((VisitState.COMPLETED, VisitState.NO_SHOW))
    coming = Appointment.state.in_((VisitState.PENDING, VisitState.CONFIRMED))
    running = Appointment.state == VisitState.IN_PROGRESS
    assert not count(session, Appointment, over, Appointment.ends_at > moment)
    # Late in the evening the known doctor still has visits to show.
    late = count(session, Appointment, coming, Appointment.starts_at <= moment)
    assert late <= (3 if clock.to_local(moment).hour >= 19 else 0)
    assert not count(session, Appointment, running, Appointment.starts_at > moment)
    assert not count(session, Appointment, Appointment.created_at > moment)
    assert not count(session, Appointment, Appointment.created_at >= Appointment.starts_at)
    assert not count(session, ClinicalRecord, ClinicalRecord.updated_at > moment)
    assert not count(session, Review, Review.created_at > moment)


def assert_the_demo_doctor_has_a_full_day_and_requests(session: Session) -> None:
    mine = Appointment.doctor_id == doctor_of(session, "doctor").id
    starts, ends = clock.day_bounds(clock.local_today())
    assert count(session, Appointment, mine, Appointment.starts_at >= starts, Appointment.starts_at < ends) >= 12
    assert count(session, Appointment, mine, Appointment.state == VisitState.PENDING) >= 8
    today = mine, Appointment.starts_at >= starts, Appointment.starts_at < ends
    assert count(
        session, Appointment, *today, Appointment.arrived_at.is_not(None), Appointment.state == VisitState.CONFIRMED
    )
    for state in (VisitState.PENDING, VisitState.CONFIRMED):
        assert count(session, Appointment, *today, Appointment.state == state)


def assert_the_demo_patient_has_a_story(session: Session) -> None:
    account = account_of(session, "patient")
    own, child = session.scalars(select(Patient).where(Patient.manager_id == account.id).order_by(Patient.id))
    assert (own.is_own, child.is_own) == (True, False)
    told = Counter(session.scalars(select(Appointment.state).where(Appointment.patient_id == own.id)))
    assert told[VisitState.CONFIRMED]
    assert told[VisitState.PENDING]
    assert told[VisitState.CANCELLED]
    assert told[VisitState.COMPLETED] >= 3
    assert count(session, Appointment, Appointment.patient_id == child.id) == 2
    assert count(session, ClinicalRecord, ClinicalRecord.patient_id == own.id) >= 3


def account_of(session: Session, username: str) -> Account:
    return session.scalars(select(Account).where(Account.username == username)).one()


def doctor_of(session: Session, username: str) -> Doctor:
    return session.scalars(select(Doctor).where(Doctor.account_id == account_of(session, username).id)).one()


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database with the demo hospital, made once; for tests that only read it."""
    folder = tmp_path_factory.mktemp("demo")
    with sqlite_database(folder) as url:
        app = create_app(make_settings(folder, url))
        with Database(app) as database:
            seed(database)
        with app.app_context():
            db.engine.dispose()
        yield url


class TestTheHospital:
    @pytest.fixture
    def database_url(self, seeded: str) -> str:
        return seeded

    @pytest.mark.parametrize("username", [name for name, _ in demo.KNOWN_ACCOUNTS])
    def test_known_accounts_sign_in(self, username: str, database: Database) -> None:
        with database.unit_of_work() as session:
            account = account_of(session, username)
            assert accounts.authenticate(Actor(), username=username, password=demo.PASSWORD) is account
            assert account.is_admin == (username == "admin")

    def test_the_new_doctor_waits(self, database: Database) -> None:
        with database.unit_of_work() as session:
            assert doctor_of(session, "newdoctor").approval is Approval.PENDING
            assert doctor_of(session, "doctor").approval is Approval.APPROVED

    def test_every_account_has_a_profile_its_own_patient_and_a_safe_address(self, database: Database) -> None:
        with database.unit_of_work() as session:
            everybody = set(session.scalars(select(Account.id)))
            assert set(session.scalars(select(Profile.account_id))) == everybody
            assert set(session.scalars(select(Patient.manager_id).where(Patient.is_own))) == everybody
            assert all(email.endswith("@example.org") for email in session.scalars(select(Account.email)))

    def test_visits_stand_on_slots_that_the_doctor_offers(self, database: Database) -> None:
        with database.unit_of_work() as session:
            hours: dict[tuple[int, int], list[WeeklyHours]] = {}
            for row in session.scalars(select(WeeklyHours)):
                hours.setdefault((row.doctor_id, row.weekday), []).append(row)
            for visit in session.scalars(select(Appointment)):
                starts, ends = clock.to_local(visit.starts_at), clock.to_local(visit.ends_at)
                offered = hours[visit.doctor_id, starts.weekday()]
                assert any(is_slot(row, starts, ends) for row in offered), visit.id

    def test_no_visit_to_come_falls_into_time_off(self, database: Database) -> None:
        with database.unit_of_work() as session:
            inside = (
                (TimeOff.doctor_id.is_(None) | (TimeOff.doctor_id == Appointment.doctor_id))
                & (TimeOff.starts_at < Appointment.ends_at)
                & (Appointment.starts_at < TimeOff.ends_at)
            )
            assert session.scalar(select(func.count()).select_from(Appointment).join(TimeOff, inside)) == 0

    def test_children_see_paediatricians_and_adults_do_not(self, database: Database) -> None:
        with database.unit_of_work() as session:
            pairs = session.execute(
                select(Patient.date_of_birth, Department.name)
                .select_from(Appointment)
                .join(Patient, Patient.id == Appointment.patient_id)
                .join(Doctor, Doctor.id == Appointment.doctor_id)
                .join(Department, Department.id == Doctor.department_id)
            )
            grown_up = clock.local_today() - timedelta(days=16 * 365)
            assert all((born > grown_up) == (department == "Paediatrics") for born, department in pairs if born)

    def test_some_reviews_are_verified_and_none_stands_twice(self, database: Database) -> None:
        with database.unit_of_work() as session:
            visited = set(
                session.execute(
                    select(Appointment.patient_id, Appointment.doctor_id).where(
                        Appointment.state == VisitState.COMPLETED
                    )
                )
            )
            reviews = session.execute(select(Review.patient_id, Review.doctor_id)).all()
            verified = [pair for pair in reviews if pair in visited]
            assert 0 < len(verified) < len(reviews) == len(set(reviews))

    def test_former_versions_of_a_record_are_counted(self, database: Database) -> None:
        with database.unit_of_work() as session:
            former = Counter(session.scalars(select(ClinicalRecordVersion.record_id)))
            versions = dict(session.execute(select(ClinicalRecord.id, ClinicalRecord.version)).all())
            assert former
            assert all(version == former[record] + 1 for record, version in versions.items())

    def test_pictures_are_small_and_can_be_shown(self, database: Database) -> None:
        with database.unit_of_work() as session:
            pictures = session.scalars(select(Picture).options(undefer(Picture.content))).all()
            assert len({picture.content for picture in pictures}) > 50
            for picture in pictures:
                assert len(picture.content) < BIGGEST_PICTURE
                assert Image.open(BytesIO(picture.content)).get_format_mimetype() == picture.content_type

    def test_a_second_seed_does_nothing(self, database: Database) -> None:
        with database.unit_of_work() as session:
            before = [count(session, model) for model in MODELS]
            assert not demo.seed()
            assert [count(session, model) for model in MODELS] == before

    def test_the_welcome_names_the_address_and_the_accounts(self, database: Database) -> None:
        with database.unit_of_work():
            welcome = demo.welcome()
        assert "http://localhost" in welcome
        assert demo.PASSWORD in welcome
        assert all(name in welcome for name, _ in demo.KNOWN_ACCOUNTS)


def is_slot(row: WeeklyHours, starts: datetime, ends: datetime) -> bool:
    midnight = starts.replace(hour=0, minute=0)
    first, last = (midnight.replace(hour=at.hour, minute=at.minute) for at in (row.starts, row.ends))
    length = timedelta(minutes=row.slot_minutes)
    return first <= starts and ends <= last and ends - starts == length and not (starts - first) % length


def test_it_leaves_a_hospital_alone_that_has_an_account(database: Database) -> None:
    AccountFactory(username="somebody")

    assert not seed(database)

    with database.unit_of_work() as session:
        assert count(session, Account) == 1
        assert count(session, Department) == 0
        assert demo.PASSWORD not in demo.welcome()


@pytest.mark.slow
def test_the_same_moment_gives_the_same_hospital(database: Database) -> None:
    moment = datetime(2026, 11, 20, 10, 7, tzinfo=UTC)
    told = []
    for _ in range(2):
        with database.unit_of_work() as session:
            seeding.fill(moment, "a password")
            told.append([session.execute(select(*told_by(model))).all() for model in MODELS])
            unit_of_work.mark_rollback_only()

    assert told[0] == told[1]


def told_by(model: type[Base]) -> list[Any]:
    """The columns of a table but for the passwords, which are salted."""
    return [column for column in model.__table__.columns if column.name != "password_hash"]
