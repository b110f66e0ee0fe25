"""Care teams: which doctors treat the people of a family, and may read their records."""

from __future__ import annotations

from contextlib import suppress

from flask import Response, flash, request
from wtforms import Form, RadioField, StringField
from wtforms.validators import InputRequired

from app.errors import Conflict, NotFound
from app.identity import actor
from app.pages.forms import PortalForm
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.services import appointments, care_team, family, patients, treating

DOCTORS_ON_A_PAGE = 10


class SearchForm(Form):
    """Whom one looks for. It travels in the address."""

    q = StringField("Name, speciality or department")


class JoinForm(PortalForm):
    """Whose care team a doctor is to join."""

    patient = RadioField("Whose care team?", [InputRequired("Choose whose care team it is.")])


def show() -> Response:
    """Who treats whom."""
    return render("patient/care_team.html", teams=treating.teams(actor()))


def choose() -> Response:
    """The doctors to choose from, by name; `?q=` searches."""
    search = SearchForm(request.args)
    found, paging = paged(
        DOCTORS_ON_A_PAGE,
        lambda limit, offset: treating.candidates(actor(), search=search.q.data or "", limit=limit, offset=offset),
    )
    return render("patient/choose_doctor.html", search=search, doctors=found.rows, paging=paging)


def join(doctor_id: int) -> Response:
    """Say on GET what it means that a doctor is in a care team, perhaps `?patient=`'s; on POST let the doctor in."""
    doctor = appointments.bookable_doctor(actor(), doctor_id)
    people = {str(patient.id): patient.name for patient in patients.managed(actor())}
    form = JoinForm(patient=request.args.get("patient"))
    form.patient.choices = people
    if form.validate_on_submit():
        name = people[form.patient.data]
        try:
            care_team.add(actor(), patient_id=int(form.patient.data), doctor_id=doctor_id)
            flash(f"{doctor.name} is in the care team of {name} now.")
        except Conflict:
            flash(f"{doctor.name} is in the care team of {name} already.", "notice")
        return see_other("patient.care_team")
    return render("patient/join_care_team.html", form=form, doctor=doctor)


def end(patient_id: int, doctor_id: int) -> Response:
    """Say on GET what it means that a doctor leaves a care team; on POST end the doctor's place."""
    patient = family.member(actor(), patient_id)
    place = treating.place(actor(), patient_id, doctor_id)
    if place is None:
        flash(f"That doctor is not in the care team of {patient.name}.", "notice")
        return see_other("patient.care_team")
    doctor = place.doctor
    form = PortalForm()
    if form.validate_on_submit():
        with suppress(NotFound):  # ended in another tab at this moment
            care_team.end(actor(), place.id)
        flash(f"{doctor.name} is no longer in the care team of {patient.name}.")
        return see_other("patient.care_team")
    return render(
        "patient/leave_care_team.html",
        form=form,
        patient=patient,
        doctor=doctor,
        has_visits=treating.has_visits(patient_id, doctor_id),
    )
