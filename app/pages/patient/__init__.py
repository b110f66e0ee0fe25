"""Pages for whoever acts for patients: booking, visits, waiting, records, who they are, and who treats them."""

from __future__ import annotations

from flask import Blueprint

from app import policy
from app.identity import actor
from app.pages.patient import (
    appointments,
    booking,
    calendar,
    care_team,
    family,
    home,
    moving,
    record,
    record_files,
    record_readers,
    reviews,
    waiting,
)
from app.policy import Permission

blueprint = Blueprint("patient", __name__)


@blueprint.before_request
def _for_members() -> None:
    booking.keep_of_who_was_away()
    policy.require(actor(), Permission.BOOK)


_DRAFT = "/book/<int:doctor_id>/<uuid:draft_id>"
_VISIT = "/my/appointments/<int:appointment_id>"
_FORM = ("GET", "POST")

blueprint.add_url_rule("/my", "home", home.show)
blueprint.add_url_rule("/book/<int:doctor_id>", "book", booking.start)
blueprint.add_url_rule(_DRAFT, "details", booking.details, methods=_FORM)
blueprint.add_url_rule(f"{_DRAFT}/keep", "keep", booking.keep, methods=["POST"])
blueprint.add_url_rule(f"{_DRAFT}/time", "time", booking.time, methods=_FORM)
blueprint.add_url_rule(f"{_DRAFT}/check", "check", booking.check, methods=_FORM)
blueprint.add_url_rule("/my/appointments", "appointments", appointments.show_all)
blueprint.add_url_rule(_VISIT, "appointment", appointments.show)
blueprint.add_url_rule(f"{_VISIT}/booked", "booked", appointments.booked)
blueprint.add_url_rule(f"{_VISIT}/cancel", "cancel", appointments.cancel, methods=_FORM)
blueprint.add_url_rule(f"{_VISIT}/move", "move", moving.choose)
blueprint.add_url_rule(f"{_VISIT}/move/check", "check_move", moving.check, methods=_FORM)
blueprint.add_url_rule(f"{_VISIT}/reason", "reason", moving.reason, methods=_FORM)
blueprint.add_url_rule("/my/family", "family", family.show_all)
blueprint.add_url_rule("/my/family/add", "add_person", family.add, methods=_FORM)
blueprint.add_url_rule("/my/family/<int:patient_id>", "person", family.show)
blueprint.add_url_rule("/my/family/<int:patient_id>/change", "change_person", family.change, methods=_FORM)
blueprint.add_url_rule("/my/family/<int:patient_id>/remove", "remove_person", family.remove, methods=_FORM)
blueprint.add_url_rule("/my/care-team", "care_team", care_team.show)
blueprint.add_url_rule("/my/care-team/add", "choose_doctor", care_team.choose)
blueprint.add_url_rule("/my/care-team/add/<int:doctor_id>", "join_care_team", care_team.join, methods=_FORM)
blueprint.add_url_rule(
    "/my/care-team/<int:patient_id>/<int:doctor_id>/end", "leave_care_team", care_team.end, methods=_FORM
)
blueprint.add_url_rule(f"{_VISIT}/earlier", "ask_earlier", waiting.ask_earlier, methods=_FORM)
blueprint.add_url_rule("/my/waiting", "waiting_list", waiting.show_all)
blueprint.add_url_rule("/my/waiting/doctors/<int:doctor_id>", "ask_first", waiting.ask_first, methods=_FORM)
blueprint.add_url_rule("/my/waiting/<int:entry_id>/leave", "leave_waiting_list", waiting.leave, methods=_FORM)
blueprint.add_url_rule("/my/waiting/offers/<int:offer_id>", "waiting_offer", waiting.show_offer)
blueprint.add_url_rule("/my/waiting/offers/<int:offer_id>/accept", "accept_offer", waiting.accept, methods=["POST"])
blueprint.add_url_rule("/my/waiting/offers/<int:offer_id>/decline", "decline_offer", waiting.decline, methods=["POST"])
blueprint.add_url_rule(f"{_VISIT}/calendar.ics", "calendar_file", calendar.download)
blueprint.add_url_rule("/my/reviews", "reviews", reviews.show_all)
blueprint.add_url_rule("/my/reviews/of/<int:doctor_id>", "write_review", reviews.write, methods=_FORM)
blueprint.add_url_rule("/my/reviews/<int:review_id>", "review", reviews.edit, methods=_FORM)
blueprint.add_url_rule("/my/reviews/<int:review_id>/delete", "delete_review", reviews.delete, methods=_FORM)
blueprint.add_url_rule(f"{_VISIT}/visit.pdf", "visit_pdf", record_files.visit_pdf)
blueprint.add_url_rule("/my/record", "record", record.show_all)
blueprint.add_url_rule("/my/record/<int:record_id>", "record_entry", record.show)
blueprint.add_url_rule("/my/record/<int:record_id>/versions/<int:version>", "record_version", record.show_version)
blueprint.add_url_rule("/my/record/<int:record_id>/entry.pdf", "record_pdf", record_files.entry_pdf)
blueprint.add_url_rule("/my/record/readers", "record_readers", record_readers.show)
blueprint.add_url_rule("/my/record/download", "record_download", record_files.download, methods=_FORM)
blueprint.add_url_rule("/my/record/download/<int:export_id>/record.zip", "record_archive", record_files.archive)
