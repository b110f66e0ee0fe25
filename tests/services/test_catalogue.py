"""The lists that admins keep: who adds, changes and deletes, what is refused, and what the audit trail keeps."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app import unit_of_work
from app.errors import Conflict, Forbidden, Invalid, NotFound, Unauthorized
from app.extensions import Base, db
from app.models import AuditEvent, Designation
from app.policy import Actor
from app.services import vocabularies
from app.services.catalogue import AVAILABLE_TIMES, CATALOGUE, DEPARTMENTS, DESIGNATIONS, SERVICES, Vocabulary
from tests.factories import (
    AppointmentFactory,
    AvailableTimeFactory,
    ClinicalRecordFactory,
    DepartmentFactory,
    DesignationFactory,
    DoctorFactory,
    ServiceFactory,
    SpecialisationFactory,
    WeeklyHoursFactory,
)
from tests.support.databases import Database

ADMIN = Actor(account_id=1, is_admin=True)
DOCTOR = Actor(account_id=2, doctor_id=1)
MEMBER = Actor(account_id=3)
STRANGER = Actor()
FACTORIES: dict[str, Any] = {
    "designation": DesignationFactory,
    "specialisation": SpecialisationFactory,
    "available time": AvailableTimeFactory,
    "department": DepartmentFactory,
    "service": ServiceFactory,
}
EACH = pytest.mark.parametrize("vocabulary", CATALOGUE, ids=lambda vocabulary: vocabulary.noun)


def events(database: Database) -> list[tuple[str, int | None, dict[str, Any]]]:
    """What the audit trail tells of vocabularies."""
    with database.unit_of_work() as session:
        rows = session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        return [(row.action, row.object_id, row.details) for row in rows]


class TestTheCatalogue:
    def test_every_foreign_key_to_a_list_holds_and_is_told_as_a_use(self) -> None:
        tables = {vocabulary.model.__table__ for vocabulary in CATALOGUE}
        keys = [key for table in Base.metadata.tables.values() for key in table.foreign_keys]
        referring = {str(key.parent): key.ondelete for key in keys if key.column.table in tables}

        told = {f"{use.key.table}.{use.key.key}" for vocabulary in CATALOGUE for use in vocabulary.uses}

        assert referring == dict.fromkeys(told, "RESTRICT")

    def test_every_unique_column_has_words_for_what_is_there_already(self) -> None:
        for vocabulary in CATALOGUE:
            table = vocabulary.model.__table__
            for column in table.columns:
                if column.unique:
                    refusal = unit_of_work.GUARDS[f"uq_{table.name}_{column.name}"]()
                    assert isinstance(refusal, Conflict)
                    assert set(refusal.errors) <= set(vocabulary.texts), column


class TestWho:
    @EACH
    def test_only_admins_change_and_delete(self, database: Database, vocabulary: Vocabulary[Any]) -> None:
        row = FACTORIES[vocabulary.noun]()

        for actor, refusal in ((DOCTOR, Forbidden), (MEMBER, Forbidden), (STRANGER, Unauthorized)):
            with database.unit_of_work():
                with pytest.raises(refusal):
                    vocabularies.change(actor, vocabulary, row.id, name="Other")
                with pytest.raises(refusal):
                    vocabularies.remove(actor, vocabulary, row.id)

    @EACH
    def test_admins_add_and_doctors_add_departments_only(self, database: Database, vocabulary: Vocabulary[Any]) -> None:
        values = {"name": "Heart", "label": "09:00"}

        for actor, may in ((ADMIN, True), (DOCTOR, vocabulary is DEPARTMENTS), (MEMBER, False)):
            with database.unit_of_work() as session:
                if may:
                    session.delete(vocabularies.add(actor, vocabulary, **values))
                    continue
                with pytest.raises(Forbidden):
                    vocabularies.add(actor, vocabulary, **values)

    @EACH
    def test_what_is_not_there_is_not_found(self, database: Database, vocabulary: Vocabulary[Any]) -> None:
        for act in (vocabularies.get, vocabularies.change, vocabularies.remove):
            with database.unit_of_work(), pytest.raises(NotFound):
                act(ADMIN, vocabulary, 2**63)


class TestWriting:
    @EACH
    def test_each_act_is_kept_and_one_that_changes_nothing_is_none(
        self, database: Database, vocabulary: Vocabulary[Any]
    ) -> None:
        name, first, second = next(
            ("label", "9 am", "09:00") if name == "label" else ("name", "Heart", "Lungs") for name in vocabulary.texts
        )
        with database.unit_of_work():
            key = vocabularies.add(ADMIN, vocabulary, **{name: first}).id
        for text in (first, f"  {first} ", second):
            with database.unit_of_work():
                vocabularies.change(ADMIN, vocabulary, key, **{name: text})
        with database.unit_of_work():
            vocabularies.remove(ADMIN, vocabulary, key)

        noun = vocabulary.model.__tablename__
        assert events(database) == [
            (f"{noun}.added", key, {}),
            (f"{noun}.changed", key, {"fields": name}),
            (f"{noun}.removed", key, {}),
        ]

    def test_all_that_is_wrong_is_told_at_once(self, database: Database) -> None:
        with database.unit_of_work(), pytest.raises(Invalid) as refusal:
            vocabularies.add(ADMIN, DESIGNATIONS, slug="Not a slug")

        assert refusal.value.errors == {
            "name": ["Enter a name with a letter in it."],
            "slug": ["Use small letters, digits and single hyphens."],
        }

    def test_values_that_no_list_has_are_left_alone(self, database: Database) -> None:
        with database.unit_of_work():
            row = vocabularies.add(ADMIN, DEPARTMENTS, name="Heart", id=77, name_key="lungs", slug="x")

        assert (row.id, row.name_key) == (1, "heart")

    def test_a_new_name_keeps_the_slug_that_clients_know(self, database: Database) -> None:
        with database.unit_of_work():
            key = vocabularies.add(ADMIN, DESIGNATIONS, name="Consultant").id
            row = vocabularies.change(ADMIN, DESIGNATIONS, key, name="Senior consultant", slug="")

            assert (row.name, row.slug) == ("Senior consultant", "consultant")

    def test_a_slug_that_is_made_is_another_one(self, database: Database) -> None:
        with database.unit_of_work():
            made = [vocabularies.add(ADMIN, DESIGNATIONS, name=name).slug for name in ("Ear nose", "Ear-nose", "耳")]

        assert made == ["ear-nose", "ear-nose-2", "designation"]

    @pytest.mark.both_databases
    @pytest.mark.parametrize(
        ("values", "field"), [({"name": " hEART  and lungs"}, "name"), ({"name": "Other", "slug": "heart"}, "slug")]
    )
    def test_what_is_there_already_is_refused_at_its_field(
        self, database: Database, values: dict[str, str], field: str
    ) -> None:
        DesignationFactory(name="Heart and lungs", slug="heart")
        other = DesignationFactory()

        with database.unit_of_work():
            with pytest.raises(Conflict) as added:
                vocabularies.add(ADMIN, DESIGNATIONS, **values)
            with pytest.raises(Conflict) as changed:
                vocabularies.change(ADMIN, DESIGNATIONS, other.id, **values)

        assert list(added.value.errors) == list(changed.value.errors) == [field]

    @pytest.mark.both_databases
    def test_the_same_text_of_a_time_is_there_once(self, database: Database) -> None:
        with database.unit_of_work():
            nine = vocabularies.add(ADMIN, AVAILABLE_TIMES, label="9 am - 9:30 am")
            vocabularies.add(ADMIN, AVAILABLE_TIMES, label="09:00")
            with pytest.raises(Conflict):
                vocabularies.add(ADMIN, AVAILABLE_TIMES, label=" 09:00 ")

            assert (nine.starts.isoformat(), nine.ends.isoformat()) == ("09:00:00", "09:30:00")


class TestOrder:
    def test_lists_are_by_name_whatever_the_case(self, database: Database) -> None:
        lists: dict[Vocabulary[Any], Any] = {DEPARTMENTS: DepartmentFactory, SERVICES: ServiceFactory}
        for vocabulary, factory in lists.items():
            for name in ("bones", "Heart", "Arms", "Éars"):
                factory(name=name)
            with database.unit_of_work():
                names = [row.name for row in vocabularies.every(STRANGER, vocabulary)]
            assert names == ["Arms", "bones", "Heart", "Éars"]

    def test_times_are_by_start_and_then_by_id(self, database: Database) -> None:
        with database.unit_of_work():
            for label in ("2 pm", "10:00", "9:30 AM", "09:30"):
                vocabularies.add(ADMIN, AVAILABLE_TIMES, label=label)

            labels = [row.label for row in vocabularies.every(STRANGER, AVAILABLE_TIMES)]
        assert labels == ["9:30 AM", "09:30", "10:00", "2 pm"]


class TestUse:
    @pytest.mark.both_databases
    def test_what_has_an_entry_is_counted(self, database: Database) -> None:
        heart, nine = DepartmentFactory(), AvailableTimeFactory()
        doctor = DoctorFactory(
            department=heart, designations=[DesignationFactory()], specialisations=[SpecialisationFactory()]
        )
        ClinicalRecordFactory(author=doctor)
        ClinicalRecordFactory(author=doctor)
        for weekday in range(5):
            WeeklyHoursFactory(doctor=doctor, weekday=weekday, available_time_id=nine.id)
        AppointmentFactory(doctor=doctor, available_time_id=nine.id)

        told = {}
        for vocabulary in CATALOGUE:
            if vocabulary.uses:
                with database.unit_of_work(), pytest.raises(Conflict) as refusal:
                    vocabularies.remove(ADMIN, vocabulary, 1)
                told[vocabulary.noun] = refusal.value.message
                with database.unit_of_work():
                    assert vocabularies.get(ADMIN, vocabulary, 1)

        assert told == {
            "designation": "This designation cannot be deleted: 1 doctor has it, former ones included.",
            "specialisation": "This specialisation cannot be deleted: 1 doctor has it, former ones included.",
            "available time": (
                "This available time cannot be deleted: 1 doctor and 1 appointment have it, former ones included."
            ),
            "department": (
                "This department cannot be deleted: 1 doctor and 2 clinical records have it, former ones included."
            ),
        }

    def test_a_time_in_use_is_written_otherwise_but_becomes_no_other(self, database: Database) -> None:
        nine = AvailableTimeFactory(label="09:00")
        AppointmentFactory(available_time_id=nine.id)

        with database.unit_of_work():
            assert vocabularies.change(ADMIN, AVAILABLE_TIMES, nine.id, label="9 am").label == "9 am"
            with pytest.raises(Conflict, match="cannot become another time: 1 appointment has it"):
                vocabularies.change(ADMIN, AVAILABLE_TIMES, nine.id, label="10 am")

    def test_what_nobody_has_goes(self, database: Database) -> None:
        unused = DesignationFactory()
        DoctorFactory(designations=[DesignationFactory()])

        with database.unit_of_work():
            vocabularies.remove(ADMIN, DESIGNATIONS, unused.id)

        with database.unit_of_work():
            assert unused.id not in db.session.scalars(select(Designation.id)).all()
