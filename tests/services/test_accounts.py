"""Registering, signing in, and making admins."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import argon2
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import extensions, unit_of_work
from app.errors import Invalid, TooMany, Unauthorized
from app.extensions import db
from app.models import Account, Approval, AuditEvent, ClinicalRecord, Doctor, Patient, Profile
from app.policy import Actor
from app.services import accounts, passwords
from config import Settings
from tests.factories import AccountFactory, DepartmentFactory
from tests.support.clients import PASSWORD
from tests.support.databases import Database

STRANGER = Actor(origin="192.0.2.7")
MARIE = {"username": "marie", "email": "marie@example.org", "password": PASSWORD}


@pytest.fixture(autouse=True)
def session(database: Database) -> Iterator[Session]:
    """One unit of work around each test, so that services see what it arranged."""
    with database.unit_of_work() as opened:
        yield opened


def register(**values: Any) -> Account:
    return accounts.register(STRANGER, **{**MARIE, **values})


def faults(**values: Any) -> set[str]:
    """The fields that a registration with these values is refused for."""
    with pytest.raises(Invalid) as refusal:
        register(**values)
    assert all(text.endswith((".", "-")) for texts in refusal.value.errors.values() for text in texts)
    return set(refusal.value.errors)


class TestRegister:
    def test_it_makes_account_profile_and_patient(self, session: Session) -> None:
        account = register(first_name=" Marie ", last_name="Kowalska")

        assert account.password_hash is not None
        assert account.password_hash.startswith("$argon2id$")
        assert session.scalars(select(Profile)).one().account_id == account.id
        patient = session.scalars(select(Patient)).one()
        assert (patient.manager_id, patient.is_own, patient.name) == (account.id, True, "Marie Kowalska")
        assert not account.is_admin

    def test_it_leaves_an_audit_row_of_the_new_account(self, session: Session) -> None:
        account = register()

        event = session.scalars(select(AuditEvent)).one()
        assert (event.action, event.account_id, event.origin) == ("account.registered", account.id, "192.0.2.7")

    @pytest.mark.parametrize(
        "username", ["", "   ", "marie@example.org", "a b", "x" * 151, "nul\0", "t\tab", "m\ud800"]
    )
    def test_it_refuses_such_usernames(self, username: str) -> None:
        assert faults(username=username) == {"username"}

    @pytest.mark.parametrize("username", ["marie.k", "Łukasz", "o_o", "a+b-c", "x" * 150, "محمد"])
    def test_it_takes_such_usernames(self, username: str) -> None:
        assert register(username=username).username == username

    @pytest.mark.parametrize(
        "email", ["", "marie", "marie@", "@example.org", "a b@example.org", "a@b\0.org", "x" * 400]
    )
    def test_it_refuses_such_addresses(self, email: str) -> None:
        assert faults(email=email) == {"email"}

    @pytest.mark.parametrize("password", ["", "short", "x" * 201, "aaaaaaaaaaaa", "Marie-Curie-1", "MARIE@example.org"])
    def test_it_refuses_such_passwords(self, password: str) -> None:
        assert faults(username="marie-curie-1", password=password) == {"password"}

    @pytest.mark.parametrize("password", ["eight cs", "x" * 199 + "y", "pässwörd-\U0001f511", "with\0nul-inside"])
    def test_it_takes_such_passwords(self, password: str) -> None:
        register(password=password)

        assert accounts.authenticate(STRANGER, username="marie", password=password).username == "marie"

    def test_it_names_every_field_at_fault(self, session: Session) -> None:
        assert faults(username="", email="", password="", confirm_password="x", first_name="x" * 151) == {
            "username",
            "email",
            "password",
            "confirm_password",
            "first_name",
        }
        assert session.scalar(select(func.count()).select_from(Account)) == 0

    def test_the_confirmation_must_match_where_sent(self) -> None:
        assert faults(confirm_password=PASSWORD + "!") == {"confirm_password"}
        register(confirm_password=PASSWORD)

    def test_a_taken_name_and_address_are_told_at_once(self) -> None:
        register()

        assert faults(username="MARIE", email="Marie@Example.ORG") == {"username", "email"}
        assert faults(email="other@example.org") == {"username"}
        assert faults(username="other") == {"email"}

    def test_clinical_texts_become_a_record_reported_by_the_patient(self, session: Session) -> None:
        account = register(clinical_texts={"diagnostics": "Asthma", "misc": ""})

        record = session.scalars(select(ClinicalRecord)).one()
        assert (record.diagnostics, record.reported_by_patient, record.author_id) == ("Asthma", True, None)
        assert session.get_one(Patient, record.patient_id).manager_id == account.id

    def test_blank_clinical_texts_are_no_record(self, session: Session) -> None:
        register(clinical_texts={"diagnostics": "", "misc": ""})

        assert session.scalars(select(ClinicalRecord)).all() == []

    def test_a_doctor_waits_for_approval(self, session: Session) -> None:
        department = DepartmentFactory()

        account = register(role="doctor", department=department)

        doctor = session.scalars(select(Doctor)).one()
        assert (doctor.account_id, doctor.approval) == (account.id, Approval.PENDING)
        assert doctor.department_id == department.id

    def test_a_doctor_names_a_department(self, session: Session) -> None:
        assert faults(role="doctor") == {"department"}
        assert session.scalars(select(Account)).all() == []


@pytest.mark.both_databases
class TestRegisterTogether:
    @pytest.fixture
    def session(self) -> None:
        """Each has a unit of work of its own."""

    def test_of_many_with_one_name_one_is_registered(self, database: Database) -> None:
        together = Barrier(4)

        def sign_up(number: int) -> str:
            with database.app.app_context():
                together.wait(timeout=20)
                try:
                    with unit_of_work.transaction():
                        return register(email=f"{number}@example.org").username
                except Invalid as refusal:
                    return ",".join(refusal.errors)

        with ThreadPoolExecutor(4) as people:
            answers = sorted(people.map(sign_up, range(4)))

        assert answers == ["marie", "username", "username", "username"]

    def test_nobody_waits_for_the_hashing(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        held: list[bool] = []

        def hash_password(password: str) -> str:
            held.append(db.session().in_transaction())
            return "x"

        monkeypatch.setattr(passwords, "hashed", hash_password)
        with database.app.app_context(), unit_of_work.transaction():
            register()

        assert held == [False]


class TestRegisterWithAutomaticApproval:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, doctor_approval="automatic")

    def test_a_doctor_is_approved_at_once(self, session: Session) -> None:
        register(role="doctor", department=DepartmentFactory())

        assert session.scalars(select(Doctor.approval)).one() is Approval.APPROVED


class TestAuthenticate:
    def test_it_takes_the_username_or_the_address(self) -> None:
        account = AccountFactory(username="Marie", email="marie.k@example.org")

        for name in ("marie", "MARIE", " marie ", "marie.k@example.org", "Marie.K@EXAMPLE.org"):
            assert accounts.authenticate(STRANGER, username=name, password=PASSWORD).id == account.id

    def test_it_refuses_alike_whatever_is_wrong(self) -> None:
        AccountFactory(username="marie")
        AccountFactory(username="closed", is_active=False)
        AccountFactory(username="mailed", password_hash=None)
        AccountFactory(username="broken", password_hash="not a hash")
        tries = [("marie", "wrong"), ("marie", ""), ("marie", "x" * 100_000), ("nobody", PASSWORD), ("", "")]
        tries += [("closed", PASSWORD), ("mailed", PASSWORD), ("mailed", "nobody's password"), ("broken", PASSWORD)]
        tries += [("' OR 1=1 --", PASSWORD), ("%", PASSWORD)]

        for name, password in tries:
            with pytest.raises(Unauthorized) as refusal:
                accounts.authenticate(STRANGER, username=name, password=password)
            assert refusal.value.message == accounts.WRONG_CREDENTIALS

    def test_it_renews_a_hash_made_with_older_settings(self, session: Session) -> None:
        before = argon2.PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD)
        account = AccountFactory(username="marie", password_hash=before)

        accounts.authenticate(STRANGER, username="marie", password=PASSWORD)

        assert account.password_hash != before
        assert accounts.authenticate(STRANGER, username="marie", password=PASSWORD).id == account.id

    def test_the_same_password_typed_on_another_keyboard_is_right(self) -> None:
        register(password="pa\u0308ssword-1")

        accounts.authenticate(STRANGER, username="marie", password="p\u00e4ssword-1")


class TestAuthenticateWithALimit:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, ratelimit_enabled=True, ratelimit_sign_in="3 per minute")

    def test_it_counts_by_account_over_every_spelling(self) -> None:
        AccountFactory(username="marie")
        AccountFactory(username="other")
        extensions.limiter.reset()
        for name in ("marie", "MARIE", "marie@example.org"):
            with pytest.raises(Unauthorized):
                accounts.authenticate(STRANGER, username=name, password="wrong")

        with pytest.raises(TooMany) as refusal:
            accounts.authenticate(STRANGER, username="Marie", password=PASSWORD)

        assert 0 < refusal.value.retry_after <= 60
        accounts.authenticate(STRANGER, username="other", password=PASSWORD)


class TestNoteFailedSignIn:
    def test_it_is_saved_by_itself(self, database: Database, session: Session) -> None:
        session.rollback()

        accounts.note_failed_sign_in(STRANGER)
        session.rollback()

        event = session.scalars(select(AuditEvent)).one()
        assert (event.action, event.account_id, event.origin) == ("session.refused", None, "192.0.2.7")


class TestCreateAdmin:
    def test_it_makes_an_admin_who_can_sign_in(self, session: Session) -> None:
        account = accounts.create_admin(**MARIE)

        assert account.is_admin
        assert accounts.authenticate(STRANGER, username="marie", password=PASSWORD).is_admin
        assert set(session.scalars(select(AuditEvent.action))) == {"account.registered", "account.made_admin"}

    def test_it_refuses_what_registering_refuses(self) -> None:
        with pytest.raises(Invalid):
            accounts.create_admin(username="marie", email="nowhere", password="short")
