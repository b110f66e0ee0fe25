"""Notes as doctors write them on pages: about a visit or a patient, to change an entry, or to take one out of use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from app import policy
from app.errors import Invalid, NotFound, Outdated
from app.extensions import db
from app.models import Appointment, ClinicalRecord, NoteDraft, Patient
from app.models.types import is_key
from app.policy import Actor, Permission
from app.services import appointment_lists, doctor_record, note_drafts, records
from app.services.record_facts import SECTIONS, Entry
from app.services.records import TEXTS
from app.services.text_differences import Piece, difference

LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Subject:
    """What a draft is about: a patient, the visit that it is written from, the entry that it changes."""

    patient: Patient
    visit: Appointment | None
    entry: Entry | None


class Clash(NamedTuple):
    """A text that the writer and somebody else have changed, each in another way: from theirs to the writer's."""

    title: str
    theirs: str
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Merge:
    """What a writer wrote, brought together with an entry that was changed meanwhile.

    `taken` are the titles of the texts that only others have changed.
    """

    texts: Mapping[str, str]
    clashes: Mapping[str, Clash]
    taken: tuple[str, ...]


class Voided(NamedTuple):
    """An entry that the actor took out of use."""

    patient_id: int
    patient: str
    created_at: datetime
    voided_at: datetime
    reason: str


def for_visit(actor: Actor, appointment_id: int) -> NoteDraft:
    """The draft of a note about one of the doctor's own visits. Raises NotFound for any other visit."""
    visit = _own_visit(actor, appointment_id)
    return note_drafts.start(actor, patient_id=visit.patient_id, appointment_id=visit.id)


def for_patient(actor: Actor, patient_id: int) -> NoteDraft:
    """The draft of a note about a patient of the directory, without a visit. Raises NotFound."""
    policy.require(actor, Permission.WRITE_RECORD)
    return note_drafts.start(actor, patient_id=policy.fetch(actor, Patient, patient_id).id)


def for_entry(actor: Actor, record_id: int) -> NoteDraft:
    """The draft of a change. Raises NotFound for an entry that the actor may not change."""
    record = changeable(actor, record_id)
    return note_drafts.start(actor, patient_id=record.patient_id, record_id=record.id)


def changeable(actor: Actor, record_id: int) -> ClinicalRecord:
    """An entry that the actor may change and take out of use. Raises NotFound for any other."""
    record = policy.fetch(actor, ClinicalRecord, record_id)
    if not policy.keeps(actor, record):
        raise NotFound
    return record


def subject(actor: Actor, draft: NoteDraft) -> Subject:
    """What a draft is about, as it is now; reading an entry is noted. Raises NotFound for what is gone or hidden."""
    return Subject(
        patient=policy.fetch(actor, Patient, draft.patient_id),
        visit=None if draft.appointment_id is None else _own_visit(actor, draft.appointment_id),
        entry=None if draft.record_id is None else doctor_record.get(actor, draft.record_id),
    )


def save(actor: Actor, draft: NoteDraft, *, texts: Mapping[str, str], version: int | None) -> int:
    """Make an entry of a draft that was fetched with `lock`, or change its entry; returns the entry's key.

    `version` is the one that the writer has read of an entry. Somebody at a page writes something: an empty note is a
    slip. Programs may write empty entries, as documents 000, 002 and 004 promise, so this is no rule of `records`.
    Raises Invalid where no text says anything, and what `records.write` and `records.change` raise; all before
    anything is written.
    """
    if not any(text.strip() for text in texts.values()):
        raise Invalid("Write something in at least one part.", field=TEXTS[0])
    if draft.record_id is not None:
        entry = _change(actor, draft.record_id, texts, version)
    else:
        entry = records.write(actor, patient_id=draft.patient_id, appointment_id=draft.appointment_id, texts=texts)
    note_drafts.finish(draft, entry.id)
    return entry.id


def _change(actor: Actor, record_id: int, texts: Mapping[str, str], version: int | None) -> ClinicalRecord:
    try:
        # Without a version to compare with, nothing may be overwritten.
        return records.change(actor, record_id, texts=texts, version=version or 0)
    except Outdated as refusal:
        raise Outdated("This entry was changed while you were writing. Look at both versions, then save.") from refusal


def save_again(actor: Actor, draft: NoteDraft, *, texts: Mapping[str, str], version: int | None) -> NoteDraft | None:
    """A draft that is in the record already comes once more: None for the same words, as of a double click.

    Others are kept in a new draft, which changes the entry. Raises NotFound where the entry cannot be read any more.
    """
    if draft.entry_id is None:
        raise ValueError("This draft is not saved yet.")
    entry = doctor_record.get(actor, draft.entry_id)
    if any(one.texts == texts for one in entry.versions):
        return None
    another = note_drafts.add(actor, patient_id=entry.patient_id, record_id=entry.id)
    note_drafts.keep(another, texts, based_on=version)
    return another


def merge(entry: Entry, texts: Mapping[str, str], based_on: int | None) -> Merge:
    """Bring what was written on top of an older version together with how the entry reads now.

    What only one side has changed is as that side wants it. What both have changed is as it was written here, and
    clashes. Where the older version is not known, all that differs does.
    """
    present = entry.present.texts
    base: Mapping[str, str] = next((one.texts for one in entry.versions if one.number == based_on), {})
    merged, clashes, taken = dict(texts), {}, []
    for name, title in SECTIONS.items():
        mine, theirs = texts[name], present[name]
        if mine == theirs or base.get(name) == theirs:
            continue
        if base.get(name) == mine:
            merged[name] = theirs
            taken.append(title)
        else:
            clashes[name] = Clash(title, theirs, difference(theirs, mine))
    return Merge(merged, clashes, tuple(taken))


def void(actor: Actor, record_id: int, *, reason: str, version: int | None) -> None:
    """Take an entry out of use, for a reason that stays with it; twice is as once.

    Raises Invalid without a reason, and what `records.void` raises.
    """
    if not reason.strip():
        raise Invalid("Enter the reason.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"Use {LONGEST_REASON:,} characters or fewer.", field="reason")
    try:
        records.void(actor, record_id, reason=reason.strip(), version=version)
    except NotFound:
        if voided(actor, record_id) is None:
            raise


def voided(actor: Actor, record_id: int) -> Voided | None:
    """What the actor took out of use, for whoever did it alone, and without what it said; None for any other entry."""
    query = (
        select(
            Patient.id, Patient.name, ClinicalRecord.created_at, ClinicalRecord.voided_at, ClinicalRecord.void_reason
        )
        .join(Patient, Patient.id == ClinicalRecord.patient_id)
        .where(
            ClinicalRecord.id == record_id,
            ClinicalRecord.voided_at.is_not(None),
            ClinicalRecord.voided_by_id == actor.account_id,
        )
    )
    row = db.session.execute(query).one_or_none() if is_key(record_id) else None
    return None if row is None else Voided._make(row)


def _own_visit(actor: Actor, appointment_id: int) -> Appointment:
    policy.require(actor, Permission.WRITE_RECORD)
    visit = appointment_lists.get(actor, appointment_id)
    if visit.doctor_id != actor.doctor_id:
        raise NotFound
    return visit
