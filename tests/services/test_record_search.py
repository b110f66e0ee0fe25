"""Words in clinical records are found alike on both databases, whoever wrote them, and nothing typed is an operator."""

from __future__ import annotations

from typing import Any, Literal

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from app.models import ClinicalRecord, record_words
from app.policy import Actor
from app.services import record_search, records
from app.services.excerpts import LONGEST, excerpt
from tests.factories import AccountFactory, ClinicalRecordFactory, DoctorFactory
from tests.support.databases import Database

pytestmark = pytest.mark.both_databases


@pytest.fixture
def admin(database: Database) -> Actor:
    return Actor(account_id=AccountFactory(is_admin=True).id, is_admin=True)


@pytest.fixture
def looking_for(database: Database, admin: Actor) -> Any:
    """The keys of the records that a search finds."""

    def look(search: str, actor: Actor = admin) -> list[int]:
        with database.unit_of_work():
            return [line.id for line in records.find(actor, search=search, limit=20, offset=0).rows]

    return look


def record(notes: str, **values: Any) -> int:
    row = ClinicalRecordFactory(notes=notes, **{"diagnostics": "", "observations": "", "treatments": "", **values})
    return row.id


FOUND = {
    "Pneumonia, left lung": ("pneumonia", "PNEUMO", "p", "lung left", "lung,"),
    "Fièvre, Übelkeit, Zoë": ("fievre", "FIÈVRE", "ubel", "übel", "zoe", "Zoe\u0308"),
    "Fie\u0300vre since Monday": ("fièvre", "fievre"),
    "X-ray at 120/80, 2.5 mg/kg": ("x-ray", "ray", "x-r", "120/80", "2.5", "mg", "kg", "mg/kg"),
    "Takes 40% less; e-mail: a.b@example.org": ("40%", "40", "e-mail", "a.b@example.org", "example"),
    "Лихорадка и кашель": ("лихорадка", "ЛИХО", "кашель"),
    "発熱 なし": ("発熱", "発"),
    "He said “well\u2013being”…": ("well", "being", "well\u2013being", "“well"),
    "The and of": ("the", "and of"),
}
NOT_FOUND = {
    "Pneumonia, left lung": ("monia", "pneumonias", "pneumonia right"),
    "X-ray at 120/80, 2.5 mg/kg": ("ray-x", "80/120", "5.2", "mg/ml"),
    "Takes 40% less": ("40.5", "4.0"),
    "Лихорадка": ("адка",),
}


class TestWhatIsFound:
    def test_beginnings_of_words_are(self, looking_for: Any) -> None:
        record("Nothing like it")
        keys = {text: record(text) for text in FOUND}
        for text, searches in FOUND.items():
            for search in searches:
                assert keys[text] in looking_for(search), (text, search)
                assert len(looking_for(search)) < len(keys), search

    def test_nothing_else_is(self, looking_for: Any) -> None:
        for text, searches in NOT_FOUND.items():
            key = record(text)
            for search in searches:
                assert key not in looking_for(search), (text, search)

    def test_each_word_may_stand_in_another_text(self, looking_for: Any) -> None:
        texts = dict(zip(record_words.TEXTS, ("Alpha", "Beta", "Gamma", "Delta", "Epsilon"), strict=True))
        key = ClinicalRecordFactory(**texts).id
        assert looking_for("epsilon alpha delta beta gamma") == [key]
        assert looking_for("alpha omega") == []

    def test_signs_mean_nothing(self, looking_for: Any) -> None:
        key = record("Fever and cough")
        for sign in ('"', "*", "-", ":", "&", "|", "!", "(", ")", "'", "\\", "<->", "^", "%", "{", "\0", "\ud800"):
            for search in (
                f"fever {sign}cough",
                f"{sign}fever",
                f"cough{sign}",
                f"{sign}fever{sign} {sign}cough{sign}",
            ):
                assert looking_for(search) == [key], search
            for search in (f"fever {sign}sneezing", f"notes{sign}nothing"):
                assert looking_for(search) == [], search

    def test_nor_do_the_databases_words(self, looking_for: Any) -> None:
        record("Fever and cough")
        for search in ("fever OR sneezing", "NOT fever", "NEAR(fever cough)", "notes:fever"):
            assert looking_for(search) == [], search

    def test_whatever_is_typed_may_be_long(self, looking_for: Any) -> None:
        record("Fever")
        for search in ("x" * 3000, "x-" * 3000, "𐐀" * 3000, "x " * 3000, "fever" * 3000):
            assert looking_for(search) == [], search[:9]

    def test_a_search_without_words_finds_all_and_one_of_signs_nothing(self, looking_for: Any) -> None:
        key = record("Fever")
        assert looking_for("  ") == [key]
        assert looking_for("? !") == []

    def test_only_what_the_actor_may_read_is_found_and_counted(self, database: Database, looking_for: Any) -> None:
        doctor = DoctorFactory()
        own, voided = record("Fever", author=doctor), record("Fever", author=doctor)
        record("Fever")
        reader = Actor(account_id=doctor.account_id, doctor_id=doctor.id, department_id=doctor.department_id)
        with database.unit_of_work():
            records.void(reader, voided)
        assert looking_for("fever", reader) == [own]
        with database.unit_of_work():
            assert records.find(reader, search="fever", limit=20, offset=0).count == 1

    def test_pages_follow_each_other_and_the_count_is_of_all(self, database: Database, admin: Actor) -> None:
        keys = [record(f"Fever {number}") for number in range(5)]
        with database.unit_of_work():
            pages = [records.find(admin, search="fever", limit=2, offset=offset) for offset in (0, 2, 4, 6)]
        assert [line.id for page in pages for line in page.rows] == keys[::-1]
        assert [page.count for page in pages] == [5, 5, 5, 5]


class TestWhatTheIndexFollows:
    def test_a_changed_record_is_found_by_its_new_words_alone(self, database: Database, looking_for: Any) -> None:
        doctor = DoctorFactory()
        key = record("Fever", author=doctor)
        writer = Actor(account_id=doctor.account_id, doctor_id=doctor.id, department_id=doctor.department_id)
        with database.unit_of_work():
            records.change(writer, key, texts={"notes": "Cough"})
        assert (looking_for("fever"), looking_for("cough")) == ([], [key])

    def test_whoever_writes(self, database: Database, looking_for: Any) -> None:
        key, other = record("Fever"), record("Fever")
        with database.unit_of_work() as session:
            session.execute(sa.update(ClinicalRecord).where(ClinicalRecord.id == key).values(notes="Cough"))
            session.execute(sa.delete(ClinicalRecord).where(ClinicalRecord.id == other))
        assert (looking_for("fever"), looking_for("cough")) == ([], [key])

    def test_not_what_was_rolled_back(self, database: Database, looking_for: Any) -> None:
        key = record("Fever")
        with database.unit_of_work() as session:
            session.get_one(ClinicalRecord, key).notes = "Cough"
            session.flush()
            session.rollback()
        assert (looking_for("fever"), looking_for("cough")) == ([key], [])

    def test_the_longest_texts(self, looking_for: Any) -> None:
        longest = {
            name: " ".join(f"{word}{number:05}" for number in range(records.LONGEST_TEXT // 7))
            for name, word in zip(record_words.TEXTS, "각字é\u0436x", strict=True)
        }
        key = ClinicalRecordFactory(**longest).id
        one_word = record("x" * records.LONGEST_TEXT)
        assert looking_for("각00007") == [key]
        assert looking_for("x00007") == [key]
        assert one_word not in looking_for("fever")

    def test_a_batch_migration_that_makes_it_again_loses_nothing(self, database: Database, looking_for: Any) -> None:
        key = record("Fever")
        with database.unit_of_work() as session:
            connection = session.connection()
            recreate: Literal["always", "never"] = "always" if connection.dialect.name == "sqlite" else "never"
            operations = Operations(MigrationContext.configure(connection))
            with operations.batch_alter_table("clinical_record", recreate=recreate) as batch:
                batch.add_column(sa.Column("added", sa.Integer()))
            record_words.create(connection)
        other = record("Fever too")
        assert looking_for("fever") == [other, key]

    def test_its_texts_are_those_of_a_record(self, database: Database) -> None:
        assert record_words.TEXTS == records.TEXTS


def marked(texts: list[str], search: str) -> str:
    return "".join(f"[{piece.text}]" if piece.is_found else piece.text for piece in excerpt(texts, search))


@pytest.mark.parametrize(
    ("texts", "search", "expected"),
    [
        (["", " \n", "Fever\nsince Monday"], "", "Fever since Monday"),
        ([], "", "No text"),
        (["Fever since Monday"], "mon FEV", "[Fever] since [Monday]"),
        (["Cough", "Fever"], "fever", "[Fever]"),
        (["Fièvre, encore"], "fievre", "[Fièvre], encore"),
        (["Fie\u0300vre"], "fièvre", "[Fie\u0300vre]"),
        (["An X-ray of 1.5 mg"], "x-ray", "An [X-ray] of 1.5 mg"),
        (["<b>Fever</b> & cough"], "b", "<[b]>Fever</[b]> & cough"),
        (["Nothing"], "fever", "Nothing"),
        (["a" * 10_000], "fever", "a" * LONGEST + " …"),
    ],
)
def test_an_excerpt_marks_what_was_found(database_kind: str, texts: list[str], search: str, expected: str) -> None:
    assert marked(texts, search) == expected


def test_a_long_excerpt_begins_shortly_before_what_was_found(database_kind: str) -> None:
    text = marked(["before " * 40 + "fever " + "after " * 40], "fev")
    assert text.startswith("… before before")
    assert "[fever] after" in text
    assert text.endswith("after …")
    assert len(text) < LONGEST + 10


def test_a_search_is_cut_into_pieces_as_the_databases_do(database_kind: str) -> None:
    assert record_search.pieces_of("Fièvre x-ray % 2.5mg") == [["Fievre"], ["x", "ray"], ["2", "5mg"]]
