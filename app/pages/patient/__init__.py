"""Pages for whoever acts for patients: booking, appointments, records, who they are, and who treats them."""

from __future__ import annotations

from flask import Blueprint

from app import policy
from app.identity import actor
from app.pages.patient import appointments, booking, care_team, family, home, record, record_files, record_readers
from app.policy import Permission

blueprint = Blueprint("patient", __name__)


@blueprint.before_request
def _for_members() -> None:
    policy.require(actor(), Permission.BOOK)


blueprint.add_url_rule("/my", "home", home.show)
blueprint.add_url_rule("/book/<int:doctor_id>", "book", booking.details, methods=["GET", "POST"])
blueprint.add_url_rule("/book/<int:doctor_id>/check", "check", booking.check, methods=["GET", "POST"])
blueprint.add_url_rule("/my/appointments", "appointments", appointments.show_all)
blueprint.add_url_rule("/my/appointments/<int:appointment_id>", "appointment", appointments.show)
blueprint.add_url_rule("/my/appointments/<int:appointment_id>/booked", "booked", appointments.booked)
blueprint.add_url_rule(
    "/my/appointments/<int:appointment_id>/cancel", "cancel", appointments.cancel, methods=["GET", "POST"]
)
blueprint.add_url_rule("/my/family", "family", family.show_all)
blueprint.add_url_rule("/my/family/add", "add_person", family.add, methods=["GET", "POST"])
blueprint.add_url_rule("/my/family/<int:patient_id>", "person", family.show)
blueprint.add_url_rule("/my/family/<int:patient_id>/change", "change_person", family.change, methods=["GET", "POST"])
blueprint.add_url_rule("/my/family/<int:patient_id>/remove", "remove_person", family.remove, methods=["GET", "POST"])
blueprint.add_url_rule("/my/care-team", "care_team", care_team.show)
blueprint.add_url_rule("/my/care-team/add", "choose_doctor", care_team.choose)
blueprint.add_url_rule("/my/care-team/add/<int:doctor_id>", "join_care_team", care_team.join, methods=["GET", "POST"])
blueprint.add_url_rule(
    "/my/care-team/<int:patient_id>/<int:doctor_id>/end", "leave_care_team", care_team.end, methods=["GET", "POST"]
)
blueprint.add_url_rule("/my/appointments/<int:appointment_id>/visit.pdf", "visit_pdf", record_files.visit_pdf)
blueprint.add_url_rule("/my/record", "record", record.show_all)
blueprint.add_url_rule("/my/record/<int:record_id>", "record_entry", record.show)
blueprint.add_url_rule("/my/record/<int:record_id>/versions/<int:version>", "record_version", record.show_version)
blueprint.add_url_rule("/my/record/<int:record_id>/entry.pdf", "record_pdf", record_files.entry_pdf)
blueprint.add_url_rule("/my/record/readers", "record_readers", record_readers.show)
blueprint.add_url_rule("/my/record/download", "record_download", record_files.download, methods=["GET", "POST"])
blueprint.add_url_rule("/my/record/download/<int:export_id>/record.zip", "record_archive", record_files.archive)
