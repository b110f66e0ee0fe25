"""Applying to be listed as a doctor, and applying again after a rejection."""

from __future__ import annotations

from flask import Response, flash
from wtforms import SelectField
from wtforms.validators import ValidationError

from app.identity import actor
from app.pages.doctor_form import DoctorForm, written
from app.pages.render import render, see_other
from app.services import doctor_changes, doctors, own_account
from app.services.doctor_changes import Person


class ApplicationForm(DoctorForm):
    """What somebody tells the hospital to be listed."""

    def validate_department(self, field: SelectField) -> None:
        """Ask for a department, as signing up does."""
        if not field.data:
            raise ValidationError("Choose the department that you work in.")


def apply() -> Response:
    """Ask on GET what a doctor is to be listed with; on POST send it. Who has been decided about reads how."""
    own = doctors.own_application(actor())
    if own is not None and not own.is_rejected:
        return see_other("clinic.today")
    name = actor().display_name
    form = ApplicationForm(data=written(doctors.get(actor(), own.id)) if own else {"name": name})
    form.offer(actor())
    if form.validate_on_submit():
        with form.refusals():
            username = own_account.get(actor()).username
            doctor_changes.add(actor(), Person(username=username), **form.values())
            flash("Your application is sent. The hospital will tell you by e-mail how it decides.")
            return see_other("clinic.today")
    return render("account/application.html", form=form, application=own, longest_about=doctor_changes.LONGEST_ABOUT)
