"""Pages for whoever books for patients: booking, and their appointments."""

from __future__ import annotations

from flask import Blueprint

from app import policy
from app.identity import actor
from app.pages.patient import appointments, booking
from app.policy import Permission

blueprint = Blueprint("patient", __name__)


@blueprint.before_request
def _for_members() -> None:
    policy.require(actor(), Permission.BOOK)


blueprint.add_url_rule("/book/<int:doctor_id>", "book", booking.details, methods=["GET", "POST"])
blueprint.add_url_rule("/book/<int:doctor_id>/check", "check", booking.check, methods=["GET", "POST"])
blueprint.add_url_rule("/my/appointments", "appointments", appointments.show_all)
blueprint.add_url_rule("/my/appointments/<int:appointment_id>", "appointment", appointments.show)
blueprint.add_url_rule("/my/appointments/<int:appointment_id>/booked", "booked", appointments.booked)
blueprint.add_url_rule(
    "/my/appointments/<int:appointment_id>/cancel", "cancel", appointments.cancel, methods=["GET", "POST"]
)
