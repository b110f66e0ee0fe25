"""Who may enter the clinic's pages: approved doctors. An applicant is told how the application stands."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, make_response

from app import policy
from app.errors import Forbidden
from app.http import answer_refusal
from app.identity import actor
from app.pages.clinic import note_form
from app.pages.render import render
from app.policy import Permission
from app.services import doctors

blueprint = Blueprint("clinic", __name__, url_prefix="/clinic")


@blueprint.before_request
def _let_in() -> None:
    note_form.keep_of_who_was_away()
    policy.require(actor(), Permission.RUN_CLINIC)


@blueprint.errorhandler(Forbidden)
def _refuse(refusal: Forbidden) -> Response:
    application = doctors.own_application(actor())
    if application is None or application.is_listed:
        return answer_refusal(refusal)
    return make_response(render("clinic/application.html", HTTPStatus.FORBIDDEN, application=application))
