"""Who opened my record."""

from __future__ import annotations

from flask import Response, request

from app.errors import NotFound
from app.identity import actor
from app.pages.paging import paged
from app.pages.patient.record import key_of
from app.pages.render import render
from app.services import patients, record_readers
from app.services.record_readers import Whose

ACTS_ON_A_PAGE = 20


def show() -> Response:
    """What was done with the record of a patient, by others unless told, the newest first."""
    who = actor()
    managed = patients.managed(who)
    asked = request.args.get("patient")
    chosen = next((patient for patient in managed if asked is None or patient.id == key_of(asked)), None)
    if chosen is None and asked is not None:
        raise NotFound
    whose = next((whose for whose in Whose if whose.value == request.args.get("show")), Whose.OTHERS)
    if chosen is None:
        return render("patient/record_readers.html", managed=managed, patient=None, whose=whose)
    patient_id = chosen.id
    found, paging = paged(
        ACTS_ON_A_PAGE,
        lambda limit, offset: record_readers.find(who, patient_id, whose, limit=limit, offset=offset),
    )
    return render(
        "patient/record_readers.html", managed=managed, patient=chosen, whose=whose, acts=found.rows, paging=paging
    )
