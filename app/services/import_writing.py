"""Adding the rows of an import, thousands at once: what adding one by hand writes, by a constant number of statements.

What is written must stay the same as by hand: accounts.invite, doctor_entries.enter and patients.register; a test
compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Table

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
from app.services.inserting import Values, add_keyed_rows, add_rows
from app.services.outbox import Template

_PERSON = ("name", "date_of_birth", "phone", "insurance_number", "address")
_NOTHING: Values = {"date_of_birth": None, "phone": "", "insurance_number": "", "address": ""}
_ENTRY = ("name", "about", "fee", "meet_link", "accepts_in_person", "accepts_online", "department_id")
_TIES: Mapping[Table, tuple[str, str]] = {
    doctor_specialisation: ("specialisation_id", "specialisations_keys"),
    doctor_designation: ("designation_id", "designations_keys"),
}
"""By table: its column, and where a line has the keys of the entries."""


def write(actor: Actor, kind: ImportKind, batch_id: int, lines: Sequence[Line]) -> None:
    """Add what the lines are about, which were checked in this transaction, with accounts, audit and mail."""
    _WRITE[kind](actor, batch_id, lines)


def _write_doctors(actor: Actor, batch_id: int, lines: Sequence[Line]) -> None:
    accounts = _invite(actor, batch_id, lines, {line.id: _NOTHING | {"name": line.account_name} for line in lines})
    same = {
        "approval": Approval.APPROVED,
        "decided_by_id": actor.account_id,
        "decided_at": now(),
        "created_by_id": actor.account_id,
    }
    rows = [same | _some(line, _ENTRY) | {"account_id": accounts.get(line.id)} for line in lines]
    keys = add_keyed_rows(Doctor, rows, by=("name", "department_id"))
    for table, (column, named) in _TIES.items():
        links = [
            {"doctor_id": keys[line.values["name"], line.values["department_id"]], column: entry}
            for line in lines
            for entry in line.values[named]
        ]
        add_rows(table, links)
    approval = Approval.APPROVED.value
    audit.record_all(actor, "doctor.created", Doctor, list(keys.values()), approval=approval, import_id=batch_id)


def _write_patients(actor: Actor, batch_id: int, lines: Sequence[Line]) -> None:
    people = {line.id: _some(line, _PERSON) for line in lines}
    _invite(actor, batch_id, lines, people)
    rows = [people[line.id] | {"created_by_id": actor.account_id} for line in lines if not line.has_account]
    keys = list(add_keyed_rows(Patient, rows, by=("name", "date_of_birth", "phone")).values())
    audit.record_all(actor, "patient.added", Patient, keys, patients=keys, import_id=batch_id)


def _invite(actor: Actor, batch_id: int, lines: Sequence[Line], people: Mapping[int, Values]) -> dict[int, int]:
    """Make the accounts that lines ask for, each with its profile and its own patient, and have them told by mail.

    `people` are what is told of the patients, by line; the keys of the accounts are returned, by line.
    """
    invited = {name_key(line.values["username"]): line for line in lines if line.has_account}
    rows = [
        _some(line, ("username", "email"))
        | {"username_key": key, "email_key": name_key(line.values["email"]), "last_name": line.account_name}
        for key, line in invited.items()
    ]
    made = add_keyed_rows(Account, rows, by=("username_key",))
    accounts = {line.id: made[(key,)] for key, line in invited.items()}
    keys = list(accounts.values())
    add_rows(Profile, [{"account_id": key} for key in keys])
    own = {"created_by_id": actor.account_id, "is_own": True}
    rows = [people[line] | own | {"manager_id": key} for line, key in accounts.items()]
    patients = add_keyed_rows(Patient, rows, by=("manager_id",))
    theirs = [patients[(key,)] for key in keys]
    audit.record_all(actor, "account.invited", Account, keys, patients=theirs, import_id=batch_id)
    outbox.tell_accounts(
        Template.SET_PASSWORD, [(accounts[line.id], line.values["email"]) for line in invited.values()]
    )
    return accounts


def _some(line: Line, columns: Sequence[str]) -> Values:
    return {column: line.values[column] for column in columns}


_WRITE: Mapping[ImportKind, Callable[[Actor, int, Sequence[Line]], None]] = {
    ImportKind.DOCTORS: _write_doctors,
    ImportKind.PATIENTS: _write_patients,
}
