"""The appointments of the patients whom somebody books for: lists, one, just booked, cancelling."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, flash, request

from app.clock import now
from app.identity import actor
from app.models import VisitState
from app.pages.forms import PortalForm
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.services import appointment_lists, appointments, nearest_times, own_reviews, video_calls, waiting_list
from app.services.appointment_lists import Group

APPOINTMENTS_ON_A_PAGE = 10


def show_all() -> Response:
    """The appointments of a group that `?show=` names: coming ones unless told."""
    asked = request.args.get("show")
    group = next((group for group in Group if group.value == asked), Group.COMING)
    found, paging = paged(
        APPOINTMENTS_ON_A_PAGE,
        lambda limit, offset: appointment_lists.of_managed_patients(actor(), group, limit=limit, offset=offset),
    )
    changeable = {visit.id for visit in found.rows if appointments.is_changeable(actor(), visit)}
    return render(
        "patient/appointments.html",
        group=group,
        groups=list(Group),
        visits=found.rows,
        changeable=changeable,
        join_link=video_calls.join_link,
        reviews=own_reviews.of_visits(actor(), found.rows),
        paging=paging,
    )


def show(appointment_id: int) -> Response:
    """One appointment, and what can be done with it."""
    visit = appointment_lists.of_managed_patient(actor(), appointment_id)
    return render(
        "patient/appointment.html",
        visit=visit,
        is_changeable=appointments.is_changeable(actor(), visit),
        changeable_until=appointments.changeable_until(visit),
        is_coming=now() < visit.starts_at,
        waits=waiting_list.find(actor(), patient_id=visit.patient_id, doctor_id=visit.doctor_id) is not None,
        join_link=video_calls.join_link(visit),
        reviews=own_reviews.of_visits(actor(), [visit]),
        opens_at=video_calls.opens_at(visit) if video_calls.will_open(visit) else None,
        nearest=nearest_times.instead_of(actor(), visit) if visit.state is VisitState.CANCELLED else None,
    )


def booked(appointment_id: int) -> Response:
    """What follows after booking. It is true later, too."""
    visit = appointment_lists.of_managed_patient(actor(), appointment_id)
    if visit.state is VisitState.CANCELLED:
        return see_other("patient.appointment", appointment_id=appointment_id)
    return render(
        "patient/booked.html",
        visit=visit,
        is_changeable=appointments.is_changeable(actor(), visit),
        changeable_until=appointments.changeable_until(visit),
    )


def cancel(appointment_id: int) -> Response:
    """Say what will happen on GET; on POST cancel."""
    form = PortalForm()
    visit = appointment_lists.of_managed_patient(actor(), appointment_id)
    if visit.state is VisitState.CANCELLED:
        return see_other("patient.appointment", appointment_id=appointment_id)
    if form.validate_on_submit():
        with form.refusals():
            appointments.cancel(actor(), appointment_id)
            flash("Your appointment is cancelled.")
            return see_other("patient.appointment", appointment_id=appointment_id)
    is_changeable = appointments.is_changeable(actor(), visit)
    return render(
        "patient/cancel.html",
        None if is_changeable else HTTPStatus.CONFLICT,
        form=form,
        visit=visit,
        is_changeable=is_changeable,
        changeable_until=appointments.changeable_until(visit),
    )
