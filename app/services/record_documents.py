"""PDF files of a patient's record: one entry, one visit with its entries, and all of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from app.clock import to_local
from app.services.appointments import STATE_WORDS
from app.services.pdf import Document
from app.services.record_facts import Entry, Opinion, Outline, Visit
from app.services.wording import VISIT_KINDS, dated, time_of_day, whole_date

REPORTED = "Reported by the patient"


def entry(told: Entry, made_at: datetime) -> bytes:
    """One entry as it reads now, and which versions it had."""
    document = Document(told.title, about=told.patient, made_at=made_at)
    document.facts([("For", told.patient), *_origin(told)])
    _texts(document, told, level=1)
    if len(told.versions) > 1:
        document.heading("Versions")
        document.facts(
            (f"Version {version.number}", f"{version.written_by}, {dated(version.written_at)}")
            for version in told.versions
        )
    return document.content()


def visit(told: Visit, entries: Sequence[Entry], made_at: datetime) -> bytes:
    """One visit, and what was written about it."""
    document = Document(f"Appointment with {told.doctor}", about=told.patient, made_at=made_at)
    document.facts([("For", told.patient), *_visit_facts(told)])
    document.heading("From the record")
    if not entries:
        document.text_block("The record has no entry about this appointment.")
    for one in entries:
        _entry(document, one)
    return document.content()


class WholeRecord:
    """The whole record, drawn bit by bit: first what stands around the entries, then these as they are read."""

    def __init__(self, outline: Outline, made_at: datetime) -> None:
        person = outline.person
        self._document = Document(f"Record of {person.name}", about=person.name, made_at=made_at)
        self._document.facts(
            [
                ("Name", person.name),
                ("Date of birth", whole_date(person.date_of_birth) if person.date_of_birth else ""),
                ("Telephone", person.phone),
                ("Address", person.address),
                ("Insurance number", person.insurance_number),
            ]
        )
        self._visits(outline.visits)
        self._document.heading("Care team")
        self._document.facts((place.doctor, _place(place.department, place.since)) for place in outline.care_team)
        if not outline.care_team:
            self._document.text_block("Nobody.")
        self._reviews(outline.reviews)
        self._document.heading("Entries")
        if not outline.entry_ids:
            self._document.text_block("There are no entries.")

    def add(self, entries: Iterable[Entry]) -> None:
        """Draw the next entries, with all their versions."""
        for one in entries:
            _entry(self._document, one)
            for version in one.versions[1:]:
                self._document.note(
                    f"Version {version.number}, by {version.written_by}, {dated(version.written_at)}, since replaced:"
                )
                for title, text in version.sections:
                    self._document.note(f"{title}: {text}")

    def content(self) -> bytes:
        """The whole file."""
        return self._document.content()

    def _visits(self, visits: Sequence[Visit]) -> None:
        self._document.heading("Appointments")
        if not visits:
            self._document.text_block("There are no appointments.")
        for one in visits:
            self._document.heading(dated(one.starts_at), level=2)
            self._document.facts([("With", one.doctor), *_visit_facts(one)])

    def _reviews(self, reviews: Sequence[Opinion]) -> None:
        if reviews:
            self._document.heading("Reviews that you wrote")
        for one in reviews:
            self._document.facts(
                [(f"{one.rating} of 5 stars", f"{one.doctor}, {whole_date(to_local(one.written_at).date())}")]
            )
            if one.body:
                self._document.text_block(one.body)


def _entry(document: Document, told: Entry) -> None:
    document.heading(f"{told.title}, {whole_date(to_local(told.created_at).date())}", level=2)
    document.facts(_origin(told))
    _texts(document, told, level=None)


def _origin(told: Entry) -> list[tuple[str, str]]:
    """Where an entry comes from."""
    updated = told.present.written_at if len(told.versions) > 1 else None
    return [
        ("Written", dated(told.created_at)),
        ("By", told.author or ("" if told.reported_by_patient else told.versions[-1].written_by)),
        ("Department", told.department or ""),
        ("Appointment", f"{dated(told.visit.starts_at)}, {told.visit.doctor}" if told.visit else ""),
        ("Note", REPORTED if told.reported_by_patient else ""),
        ("Last changed", f"{dated(updated)}, by {told.present.written_by}" if updated else ""),
    ]


def _texts(document: Document, told: Entry, *, level: int | None) -> None:
    """The texts that say something, below headings, or as facts where the entry itself is one of many."""
    if level is None:
        document.facts(told.present.sections)
        return
    for title, text in told.present.sections:
        document.heading(title, level=level)
        document.text_block(text)


def _visit_facts(told: Visit) -> list[tuple[str, str]]:
    return [
        ("When", f"{dated(told.starts_at)}, until {time_of_day(told.ends_at)}"),
        ("Status", STATE_WORDS[told.state].capitalize()),
        ("How", VISIT_KINDS[told.kind]),
        ("Department", ", ".join(filter(None, (told.department, told.location)))),
        ("Reason", told.symptoms),
        ("Why cancelled", told.cancel_reason),
    ]


def _place(department: str, since: datetime) -> str:
    return ", ".join(filter(None, (department, f"since {whole_date(to_local(since).date())}")))
