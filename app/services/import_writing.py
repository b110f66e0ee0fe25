"""Adding the rows of an import, thousands at once: what adding one by hand writes, by a constant number of statements.

What is written must stay the same as by hand: accounts.invite, doctor_entries.enter and patients.register; a test
compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.clock import now
from app.models import (
    Account,
    Approval,
    Doctor,
    ImportKind,
    Patient,
    Profile,
    doctor_designation,
    doctor_specialisation,
)
from app.models.types import name_key
from app.policy import Actor
from app.services import audit, outbox
from app.services.import_checks import Line
from app.services.inserting import Values, add_links, add_rows
from app.services.outbox import Template

_PERSON = ("name", "date_of_birth", "phone", "insurance_number", "address")
_ENTRY = ("name", "about", "fee", "meet_link", "accepts_in_person", "accepts_online", "department_id")


def write(actor: Actor, kind: ImportKind, batch_id: int, lines: Sequence[Line]) -> None:
    """Add what the lines are about, which were checked in this transaction, with accounts, audit and mail."""
    _WRITE[kind](actor, batch_id, lines)


def _write_doctors(actor: Actor, batch_id: int, lines: Sequence[Line]) -> None:
    people = {
        line.id: {"name": line.account_name, "phone": "", "insurance_number": "", "address": ""}
        | {"date_of_birth": None}
        for line in lines
    }
    accounts = _invite(actor, batch_id, lines, people)
    decided = {
        "specialization": None,
        "picture_id": None,
        "approval": Approval.APPROVED,
        "decision_reason": "",
        "decided_by_id": actor.account_id,
        "decided_at": now(),
        "created_by_id": actor.account_id,
    }
    rows = [decided | _some(line, _ENTRY) | {"account_id": accounts.get(line.id)} for line in lines]
    keys = add_rows(Doctor, rows)
    for table, column, name in (
        (doctor_specialisation, "specialisation_id", "specialisations_keys"),
        (doctor_designation, "designation_id", "designations_keys"),
    ):
        links = [
            {"doctor_id": key, column: entry}
            for key, line in zip(keys, lines, strict=True)
            for entry in line.values[name]
        ]
        add_links(table, links)
    audit.record_all(actor, "doctor.created", Doctor, keys, approval=Approval.APPROVED.value, import_id=batch_id)


def _write_patients(actor: Actor, batch_id: int, lines: Sequence[Line]) -> None:
    people = {line.id: _some(line, _PERSON) for line in lines}
    _invite(actor, batch_id, lines, people)
    alone = [
        people[line.id] | {"manager_id": None, "created_by_id": actor.account_id, "is_own": False}
        for line in lines
        if not line.has_account
    ]
    keys = add_rows(Patient, alone)
    audit.record_all(actor, "patient.added", Patient, keys, patients=keys, import_id=batch_id)


def _invite(actor: Actor, batch_id: int, lines: Sequence[Line], people: Mapping[int, Values]) -> dict[int, int]:
    """Make the accounts that lines ask for, each with its profile and its own patient, and have them told by mail.

    `people` are what is told of the patients, by line; the keys of the accounts are returned, by line.
    """
    invited = [line for line in lines if line.has_account]
    keys = add_rows(
        Account,
        [
            {
                "username": line.values["username"],
                "username_key": name_key(line.values["username"]),
                "email": line.values["email"],
                "email_key": name_key(line.values["email"]),
                "first_name": "",
                "last_name": line.account_name,
            }
            for line in invited
        ],
    )
    accounts = dict(zip((line.id for line in invited), keys, strict=True))
    add_rows(Profile, [{"account_id": key} for key in keys])
    own = {"created_by_id": actor.account_id, "is_own": True}
    patients = add_rows(Patient, [people[line] | own | {"manager_id": key} for line, key in accounts.items()])
    audit.record_all(actor, "account.invited", Account, keys, patients=patients, import_id=batch_id)
    addresses = [(accounts[line.id], line.values["email"]) for line in invited]
    outbox.tell_accounts(Template.SET_PASSWORD, addresses)
    return accounts


def _some(line: Line, columns: Sequence[str]) -> Values:
    return {column: line.values[column] for column in columns}


_WRITE: Mapping[ImportKind, Callable[[Actor, int, Sequence[Line]], None]] = {
    ImportKind.DOCTORS: _write_doctors,
    ImportKind.PATIENTS: _write_patients,
}
