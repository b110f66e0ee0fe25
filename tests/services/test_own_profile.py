"""What somebody tells about themselves is the same in the account, the profile and the own patient."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from app.clock import now
from app.errors import Invalid, NotFound
from app.models import AuditEvent, Patient, Picture, Profile
from app.policy import Actor
from app.services import own_profile, patients
from tests.factories import AccountFactory, PatientFactory
from tests.services.test_uploads import picture_file
from tests.services.visits import side_of
from tests.support.databases import Database

DETAILS: dict[str, Any] = {
    "first_name": "Ada",
    "last_name": "King",
    "date_of_birth": date(1980, 3, 31),
    "address": "1 New Street",
    "bio": "Mornings suit me.",
    "phone": "020 7946 0018",
    "insurance_number": "LH 1",
}


@pytest.fixture
def patient(database: Database) -> Any:
    """Somebody's own patient, called as the account is."""
    return PatientFactory(name="Ada Byron", manager=AccountFactory(first_name="Ada", last_name="Byron", username="ada"))


def change(database: Database, patient: Any, **values: Any) -> None:
    with database.unit_of_work():
        own_profile.change(side_of(patient), **{**DETAILS, **values})


def held(database: Database, patient: Any) -> tuple[Patient, Profile]:
    with database.unit_of_work() as session:
        profile = session.scalars(select(Profile).where(Profile.account_id == patient.manager_id)).one()
        return session.get_one(Patient, patient.id), profile


class TestChange:
    @pytest.mark.both_databases
    def test_it_is_the_same_everywhere(self, patient: Any, database: Database) -> None:
        change(database, patient)

        own, profile = held(database, patient)
        assert (own.name, own.phone, own.insurance_number) == ("Ada King", "020 7946 0018", "LH 1")
        for row in (own, profile):
            assert (row.address, row.date_of_birth) == ("1 New Street", date(1980, 3, 31))
        assert profile.bio == "Mornings suit me."
        with database.unit_of_work() as session:
            actions = list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))
        assert actions == ["account.renamed", "profile.changed", "patient.changed"]

    def test_what_programs_wrote_apart_is_put_together(self, patient: Any, database: Database) -> None:
        with database.unit_of_work():
            patients.change(side_of(patient), patient.id, name="A. Byron", address="Old Street")
        with database.unit_of_work():
            me = own_profile.get(side_of(patient))
            assert (me.address, me.profile.address, me.date_of_birth) == ("Old Street", "", None)

        change(database, patient, last_name="Byron")

        assert held(database, patient)[0].name == "Ada Byron"

    def test_everything_at_fault_is_told_at_once_and_nothing_is_kept(self, patient: Any, database: Database) -> None:
        with pytest.raises(Invalid) as refusal:
            change(database, patient, first_name="x" * 151, phone="12", bio="x" * 2001, address="x" * 501)

        assert set(refusal.value.errors) == {"first_name", "phone", "bio", "address"}
        assert held(database, patient)[0].name == "Ada Byron"

    def test_who_has_no_own_patient_keeps_a_profile(self, patient: Any, database: Database) -> None:
        with database.unit_of_work() as session:
            session.get_one(Patient, patient.id).voided_at = now()

        change(database, patient)

        own, profile = held(database, patient)
        assert (own.phone, profile.address) == ("+442079460018", "1 New Street")

    def test_a_stranger_has_none(self, database: Database) -> None:
        with database.unit_of_work(), pytest.raises(NotFound):
            own_profile.get(Actor())


class TestPicture:
    def test_it_is_replaced_and_removed_everywhere(self, patient: Any, database: Database) -> None:
        for _ in range(2):
            with database.unit_of_work():
                own_profile.replace_picture(side_of(patient), picture_file())
        own, profile = held(database, patient)
        with database.unit_of_work() as session:
            assert set(session.scalars(select(Picture.id))) == {own.picture_id, profile.picture_id}
            assert own_profile.get(side_of(patient)).picture_id == profile.picture_id

        with database.unit_of_work() as session:
            own_profile.remove_picture(side_of(patient))
            assert session.scalars(select(Picture.id)).all() == []
            assert own_profile.get(side_of(patient)).picture_id is None

    @pytest.mark.both_databases
    def test_one_that_both_share_is_replaced_too(self, patient: Any, database: Database) -> None:
        with database.unit_of_work() as session:
            shared = Picture(content_type="image/png", content=picture_file())
            session.add(shared)
            session.flush()
            session.get_one(Patient, patient.id).picture_id = shared.id
            session.query(Profile).filter_by(account_id=patient.manager_id).one().picture_id = shared.id

        with database.unit_of_work():
            own_profile.replace_picture(side_of(patient), picture_file("JPEG"))

        own, profile = held(database, patient)
        assert None not in (own.picture_id, profile.picture_id)
        with database.unit_of_work() as session:
            assert set(session.scalars(select(Picture.content_type))) == {"image/jpeg"}

    def test_what_is_no_picture_is_refused_at_its_field(self, patient: Any, database: Database) -> None:
        with database.unit_of_work(), pytest.raises(Invalid) as refusal:
            own_profile.replace_picture(side_of(patient), b"no picture")
        assert list(refusal.value.errors) == ["picture"]
