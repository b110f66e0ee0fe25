"""Where a request, a job or a command ends: all of it is saved, or none; what must follow is told after the commit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from app.errors import Conflict, Invalid, PortalError
from app.extensions import db, job_queue

_JOBS = "jobs_after_commit"
_ROLLBACK_ONLY = "rollback_only"
_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (?P<columns>.+)")


def _there_already(what: str, field: str) -> Callable[[], PortalError]:
    return lambda: Conflict(f"There is already a {what}. Choose another one.", field=field)


GUARDS: dict[str, Callable[[], PortalError]] = {
    "appointment_doctor_overlap": lambda: Conflict("That time has just been taken. Choose another one."),
    "appointment_patient_overlap": lambda: Conflict("The patient already has an appointment at that time."),
    "uq_account_username_key": lambda: Invalid("That username is taken. Choose another one.", field="username"),
    "uq_account_email_key": lambda: Invalid(
        "An account with that e-mail address exists already. Sign in, or use another address.", field="email"
    ),
    "uq_doctor_account_id": lambda: Conflict("You have already applied to be listed as a doctor."),
    "uq_department_name_key": _there_already("department of that name", "name"),
    "uq_designation_name_key": _there_already("designation of that name", "name"),
    "uq_designation_slug": _there_already("designation with that slug", "slug"),
    "uq_specialisation_name_key": _there_already("specialisation of that name", "name"),
    "uq_specialisation_slug": _there_already("specialisation with that slug", "slug"),
    "uq_available_time_label": _there_already("time written like that", "label"),
    "uq_care_team_member_patient_id_doctor_id": lambda: Conflict("That doctor is already in the care team."),
    "uq_waiting_entry_patient_id_doctor_id": lambda: Conflict("This patient is on the doctor's waiting list already."),
    "uq_record_export_account_id_patient_id": lambda: Conflict("This download is being made already."),
    "uq_review_patient_id_doctor_id": lambda: Conflict("There is already a review of that doctor by this patient."),
}
"""What a violated guard of the database means, by the constraint's name, on both databases."""


def after_commit(job: str, *arguments: int | str) -> None:
    """Have `job`, a dotted path, run once this unit of work is committed; never when it is rolled back.

    However often it is asked for with the same arguments, it runs once.
    """
    db.session.info.setdefault(_JOBS, {})[job, arguments] = None


def mark_rollback_only() -> None:
    """Let this unit of work end with a rollback although nothing is raised: a page shows a refusal."""
    db.session.info[_ROLLBACK_ONLY] = True


def commit() -> None:
    """End the unit of work: save everything and send the jobs out, or roll back where it was marked so."""
    if not db.session.registry.has():
        return  # nothing was asked of a session
    if db.session.info.get(_ROLLBACK_ONLY):
        rollback()
        return
    try:
        db.session.commit()
    except IntegrityError as error:
        rollback()
        raise explain(error) from error
    job_queue.put(db.session.info.pop(_JOBS, ()))


def rollback() -> None:
    """End the unit of work and keep nothing of it."""
    db.session.rollback()
    db.session.info.pop(_JOBS, None)
    db.session.info.pop(_ROLLBACK_ONLY, None)


def pause() -> None:
    """Let go of the database before slow work, in a unit of work that has only read so far; the next statement goes on.

    On SQLite everybody else who writes would have to wait.
    """
    db.session.commit()


@contextmanager
def transaction() -> Iterator[None]:
    """The unit of work of a job or a command: commit at the end, roll back when anything is raised."""
    try:
        yield
        commit()
    except BaseException:
        rollback()
        raise


@contextmanager
def saving() -> Iterator[None]:
    """Flush in a savepoint, so that a refusal leaves the session usable.

    Raises what GUARDS says for a violated constraint, and Conflict for any other.
    """
    try:
        with db.session.begin_nested():
            yield
            db.session.flush()
    except IntegrityError as error:
        raise explain(error) from error


@contextmanager
def inserting() -> Iterator[None]:
    """As `saving`, for statements that pass the session's objects by: a savepoint of the connection alone."""
    try:
        with db.session.connection().begin_nested():
            yield
    except IntegrityError as error:
        raise explain(error) from error


def explain(error: IntegrityError) -> PortalError:
    """A violated constraint in the hospital's words."""
    guard = GUARDS.get(violated_guard(error))
    return (
        guard() if guard else Conflict("This conflicts with something that was saved meanwhile. Look again and retry.")
    )


def violated_guard(error: IntegrityError) -> str:
    """The name of a violated constraint.

    PostgreSQL tells it; SQLite names the columns of a unique one, and our triggers say their own name.
    """
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return diagnosis.constraint_name or ""
    text = str(error.orig)
    unique = _SQLITE_UNIQUE.fullmatch(text)
    if unique is None:
        return text
    table, *_ = unique["columns"].split(".")
    columns = [column.strip().split(".")[1] for column in unique["columns"].split(",")]
    return f"uq_{table}_{'_'.join(columns)}"
