"""Imports: checked by the rules for adding by hand, then all or nothing, once, and kept no longer than needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.clock import now
from app.errors import Conflict, Forbidden, NotFound
from app.extensions import Base, job_queue
from app.jobs import imports as jobs
from app.models import (
    Account,
    Approval,
    AuditEvent,
    Doctor,
    ImportBatch,
    ImportKind,
    ImportRow,
    ImportState,
    Message,
    Patient,
    Profile,
    doctor_specialisation,
)
from app.policy import Actor
from app.services import doctor_changes, imports, outbox, patients
from app.services.doctor_changes import Person
from app.services.import_checks import Check
from app.services.imports import Lost
from tests.factories import (
    AccountFactory,
    DepartmentFactory,
    DesignationFactory,
    DoctorFactory,
    PatientFactory,
    SpecialisationFactory,
)
from tests.support.databases import Database
from tests.support.queries import Queries

pytestmark = pytest.mark.both_databases

Counter = Callable[[], AbstractContextManager[Queries]]
OF_THEIR_OWN = {"id", "account_id", "manager_id", "created_at", "updated_at", "decided_at", "due_at", "key"}
"""Columns in which two rows that mean the same differ."""


@pytest.fixture
def admin(database: Database) -> Actor:
    return Actor(account_id=AccountFactory(is_admin=True).id, is_admin=True)


@pytest.fixture(autouse=True)
def _no_jobs_of_others() -> Iterator[None]:
    yield
    drain()


def drain() -> list[tuple[str, tuple[int | str, ...]]]:
    """The jobs that were handed over, taken away."""
    handed = []
    while not job_queue.embedded.empty():
        handed.append(job_queue.embedded.get_nowait())
    return handed


class Desk:
    """An admin's desk: files are brought in, and jobs run."""

    def __init__(self, database: Database, admin: Actor) -> None:
        self.database, self.admin = database, admin

    def bring(self, kind: ImportKind, *lines: str) -> int:
        """Upload a CSV file, and say which batch it is."""
        with self.database.unit_of_work():
            table = imports.read(kind, "\n".join(lines).encode())
        with self.database.unit_of_work():
            return imports.start(self.admin, kind, "people.csv", table).id

    def work(self, batch_id: int) -> ImportBatch:
        """Run the job, and look at the batch."""
        with self.database.app.app_context():
            jobs.work(batch_id)
        return self.look(batch_id)

    def checked(self, kind: ImportKind, *lines: str) -> ImportBatch:
        return self.work(self.bring(kind, *lines))

    def order(self, batch_id: int) -> None:
        with self.database.unit_of_work():
            imports.carry_out(self.admin, batch_id)

    def imported(self, kind: ImportKind, *lines: str) -> ImportBatch:
        batch = self.checked(kind, *lines)
        self.order(batch.id)
        return self.work(batch.id)

    def look(self, batch_id: int) -> ImportBatch:
        with self.database.unit_of_work() as session:
            return session.get_one(ImportBatch, batch_id, populate_existing=True)

    def problems(self, batch_id: int) -> dict[int, dict[str, str]]:
        """What is wrong, by the number of the row."""
        with self.database.unit_of_work() as session:
            refused = select(ImportRow).where(ImportRow.batch_id == batch_id, ~ImportRow.is_accepted)
            return {row.number: row.problems for row in session.scalars(refused)}

    def count(self, model: type[Base]) -> int:
        with self.database.unit_of_work() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def desk(database: Database, admin: Actor) -> Desk:
    return Desk(database, admin)


def columns(row: Base) -> Mapping[str, Any]:
    names = {column.name for column in row.__table__.columns} - OF_THEIR_OWN
    return {name: getattr(row, name) for name in names}


class TestPatients:
    def test_a_good_file_is_only_checked_until_an_admin_decides(self, desk: Desk) -> None:
        batch = desk.checked(ImportKind.PATIENTS, "Name,Born", "Ada Hart,15/3/1980", "Ben Hart,1981-03-15")

        assert (batch.state, batch.done, batch.total, batch.refused) == (ImportState.CHECKED, 2, 2, 0)
        assert desk.count(Patient) == 0

    def test_they_are_added_as_by_hand(self, desk: Desk, database: Database) -> None:
        desk.imported(
            ImportKind.PATIENTS,
            "Name,Date of birth,Telephone,Insurance number,Address",
            "Ada Hart,15/3/1980,020 7946 0018,AB 12,1 High Street",
        )
        with database.unit_of_work() as session:
            patients.register(
                desk.admin,
                name="Ada Hart",
                date_of_birth=date(1980, 3, 15),
                phone="020 7946 0018",
                insurance_number="AB 12",
                address="1 High Street",
            )
            imported, by_hand = session.scalars(select(Patient).order_by(Patient.id))
            assert columns(imported) == columns(by_hand)
            event, like = session.scalars(select(AuditEvent).where(AuditEvent.action == "patient.added"))
            assert (event.patient_id, event.object_id) == (imported.id, imported.id)
            assert (event.account_id, event.object_type) == (like.account_id, like.object_type)

    def test_who_is_to_sign_in_gets_an_account_and_a_mail(self, desk: Desk, database: Database) -> None:
        batch = desk.imported(
            ImportKind.PATIENTS, "Name,Username,E-mail,Telephone", "Ada Hart,Ada,ada@example.org,0201234567"
        )

        assert batch.state is ImportState.DONE
        with database.unit_of_work() as session:
            (account,) = session.scalars(select(Account).where(Account.username_key == "ada"))
            (patient,) = session.scalars(select(Patient))
            assert (patient.manager_id, patient.is_own, patient.name) == (account.id, True, "Ada Hart")
            assert patient.phone == "0201234567"
            (message,) = session.scalars(select(Message))
            assert (message.template, message.recipient) == ("set_password", "ada@example.org")

    @pytest.mark.parametrize(
        ("line", "column", "told"),
        [
            (",15/3/1980,,,", "name", "Enter the patient's name."),
            ("A,31/2/1980,,,", "date_of_birth", "Enter a date that exists"),
            ("A,1/1/2999,,,", "date_of_birth", "cannot be in the future"),
            ("A,,12,,", "phone", "Enter a telephone number"),
            ("A,,2.07946E+11,,", "phone", "A spreadsheet has shortened this number"),
            ("A,,,ada,", "email", "Enter an e-mail address"),
            ("A,,,,ada@example.org", "username", "Enter a username."),
            ("A,,,a b,a@example.org", "username", "Use letters"),
            ("=1+1,,,,", "name", "This is a formula."),
            ("A,,,,,more", "", "Column F has no heading"),
        ],
    )
    def test_what_is_refused_by_hand_is_refused_here(self, desk: Desk, line: str, column: str, told: str) -> None:
        batch = desk.checked(ImportKind.PATIENTS, "Name,Born,Phone,Username,Email", "Good,,,,", line)

        ((number, problems),) = desk.problems(batch.id).items()
        assert (batch.refused, number, list(problems)) == (1, 3, [column])
        assert told in problems[column]

    def test_all_that_is_wrong_with_a_row_is_told(self, desk: Desk) -> None:
        batch = desk.checked(ImportKind.PATIENTS, "Name,Born,Phone", ",31/2/1980,12")
        assert set(desk.problems(batch.id)[2]) == {"name", "date_of_birth", "phone"}

    def test_a_patient_who_is_there_is_refused_however_the_number_is_spaced(self, desk: Desk) -> None:
        PatientFactory(name="Ada Hart", date_of_birth=date(1980, 3, 15), phone="020 7946 0018")
        PatientFactory(name="Gone", voided_at=now(), phone="")
        heading = "Name,Born,Phone"
        batch = desk.checked(
            ImportKind.PATIENTS,
            heading,
            "ADA  Hart,15/3/1980,020 7946 0018",
            "Ada Hart,15/3/1980,02079460018",
            "Ada Hart,16/3/1980,020 7946 0018",
            "Gone,,",
        )
        assert {number: list(found) for number, found in desk.problems(batch.id).items()} == {2: [""], 3: [""]}

    def test_what_stands_twice_in_the_file_is_refused_the_second_time(self, desk: Desk) -> None:
        batch = desk.checked(
            ImportKind.PATIENTS,
            "Name,Username,Email",
            "Ada,ada,ada@example.org",
            "Ben,ADA,ben@example.org",
            "Cy,cy,Ada@example.org",
            "Dee,,",
            "dee,,",
        )
        assert desk.problems(batch.id) == {
            3: {"username": "Row 2 has the same."},
            4: {"email": "Row 2 has the same."},
            6: {"": "Row 5 is about the same patient."},
        }

    def test_names_of_accounts_that_are_taken_are_refused(self, desk: Desk) -> None:
        AccountFactory(username="ada", email="ben@example.org")
        lines = ("Ada,ADA,ada@example.org", "Ben,ben,BEN@example.org")
        batch = desk.checked(ImportKind.PATIENTS, "Name,Username,Email", *lines)
        assert {number: list(found) for number, found in desk.problems(batch.id).items()} == {
            2: ["username"],
            3: ["email"],
        }

    def test_the_same_file_twice_adds_everybody_once(self, desk: Desk) -> None:
        first, second = (desk.checked(ImportKind.PATIENTS, "Name", "Ada", "Ben") for _ in range(2))
        for batch in (first, second):
            desk.order(batch.id)

        assert desk.work(first.id).state is ImportState.DONE
        assert desk.work(second.id).state is ImportState.TURNED_BACK
        assert desk.count(Patient) == 2


class TestDoctors:
    HEADING = "Name;Department;Specialisations;Designations;Fee;About;In person;Video calls;Video link;Username;E-mail"

    @pytest.fixture(autouse=True)
    def lists(self, database: Database) -> None:
        DepartmentFactory(name="Cardiology")
        SpecialisationFactory(name="Heart")
        SpecialisationFactory(name="Lungs")
        DesignationFactory(name="Consultant")

    def test_they_are_entered_as_by_hand(self, desk: Desk, database: Database) -> None:
        details: dict[str, Any] = {"fee": 80, "about": "Kind.", "accepts_in_person": False, "accepts_online": True}
        link = "https://video.example.org/hart"
        line = f"Dr Ada Hart;cardiology;heart, LUNGS;Consultant;80;Kind.;no;yes;{link};ada;ada@example.org"
        desk.imported(ImportKind.DOCTORS, self.HEADING, line.replace("heart, LUNGS", '"heart; LUNGS"'))
        with database.unit_of_work():
            doctor_changes.add(
                desk.admin,
                Person(username="ben", email="ben@example.org", last_name="Dr Ada Hart", is_invited=True),
                name="Dr Ada Hart",
                department="Cardiology",
                specialisations=["Heart", "Lungs"],
                designations=["Consultant"],
                meet_link=link,
                **details,
            )
        with database.unit_of_work() as session:
            for model in (Doctor, Profile, Patient):
                imported, by_hand = list(session.scalars(select(model).order_by(model.id)))[-2:]
                assert columns(imported) == columns(by_hand)
            accounts = session.scalars(select(Account).where(Account.username_key.in_(["ada", "ben"])))
            assert [(one.display_name, one.password_hash, one.is_active) for one in accounts] == [
                ("Dr Ada Hart", None, True)
            ] * 2
            doctors = list(session.scalars(select(Doctor).order_by(Doctor.id)))
            assert {doctor.approval for doctor in doctors} == {Approval.APPROVED}
            tied = session.execute(select(doctor_specialisation.c.doctor_id)).scalars().all()
            assert sorted(tied) == sorted([doctors[0].id, doctors[1].id] * 2)
            for action in ("doctor.created", "account.invited"):
                events = session.scalars(select(AuditEvent).where(AuditEvent.action == action)).all()
                assert len({(one.account_id, one.object_type) for one in events}) == 1 < len(events)

    def test_a_name_is_enough(self, desk: Desk, database: Database) -> None:
        desk.imported(ImportKind.DOCTORS, "Name", "Dr Ada Hart")
        with database.unit_of_work() as session:
            (doctor,) = session.scalars(select(Doctor))
            assert (doctor.account_id, doctor.department_id, doctor.fee) == (None, None, None)
            assert doctor.accepts_in_person
            assert doctor.accepts_online
        assert desk.count(Message) == 0

    @pytest.mark.parametrize(
        ("line", "column", "told"),
        [
            ("A;Cardiolgy", "department", "There is no department “Cardiolgy”."),
            ('A;;"Heart;Feet"', "specialisations", "There is no specialisation “Feet”."),
            ("A;;;Consul", "designations", "There is no designation “Consul”."),
            ("A;;;;80.5", "fee", "Enter a whole number, such as 80."),
            ("A;;;;9999999999", "fee", "Enter a fee from 0"),
            ("A;;;;;;perhaps", "accepts_in_person", "Enter yes or no."),
            ("A;;;;;;no;no", "accepts_in_person", "Choose at least one kind of visit."),
            ("A;;;;;;;;javascript:1", "meet_link", "Enter a web address"),
            (";Cardiology", "name", "Enter the doctor's name."),
        ],
    )
    def test_what_is_refused_by_hand_is_refused_here(self, desk: Desk, line: str, column: str, told: str) -> None:
        batch = desk.checked(ImportKind.DOCTORS, self.HEADING, line)
        (problems,) = desk.problems(batch.id).values()
        assert list(problems) == [column]
        assert told in problems[column]

    def test_a_doctor_who_is_there_is_refused(self, desk: Desk, database: Database) -> None:
        DoctorFactory(name="Dr Ada Hart", department=DepartmentFactory(name="Surgery"))
        DoctorFactory(name="Dr Ben Hart", department=None, deleted_at=now())
        batch = desk.checked(
            ImportKind.DOCTORS, "Name,Department", "dr ada HART,surgery", "Dr Ada Hart,Cardiology", "Dr Ben Hart,"
        )
        assert desk.problems(batch.id) == {2: {"": "There is already a doctor of this name in the same department."}}


class TestAllOrNothing:
    def test_what_changed_since_the_check_is_found(self, desk: Desk) -> None:
        batch = desk.checked(ImportKind.PATIENTS, "Name,Username,Email", "Ben,,", "Ada,ada,ada@example.org")
        AccountFactory(username="Ada")
        desk.order(batch.id)

        batch = desk.work(batch.id)
        assert (batch.state, batch.refused) == (ImportState.TURNED_BACK, 1)
        assert list(desk.problems(batch.id)) == [3]
        assert desk.count(Patient) == desk.count(Message) == 0

    def test_a_failure_in_the_midst_leaves_nothing(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        batch = desk.checked(ImportKind.PATIENTS, "Name,Username,Email", "Ada,ada,ada@example.org")
        desk.order(batch.id)
        with monkeypatch.context() as broken:
            broken.setattr(outbox, "tell_accounts", lambda *_: 1 / 0)
            batch = desk.work(batch.id)

        assert batch.state is ImportState.FAILED
        assert desk.count(Patient) == 0
        assert desk.count(ImportRow) == 1
        with desk.database.unit_of_work():
            imports.check_again(desk.admin, batch.id)
        assert desk.work(batch.id).is_ready

    def test_who_was_quicker_is_found_by_trying_again(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        batch = desk.checked(ImportKind.PATIENTS, "Name,Username,Email", "Ada,ada,ada@example.org")
        desk.order(batch.id)
        compare = Check.compare
        seen: list[int] = []

        def blind_at_first(check: Check, actor: Actor, lines: Any) -> None:
            seen.append(len(lines))
            if len(seen) > 1:
                compare(check, actor, lines)

        AccountFactory(username="ada")
        monkeypatch.setattr(Check, "compare", blind_at_first)
        assert desk.work(batch.id).state is ImportState.TURNED_BACK
        assert len(seen) == 2

    def test_it_is_imported_once_however_often_it_is_asked_for(self, desk: Desk, database: Database) -> None:
        batch = desk.checked(ImportKind.PATIENTS, "Name", "Ada")
        other = Desk(database, Actor(account_id=AccountFactory(is_admin=True).id, is_admin=True))
        desk.order(batch.id)
        desk.order(batch.id)
        other.order(batch.id)
        for _ in range(2):
            desk.work(batch.id)
        other.order(batch.id)

        batch = desk.look(batch.id)
        assert (batch.state, batch.imported_by_id) == (ImportState.DONE, desk.admin.account_id)
        assert desk.count(Patient) == 1
        assert desk.count(ImportRow) == 0

    def test_two_workers_at_the_same_moment_add_everybody_once(self, desk: Desk) -> None:
        lines = ["Name,Username,Email", *(f"Person {n},user{n},user{n}@example.org" for n in range(300)), "Alone,,"]
        batches = [desk.checked(ImportKind.PATIENTS, *lines).id for _ in range(3)]
        for batch_id in batches:
            desk.order(batch_id)

        def work(batch_id: int) -> None:
            with desk.database.app.app_context():
                jobs.work(batch_id)

        with ThreadPoolExecutor(max_workers=6) as workers:
            list(workers.map(work, [*batches, *batches]))

        states = sorted(desk.look(batch_id).state.value for batch_id in batches)
        assert states == ["done", "turned_back", "turned_back"]
        assert desk.count(Patient) == 301

    def test_refused_rows_keep_all_from_being_imported(self, desk: Desk) -> None:
        batch = desk.checked(ImportKind.PATIENTS, "Name,Phone", "Ada,1", "Ben,")
        with pytest.raises(Conflict):
            desk.order(batch.id)
        assert desk.count(Patient) == 0


class TestMany:
    def test_a_thousand_rows_take_few_statements_and_one_job(self, desk: Desk, count_queries: Counter) -> None:
        lines = [f"Person {number},user{number},user{number}@example.org" for number in range(600)]
        batch = desk.checked(ImportKind.PATIENTS, "Name,Username,Email", *lines)
        drain()
        desk.order(batch.id)
        assert drain() == [(imports.WORK, (batch.id,))]
        with count_queries() as statements:
            desk.work(batch.id)

        assert len(statements) < 45, statements
        assert drain() == []
        with desk.database.unit_of_work() as session:
            due = session.scalars(select(Message.due_at).order_by(Message.id)).all()
            assert len(due) == 600
            at_once = sum(moment == due[0] for moment in due)
            assert at_once == outbox.MANY_AT_ONCE
            assert due[-1] - due[0] == outbox.MANY_EVERY * (600 // outbox.MANY_AT_ONCE - 1)

    def test_a_page_of_rows_takes_two(self, desk: Desk, count_queries: Counter) -> None:
        batch = desk.checked(ImportKind.PATIENTS, "Name,Phone", *(f"Person {number}," for number in range(30)), "Z,1")
        with desk.database.unit_of_work(), count_queries() as statements:
            found = imports.rows(desk.admin, batch, limit=20, offset=0)
        assert len(statements) == 2, statements
        assert ([row.number for row in found.rows][:3], found.count) == ([32, 2, 3], 31)


class TestLease:
    def test_one_worker_has_it_until_the_lease_runs_out(self, desk: Desk) -> None:
        batch_id = desk.bring(ImportKind.PATIENTS, "Name", "Ada")
        with desk.database.unit_of_work() as session:
            lost = imports.claim(batch_id)
            assert lost is not None
            assert imports.claim(batch_id) is None
            assert imports.due(now()) == []
            assert imports.due(now() + imports.LEASE + timedelta(seconds=1)) == [batch_id]
            session.get_one(ImportBatch, batch_id).lease_until = now() - timedelta(seconds=1)

        with desk.database.app.app_context():
            jobs.sweep()
        assert desk.look(batch_id).is_ready
        with desk.database.unit_of_work(), pytest.raises(Lost):
            imports.note_progress(lost, 1)

    def test_what_kills_every_worker_is_given_up(self, desk: Desk) -> None:
        batch_id = desk.bring(ImportKind.PATIENTS, "Name", "Ada")
        with desk.database.unit_of_work() as session:
            for _ in range(imports.MAXIMUM_ATTEMPTS):
                assert imports.claim(batch_id)
                session.get_one(ImportBatch, batch_id, populate_existing=True).lease_until = now() - timedelta(
                    seconds=1
                )
                session.flush()
            assert imports.claim(batch_id) is None
        assert desk.look(batch_id).state is ImportState.FAILED

    def test_who_is_no_admin_any_more_imports_nothing(self, desk: Desk) -> None:
        batch = desk.checked(ImportKind.PATIENTS, "Name", "Ada")
        desk.order(batch.id)
        with desk.database.unit_of_work() as session:
            session.get_one(Account, desk.admin.account_id).is_admin = False
        assert desk.work(batch.id).state is ImportState.FAILED
        assert desk.count(Patient) == 0


class TestKeeping:
    def test_rows_go_a_day_after_the_check(self, desk: Desk) -> None:
        batch = desk.checked(ImportKind.PATIENTS, "Name", "Ada")
        with desk.database.unit_of_work():
            imports.forget(now() + timedelta(hours=23))
        assert desk.count(ImportRow) == 1
        with desk.database.unit_of_work():
            imports.forget(now() + timedelta(hours=25))

        assert desk.look(batch.id).state is ImportState.ABANDONED
        assert desk.count(ImportRow) == 0
        for act in (imports.carry_out, imports.check_again):
            with desk.database.unit_of_work(), pytest.raises(Conflict):
                act(desk.admin, batch.id)

    def test_an_admin_deletes_them_at_once_but_not_under_a_job(self, desk: Desk) -> None:
        batch_id = desk.bring(ImportKind.PATIENTS, "Name", "Ada")
        with desk.database.unit_of_work(), pytest.raises(Conflict):
            imports.abandon(desk.admin, batch_id)
        desk.work(batch_id)
        for _ in range(2):
            with desk.database.unit_of_work():
                imports.abandon(desk.admin, batch_id)
        assert desk.look(batch_id).state is ImportState.ABANDONED
        assert desk.count(ImportRow) == 0

    def test_what_was_missing_is_found_when_it_is_checked_again(self, desk: Desk) -> None:
        batch = desk.checked(ImportKind.DOCTORS, "Name,Department", "Dr Ada Hart,Cardiology")
        assert batch.refused == 1
        DepartmentFactory(name="Cardiology")
        with desk.database.unit_of_work():
            imports.check_again(desk.admin, batch.id)
        batch = desk.work(batch.id)
        assert batch.is_ready
        assert desk.problems(batch.id) == {}


class TestWhoMay:
    def test_admins_alone(self, desk: Desk) -> None:
        batch = desk.checked(ImportKind.PATIENTS, "Name", "Ada")
        someone = Actor(account_id=AccountFactory().id)
        with desk.database.unit_of_work():
            for act in (imports.carry_out, imports.check_again, imports.abandon):
                with pytest.raises(Forbidden):
                    act(someone, batch.id)
                with pytest.raises(NotFound):
                    act(desk.admin, 2**70)
            with pytest.raises(NotFound):
                imports.get(someone, batch.id)
            assert imports.rows(someone, batch, limit=9, offset=0).count == 0
