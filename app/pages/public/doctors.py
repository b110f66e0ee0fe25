"""Finding a doctor, and a doctor's own page with the free times and the reviews."""

from __future__ import annotations

from datetime import date

from flask import Response, request
from flask_wtf import FlaskForm
from wtforms import SearchField, SelectField

from app.identity import actor
from app.pages.paging import paged
from app.pages.render import render
from app.services import booking, doctors

DOCTORS_ON_A_PAGE = 10
REVIEWS_ON_A_PAGE = 5
NO_KEY = 0


class SearchForm(FlaskForm):
    """What a list of doctors is narrowed by: it stands in the address, so it needs no token."""

    q = SearchField("Search by name, speciality or department")
    speciality = SelectField("Speciality", validate_choice=False)
    department = SelectField("Department", validate_choice=False)

    class Meta:
        csrf = False

    @property
    def is_set(self) -> bool:
        """Whether the list is narrowed at all."""
        return any(field.data for field in self)


def find() -> Response:
    """The doctors who can be booked, whoever is free first first."""
    form = SearchForm(request.args)
    offered = doctors.choices(actor())
    form.speciality.choices = {"": "All specialities"} | {str(one.id): one.name for one in offered.specialisations}
    form.department.choices = {"": "All departments"} | {str(one.id): one.name for one in offered.departments}
    found, paging = paged(
        DOCTORS_ON_A_PAGE,
        lambda limit, offset: doctors.soonest(
            actor(),
            search=form.q.data or "",
            specialisation_id=_key(form.speciality.data),
            department_id=_key(form.department.data),
            limit=limit,
            offset=offset,
        ),
    )
    return render("public/find_doctors.html", search=form, doctors=found.rows, paging=paging)


def show(doctor_id: int) -> Response:
    """A doctor's page: who it is, a week of free times from `?from=`, and what patients say."""
    shown = doctors.get(actor(), doctor_id)
    reviews, paging = paged(
        REVIEWS_ON_A_PAGE, lambda limit, offset: doctors.reviews(actor(), doctor_id, limit=limit, offset=offset)
    )
    return render(
        "public/doctor.html",
        doctor=shown,
        rating=doctors.ratings([doctor_id])[doctor_id],
        week=booking.week(doctor_id, _date(request.args.get("from", ""))),
        reviews=reviews.rows,
        paging=paging,
    )


def _key(text: str | None) -> int | None:
    """The key that a filter names; None for no filter, and a key that nothing has for what is no key."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(2**63)) else NO_KEY


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
