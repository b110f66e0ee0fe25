"""The doctor's department: its records, its patients and its doctors, each searched and in pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps

from flask import Response, request
from flask_wtf import FlaskForm
from wtforms import SearchField, SelectField, StringField

from app.http import writes
from app.identity import actor
from app.models import Department
from app.pages.clinic.entrance import blueprint
from app.pages.free_times import read_date
from app.pages.paging import paged
from app.pages.render import render
from app.services import department_people
from app.services import department_records as records_service
from app.services.department_records import Author

PAGE_SIZE = 20
NOBODY = 0


class RecordsForm(FlaskForm):
    """What the list of records is narrowed by. It changes nothing, so it needs no token."""

    q = SearchField("Words in the records")
    patient = SearchField("Patient")
    author = SelectField("Written by", validate_choice=False)
    since = StringField("From")
    until = StringField("Until")

    class Meta:
        csrf = False

    def offer(self, authors: Sequence[Author]) -> int | None:
        """Fill in who has written; gives the one who is asked for, None for all. Whoever has not written is NOBODY."""
        keys = {str(author.id): author.id for author in authors}
        self.author.choices = {"": "Anybody"} | {str(author.id): author.name for author in authors}
        return keys.get(self.author.data, NOBODY) if self.author.data else None


class PatientsForm(FlaskForm):
    """What the list of patients is narrowed by."""

    q = SearchField("Search by name, telephone number or patient number")

    class Meta:
        csrf = False


class DoctorsForm(FlaskForm):
    """What the list of doctors is narrowed by."""

    q = SearchField("Search by name, grade or speciality")

    class Meta:
        csrf = False


def _of_own_department(view: Callable[[Department], Response]) -> Callable[[], Response]:
    """Show a page of the department in which the doctor works; there is no other way to name one."""

    @wraps(view)
    def show() -> Response:
        department = department_people.own(actor())
        return render("clinic/no_department.html") if department is None else view(department)

    return show


@blueprint.get("/department")
@writes
@_of_own_department
def department_records(department: Department) -> Response:
    """The department's records, newest first."""
    who, filters = actor(), RecordsForm(request.args)
    author_id = filters.offer(records_service.authors(who, department))
    found, paging = paged(
        PAGE_SIZE,
        lambda limit, offset: records_service.find(
            who,
            department,
            search=filters.q.data or "",
            patient=filters.patient.data or "",
            author_id=author_id,
            since=read_date(filters.since.data or ""),
            until=read_date(filters.until.data or ""),
            limit=limit,
            offset=offset,
        ),
    )
    is_narrowed = any(field.data for field in filters)
    return render(
        "clinic/department_records.html",
        department=department,
        lines=found.rows,
        paging=paging,
        filters=filters,
        is_narrowed=is_narrowed,
    )


@blueprint.get("/department/patients")
@writes
@_of_own_department
def department_patients(department: Department) -> Response:
    """Who has a record or an appointment in the department, by name."""
    filters = PatientsForm(request.args)
    found, paging = paged(
        PAGE_SIZE,
        lambda limit, offset: department_people.patients(
            actor(), department.id, search=filters.q.data or "", by_name=True, limit=limit, offset=offset
        ),
    )
    return render(
        "clinic/department_patients.html", department=department, patients=found.rows, paging=paging, filters=filters
    )


@blueprint.get("/department/doctors")
@_of_own_department
def department_doctors(department: Department) -> Response:
    """The department's doctors, whoever is free first first."""
    filters = DoctorsForm(request.args)
    found, paging = paged(
        PAGE_SIZE,
        lambda limit, offset: department_people.colleagues(
            actor(), department, search=filters.q.data or "", limit=limit, offset=offset
        ),
    )
    return render(
        "clinic/department_doctors.html", department=department, doctors=found.rows, paging=paging, filters=filters
    )
