"""The hospital's settings: admins change them for everybody at once, in every process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import DatabaseError

from app import extensions, unit_of_work
from app.clock import now
from app.errors import Forbidden, Invalid, Outdated
from app.extensions import settings
from app.models import Account, AuditEvent, HospitalSettings, Message, MessageState, WaitingEntry
from app.policy import Actor
from app.services import availability, hospital_settings, reminders
from app.services.hospital_settings import contrast
from app.services.outbox import Template
from app.unit_of_work import transaction
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    PatientFactory,
    SecondFactorFactory,
    WaitingEntryFactory,
)
from tests.support.databases import Database
from tests.support.queries import count_queries


@pytest.fixture
def admin(database: Database) -> Actor:
    """An admin without a second factor."""
    return Actor(account_id=AccountFactory(is_admin=True).id, is_admin=True)


def change(actor: Actor, *, version: int = 1, **values: Any) -> None:
    hospital_settings.change(actor, version=version, values=values)


@pytest.mark.both_databases
class TestChange:
    def test_it_holds_in_another_process_from_the_commit_on(
        self, database: Database, admin: Actor, make_app: Callable[..., Flask]
    ) -> None:
        other = make_app()
        with other.app_context(), transaction():
            assert settings.hospital_name == "Larkfield Hospital"

        with database.unit_of_work():
            change(admin, hospital_name="Hill Hospital", booking_horizon_days=5)

        with other.app_context(), transaction():
            assert settings.hospital_name == "Hill Hospital"
            assert availability.latest() < now() + timedelta(days=6)

    def test_a_job_that_goes_on_sees_it_in_its_next_transaction(
        self, app: Flask, database: Database, admin: Actor, make_app: Callable[..., Flask]
    ) -> None:
        with make_app().app_context():
            with transaction():
                assert settings.hospital_name == "Larkfield Hospital"
            with app.app_context(), transaction():
                change(admin, hospital_name="Hill Hospital")
            with transaction():
                assert settings.hospital_name == "Hill Hospital"

    def test_what_was_not_changed_stays_with_the_environment(
        self, database: Database, admin: Actor, make_app: Callable[..., Flask]
    ) -> None:
        with database.unit_of_work():
            change(admin, hospital_name="Hill Hospital", booking_cutoff_hours=settings.booking_cutoff_hours)

        with make_app(hospital_name="Elsewhere", booking_cutoff_hours=9).app_context(), transaction():
            assert (settings.hospital_name, settings.booking_cutoff_hours) == ("Hill Hospital", 9)

    def test_none_of_it_holds_after_a_rollback(self, database: Database, admin: Actor) -> None:
        with database.unit_of_work():
            change(admin, hospital_name="Hill Hospital")
            assert settings.hospital_name == "Hill Hospital"
            unit_of_work.mark_rollback_only()

        with database.unit_of_work():
            assert settings.hospital_name == "Larkfield Hospital"

    def test_it_is_audited_from_what_to_what(self, database: Database, admin: Actor) -> None:
        with database.unit_of_work():
            change(admin, booking_cutoff_hours=24, doctor_approval="automatic")

        with database.unit_of_work() as session:
            (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "hospital.changed"))
            assert event.details == {"booking_cutoff_hours": "2 → 24", "doctor_approval": "manual → automatic"}

    def test_two_tabs_do_not_overwrite_each_other(self, database: Database, admin: Actor) -> None:
        with database.unit_of_work():
            change(admin, hospital_name="Hill Hospital")

        with database.unit_of_work(), pytest.raises(Outdated) as refusal:
            change(admin, hospital_name="Mill Hospital")

        assert refusal.value.errors["hospital_name"] == [
            "The settings were changed meanwhile. This is now: Hill Hospital"
        ]

    def test_the_same_form_twice_changes_once(self, database: Database, admin: Actor) -> None:
        for _ in range(2):
            with database.unit_of_work():
                change(admin, hospital_name="Hill Hospital")

        with database.unit_of_work():
            assert hospital_settings.get(admin).version == 2

    def test_only_admins_change_them(self, database: Database) -> None:
        with database.unit_of_work(), pytest.raises(Forbidden):
            change(Actor(account_id=1), hospital_name="Mine")

    def test_who_waits_is_looked_at_when_more_can_be_booked(self, database: Database, admin: Actor) -> None:
        entry = WaitingEntryFactory(due_at=None)

        with database.unit_of_work():
            change(admin, booking_horizon_days=120)

        with database.unit_of_work() as session:
            assert session.get_one(WaitingEntry, entry.id).due_at is not None


@pytest.mark.both_databases
class TestReminderHours:
    @pytest.fixture
    def visit(self, patient: Any) -> Any:
        """A confirmed visit in thirty hours."""
        starts_at = now().replace(minute=0, second=0, microsecond=250) + timedelta(hours=30)
        return AppointmentFactory(patient=patient, starts_at=starts_at)

    @pytest.fixture
    def patient(self, database: Database) -> Any:
        return PatientFactory()

    @pytest.mark.parametrize(
        ("first", "second", "expected"),
        [(12, 2, (12, 2)), (28, 25, (28, 25)), (48, 3, (24, 3)), (168, 100, (24, 2))],
        ids=["later", "earlier", "too late for the first", "too late for both"],
    )
    def test_reminders_that_wait_move_unless_their_new_time_has_passed(
        self, database: Database, admin: Actor, visit: Any, first: int, second: int, expected: tuple[int, int]
    ) -> None:
        with database.unit_of_work():
            reminders.follow(visit, visit.patient.manager)
        with database.unit_of_work():
            change(admin, reminder_first_hours=first, reminder_second_hours=second)

        assert due(database, visit) == [visit.starts_at - timedelta(hours=hours) for hours in expected]

    def test_reminders_of_visits_that_are_confirmed_later_follow(
        self, database: Database, admin: Actor, visit: Any
    ) -> None:
        with database.unit_of_work():
            change(admin, reminder_first_hours=20, reminder_second_hours=10)
        with database.unit_of_work():
            reminders.follow(visit, visit.patient.manager)

        assert due(database, visit) == [visit.starts_at - timedelta(hours=hours) for hours in (20, 10)]

    def test_mail_that_is_out_or_tried_again_or_of_something_else_stays(
        self, database: Database, admin: Actor, visit: Any
    ) -> None:
        at = visit.starts_at - timedelta(hours=2)
        kept = {"template": "reminder_hours", "recipient": "ada@example.org", "due_at": at}
        others = (kept | {"state": MessageState.SENT}, kept | {"attempts": 1}, kept | {"template": "booked"})
        with database.unit_of_work() as session:
            session.add_all(Message(key=str(number), **values) for number, values in enumerate(others))

        with database.unit_of_work():
            change(admin, reminder_second_hours=1)

        with database.unit_of_work() as session:
            assert set(session.scalars(select(Message.due_at))) == {at}

    def test_the_number_of_statements_does_not_grow_with_the_mail(
        self, database: Database, admin: Actor, patient: Any
    ) -> None:
        with database.unit_of_work():
            for number in range(5):
                visit = AppointmentFactory(patient=patient, starts_at=now() + timedelta(hours=30 + number))
                reminders.follow(visit, patient.manager)

        with database.unit_of_work(), count_queries() as statements:
            reminders.retime({Template.REMINDER_DAY: 48, Template.REMINDER_HOURS: 1})

        assert len([one for one in statements if one.startswith("UPDATE message")]) == 2, statements


def due(database: Database, visit: Any) -> list[datetime]:
    """When the reminders of a visit are due, the earlier first."""
    with database.unit_of_work() as session:
        query = select(Message.due_at).where(Message.subject_id == visit.id).order_by(Message.due_at)
        return list(session.scalars(query))


class TestLimits:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("hospital_name", ""),
            ("hospital_name", "x" * 81),
            ("default_slot_minutes", 4),
            ("default_slot_minutes", 481),
            ("booking_horizon_days", 0),
            ("booking_horizon_days", 731),
            ("booking_cutoff_hours", -1),
            ("waiting_offer_hours", 0),
            ("waiting_offer_hours", None),
            ("reminder_first_hours", 169),
            ("reminder_second_hours", 0),
            ("reminder_second_hours", 24),
            ("doctor_approval", "never"),
            ("brand_colour", "teal"),
            ("brand_colour", "#0b5563;}"),
            ("brand_colour", "#6f7f7f"),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_field(
        self, database: Database, admin: Actor, name: str, value: Any
    ) -> None:
        with database.unit_of_work(), pytest.raises(Invalid) as refusal:
            change(admin, **{name: value})

        assert list(refusal.value.errors) == [name]

    def test_a_pale_colour_is_told_its_contrast(self, database: Database, admin: Actor) -> None:
        with database.unit_of_work(), pytest.raises(Invalid, match=r"is 1\.1 to 1, and text needs 4\.5 to 1"):
            change(admin, brand_colour="#ffd54a")

    def test_contrast_is_that_of_the_standard(self) -> None:
        assert contrast("#ffffff", "#000000") == pytest.approx(21)
        assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)

    def test_an_admin_asks_of_others_only_a_second_factor_that_the_admin_has(
        self, database: Database, admin: Actor
    ) -> None:
        with database.unit_of_work(), pytest.raises(Invalid) as refusal:
            change(admin, second_factor_required="staff")
        assert list(refusal.value.errors) == ["second_factor_required"]

        with database.unit_of_work() as session:
            SecondFactorFactory(account=session.get_one(Account, admin.account_id))
            change(admin, second_factor_required="staff")
            assert settings.second_factor_required == "staff"


@pytest.mark.both_databases
class TestTheRow:
    def test_the_database_keeps_exactly_one(self, database: Database) -> None:
        for statement in (
            insert(HospitalSettings).values(id=2, version=1),
            insert(HospitalSettings).values(id=1, version=1),
            delete(HospitalSettings),
        ):
            with pytest.raises(DatabaseError), database.unit_of_work() as session:
                session.execute(statement)


class TestReading:
    def test_it_is_read_once_a_transaction_and_only_where_it_is_needed(
        self, database: Database, count_queries: Callable[[], Any]
    ) -> None:
        with database.unit_of_work():
            with count_queries() as none:
                assert settings.public_url
                assert settings.weekdays
            with count_queries() as once:
                for _ in range(3):
                    assert settings.hospital_name
                    assert settings.booking_horizon_days

        assert len(none) == 0, none
        assert len(once) == 1, once

    def test_a_database_that_does_not_answer_leaves_what_was_read_last(
        self, database: Database, admin: Actor, count_queries: Callable[[], Any]
    ) -> None:
        with database.unit_of_work():
            change(admin, hospital_name="Hill Hospital")
            assert settings.hospital_name == "Hill Hospital"

        with database.unit_of_work(), count_queries() as none:
            extensions.use_known_choices()
            assert settings.hospital_name == "Hill Hospital"

        assert len(none) == 0, none
