"""Doctors as admins see them: the list by decision, one application, and the decision."""

from __future__ import annotations

from flask import Response, flash, request
from wtforms import Form, SearchField, SelectField, TextAreaField

from app.identity import actor
from app.models import Approval
from app.pages.admin.entrance import blueprint
from app.pages.forms import PortalForm
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.services import doctors as service

PAGE_SIZE = 20
FILTERS: dict[str, tuple[str, Approval | None]] = {
    "waiting": ("Waiting for approval", Approval.PENDING),
    "approved": ("Approved", Approval.APPROVED),
    "rejected": ("Rejected", Approval.REJECTED),
    "all": ("All", None),
}
"""By the value in the address; the first is the list that needs an admin."""


class FilterForm(Form):
    """Which doctors the list shows."""

    search = SearchField("Name, speciality or department")
    state = SelectField("Application", choices={value: label for value, (label, _) in FILTERS.items()})


class RejectForm(PortalForm):
    """Why the hospital does not list the doctor."""

    reason = TextAreaField("Reason for rejecting", description="The doctor will read it.")


@blueprint.get("/doctors")
def doctors() -> Response:
    """Doctors by decision, whoever applied first first."""
    filters = FilterForm(request.args)
    if filters.state.data not in FILTERS:
        filters.state.data = next(iter(FILTERS))
    _, state = FILTERS[filters.state.data]
    found, paging = paged(
        PAGE_SIZE,
        lambda limit, offset: service.applications(
            actor(), state=state, search=filters.search.data or "", limit=limit, offset=offset
        ),
    )
    return render("admin/doctors.html", filters=filters, doctors=found.rows, paging=paging)


@blueprint.get("/doctors/<int:doctor_id>")
def doctor(doctor_id: int) -> Response:
    """One doctor's application, and the decision."""
    return render("admin/doctor.html", doctor=service.get(actor(), doctor_id))


@blueprint.post("/doctors/<int:doctor_id>/approve")
def approve(doctor_id: int) -> Response:
    """List a doctor."""
    form = PortalForm()
    if form.validate_on_submit():
        with form.refusals():
            approved = service.approve(actor(), doctor_id)
            flash(f"{approved.name} is approved: patients can find and book this doctor now.")
            return see_other("admin.doctors")
    return render("admin/doctor.html", form=form, doctor=service.get(actor(), doctor_id))


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
