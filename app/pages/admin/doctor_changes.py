"""A doctor's entry in an admin's hands: made, edited, taken off."""

from __future__ import annotations

import uuid

from flask import Response, flash
from wtforms import StringField

from app.identity import actor
from app.pages.admin.entrance import blueprint
from app.pages.doctor_form import DoctorForm, written
from app.pages.forms import PortalForm
from app.pages.render import render, see_other
from app.services import doctor_changes as service
from app.services import doctors
from app.services.doctor_changes import Person
from app.services.idempotency import once_for_form
from app.services.identities import MAXIMUM_NAME


class NewDoctorForm(DoctorForm):
    """A doctor whom an admin enters: of nobody who signs in, of an account that exists, or of a new one."""

    username = StringField("Username (optional)", description="Of an account that exists, or is made with the e-mail.")
    email = StringField(
        "E-mail address (optional)", description="For a new account: a link to set a password goes there."
    )


@blueprint.route("/doctors/add", methods=["GET", "POST"])
def add_doctor() -> Response:
    """Ask on GET for a doctor, and whether the doctor signs in; on POST enter the doctor, once, as approved."""
    form = NewDoctorForm()
    form.offer(actor())
    if form.validate_on_submit():
        with form.refusals():
            values = form.values()
            name = values["name"].strip()
            person = Person(
                username=form.username.data or "",
                email=form.email.data or "",
                last_name=name[:MAXIMUM_NAME],
                is_invited=True,
            )
            made = once_for_form(
                actor(),
                key=form.key.data or "",
                values=["doctor", person.username, person.email, {**values, "picture": "picture" in values}],
                act=lambda: {"id": service.add(actor(), person, **values).id},
            )
            flash(f"{name} is entered: patients can find and book this doctor once there are hours.")
            return see_other("admin.doctor", doctor_id=made["id"])
    form.key.data = form.key.data or str(uuid.uuid4())
    return render("admin/add_doctor.html", form=form, longest_about=service.LONGEST_ABOUT)


@blueprint.route("/doctors/<int:doctor_id>/edit", methods=["GET", "POST"])
def edit_doctor(doctor_id: int) -> Response:
    """Show on GET what is told of a doctor, to be changed; on POST change it."""
    found = doctors.get(actor(), doctor_id)
    name, picture_id = found.name, found.picture_id
    form = DoctorForm(data=written(found))
    form.offer(actor())
    if form.validate_on_submit():
        with form.refusals():
            changed = service.change(actor(), doctor_id, **form.values())
            flash(f"{changed.name} is saved.")
            return see_other("admin.doctor", doctor_id=doctor_id)
    return render(
        "admin/edit_doctor.html",
        form=form,
        doctor_id=doctor_id,
        name=name,
        picture_id=picture_id,
        longest_about=service.LONGEST_ABOUT,
    )


@blueprint.route("/doctors/<int:doctor_id>/remove", methods=["GET", "POST"])
def remove_doctor(doctor_id: int) -> Response:
    """Say on GET what happens, and to which visits; on POST take the doctor off, and cancel them."""
    form = PortalForm()
    doctor = doctors.get(actor(), doctor_id)
    if form.validate_on_submit():
        with form.refusals():
            name = doctor.name
            service.remove(actor(), doctor_id, cancel_appointments=True)
            flash(f"{name} is taken off.")
            return see_other("admin.doctors")
    return render(
        "admin/remove_doctor.html", form=form, doctor=doctor, visits=service.coming_visits(actor(), doctor_id)
    )
