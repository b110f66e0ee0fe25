"""Finding a doctor, and a doctor's own page with the free times and the reviews."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, request

from app.errors import NotFound
from app.identity import actor
from app.pages.free_times import unchanged, wanted_week
from app.pages.paging import paged
from app.pages.public.doctor_filters import SearchForm
from app.pages.render import render
from app.services import booking, doctors, own_reviews

DOCTORS_ON_A_PAGE = 10
REVIEWS_ON_A_PAGE = 5


def find() -> Response:
    """The doctors who can be booked, whoever is free first first."""
    form = SearchForm(request.args)
    form.offer(doctors.choices(actor()))
    found, paging = paged(
        DOCTORS_ON_A_PAGE,
        lambda limit, offset: doctors.soonest(actor(), **form.criteria(), limit=limit, offset=offset),
    )
    return render("public/find_doctors.html", search=form, doctors=found.rows, paging=paging)


def show(doctor_id: int) -> Response:
    """A doctor's page: who it is, a week of free times from `?from=`, and what patients say."""
    try:
        shown = doctors.get(actor(), doctor_id)
    except NotFound:
        return render("public/no_doctor.html", HTTPStatus.NOT_FOUND)
    week = booking.week(doctor_id, wanted_week())
    same = unchanged(week)
    if same is not None:
        return same
    reviews, paging = paged(
        REVIEWS_ON_A_PAGE, lambda limit, offset: doctors.reviews(actor(), doctor_id, limit=limit, offset=offset)
    )
    return render(
        "public/doctor.html",
        doctor=shown,
        rating=doctors.ratings([doctor_id])[doctor_id],
        week=week,
        reviews=reviews.rows,
        may_review=own_reviews.may_write(actor(), shown),
        paging=paging,
    )
