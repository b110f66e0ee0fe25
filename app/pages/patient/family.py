"""My family: the people for whom somebody acts, oneself among them."""

from __future__ import annotations

import uuid

from flask import Response, flash

from app.identity import actor
from app.pages.forms import PortalForm
from app.pages.person_form import PersonForm
from app.pages.render import render, see_other
from app.services import family, patients


def show_all() -> Response:
    """Everybody whom one acts for."""
    return render("patient/family.html", people=patients.managed(actor()))


def show(patient_id: int) -> Response:
    """What the hospital knows of one of them."""
    return render("patient/person.html", person=family.member(actor(), patient_id))


def add() -> Response:
    """Ask for somebody on GET; on POST add the person, once."""
    form = PersonForm()
    if form.validate_on_submit():
        with form.refusals():
            family.add_once(actor(), key=form.key.data or "", **form.values())
            flash(f"{(form.name.data or '').strip()} is in your family now.")
            return see_other("patient.family")
    form.key.data = form.key.data or str(uuid.uuid4())
    return render("patient/add_person.html", form=form)


def change(patient_id: int) -> Response:
    """Show on GET what is known of somebody, to be changed; on POST change it. Oneself has a page of one's own."""
    person = family.member(actor(), patient_id)
    if person.is_own:
        return see_other("own_account.profile")
    form = PersonForm(obj=person)
    name = person.name
    if form.validate_on_submit():
        with form.refusals():
            patients.change(actor(), patient_id, **form.values())
            flash("The details are saved.")
            return see_other("patient.person", patient_id=patient_id)
    return render("patient/change_person.html", form=form, patient_id=patient_id, name=name)


def remove(patient_id: int) -> Response:
    """Say on GET what will happen; on POST take somebody out of the portal."""
    form = PortalForm()
    if form.validate_on_submit():
        with form.refusals():
            family.remove(actor(), patient_id)
            flash("The person is removed from your family.")
            return see_other("patient.family")
    return render(
        "patient/remove_person.html",
        form=form,
        person=family.relative(actor(), patient_id),
        visits=family.coming_visits(actor(), patient_id),
    )
