"""Doctors as admins see them: the list, filtered, sorted and as CSV, one application, and the decisions."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, request
from wtforms import SearchField, SelectField, SelectMultipleField, TextAreaField

from app.http import writes
from app.identity import actor
from app.models import Approval
from app.pages.admin.entrance import blueprint
from app.pages.downloads import download_csv
from app.pages.filters import FilterForm
from app.pages.forms import PortalForm
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.pages.wording import count
from app.services import doctors as service

PAGE_SIZE = 20
FILTERS: dict[str, tuple[str, Approval | None]] = {
    "waiting": ("Waiting for approval", Approval.PENDING),
    "approved": ("Approved", Approval.APPROVED),
    "rejected": ("Rejected", Approval.REJECTED),
    "all": ("All", None),
}
"""By the value in the address; the first is the list that needs an admin."""

_ORDERS = {"applied": "Applied first", "name": "Name"}
_COLUMNS = (
    "id",
    "name",
    "username",
    "e-mail",
    "department",
    "specialisations",
    "designations",
    "fee",
    "state",
    "applied",
)


class Filters(FilterForm):
    """Which doctors the list shows, and in which order."""

    search = SearchField("Name, speciality or department")
    state = SelectField("Application", choices={value: label for value, (label, _) in FILTERS.items()})
    department = SelectField("Department", coerce=int, default=0)
    order = SelectField("Sort by", choices=_ORDERS)


class ChosenForm(PortalForm):
    """The doctors who were ticked in the list."""

    doctors = SelectMultipleField("Doctors", coerce=int, validate_choice=False)


class RejectForm(PortalForm):
    """Why the hospital does not list the doctor."""

    reason = TextAreaField("Reason for rejecting", description="The doctor will read it.")


@blueprint.get("/doctors")
def doctors() -> Response:
    """Doctors by decision, whoever applied first first."""
    return _show(ChosenForm(formdata=None))


@blueprint.get("/doctors/doctors.csv")
@writes
def doctors_file() -> Response:
    """The doctors whom the filters leave, as CSV."""
    _, asked = _filters()
    rows = [
        [
            doctor.id,
            doctor.name,
            doctor.account.username if doctor.account else None,
            doctor.account.email if doctor.account else None,
            doctor.department.name if doctor.department else None,
            "; ".join(entry.name for entry in doctor.specialisations) or doctor.specialization,
            "; ".join(entry.name for entry in doctor.designations),
            doctor.fee,
            doctor.approval.value,
            doctor.created_at.isoformat(),
        ]
        for doctor in service.export(actor(), **asked)
    ]
    return download_csv("doctors", _COLUMNS, rows)


@blueprint.post("/doctors/approve")
def approve_doctors() -> Response:
    """List the doctors who were ticked, all or none."""
    form = ChosenForm()
    if form.validate_on_submit():
        with form.refusals():
            number = len(service.approve_all(actor(), form.doctors.data or []))
            flash(f"{count(number, 'doctor')} approved: patients can find and book them now.")
            return see_other("admin.doctors")
    return _show(form)


@blueprint.get("/doctors/<int:doctor_id>")
def doctor(doctor_id: int) -> Response:
    """One doctor's entry, and the decision."""
    return _one(doctor_id)


@blueprint.post("/doctors/<int:doctor_id>/approve")
def approve(doctor_id: int) -> Response:
    """List a doctor."""
    form = PortalForm()
    if form.validate_on_submit():
        with form.refusals():
            approved = service.approve(actor(), doctor_id)
            flash(f"{approved.name} is approved: patients can find and book this doctor now.")
            return see_other("admin.doctors")
    return _one(doctor_id, form)


@blueprint.route("/doctors/<int:doctor_id>/reject", methods=["GET", "POST"])
def reject(doctor_id: int) -> Response:
    """Refuse a doctor, with the reason that the doctor is told."""
    form = RejectForm()
    if form.validate_on_submit():
        with form.refusals():
            rejected = service.reject(actor(), doctor_id, form.reason.data or "")
            flash(f"{rejected.name}'s application is rejected.")
            return see_other("admin.doctors")
    doctor = service.get(actor(), doctor_id)
    return render("admin/reject.html", form=form, doctor=doctor, longest_reason=service.LONGEST_REASON)


def _one(doctor_id: int, form: PortalForm | None = None) -> Response:
    found = service.get(actor(), doctor_id)
    return render("admin/doctor.html", form=form, doctor=found, proposer=service.proposer(actor(), found))


def _show(form: ChosenForm) -> Response:
    filters, asked = _filters()
    found, paging = paged(
        PAGE_SIZE,
        lambda limit, offset: service.applications(actor(), **asked, limit=limit, offset=offset),
        endpoint="admin.doctors",
    )
    return render("admin/doctors.html", form=form, filters=filters, doctors=found.rows, paging=paging)


def _filters() -> tuple[Filters, dict[str, Any]]:
    """The filters of the address, those that are none left out, and what they ask of the list."""
    filters = Filters(request.args)
    departments = [(row.id, row.name) for row in service.choices(actor()).departments]
    filters.department.choices = [(0, "All"), *departments]
    if filters.department.data not in dict(departments):
        filters.department.data = 0
    return filters, {
        "search": filters.search.data or "",
        "state": FILTERS[filters.state.data][1],
        "department_id": filters.department.data or None,
        "is_by_name": filters.order.data == "name",
    }
