"""Emergency access: a doctor opens the record of somebody whom the doctor does not treat."""

from __future__ import annotations

from flask import Response, flash
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from app.errors import TooMany
from app.identity import actor
from app.pages.clinic.entrance import blueprint
from app.pages.forms import PortalForm, as_typed
from app.pages.render import render, see_other
from app.services import emergency_access
from app.services.emergency_access import LONGEST_REASON


class EmergencyForm(PortalForm):
    """Why the record is needed now."""

    reason = TextAreaField(
        "Why do you need this record now?",
        [
            DataRequired("Enter why you need the record now."),
            Length(max=LONGEST_REASON, message=f"Use {LONGEST_REASON:,} characters or fewer."),
        ],
        filters=[as_typed],
        description="The patient, or whoever acts for the patient, reads it.",
    )


@blueprint.route("/patients/<int:patient_id>/emergency", methods=["GET", "POST"])
def emergency(patient_id: int) -> Response:
    """Say what will happen on GET, or until when the record is open; open it on POST."""
    form = EmergencyForm()
    if form.validate_on_submit():
        with form.refusals(TooMany):
            emergency_access.open_record(actor(), patient_id, reason=form.reason.data or "")
            return see_other("clinic.patient", patient_id=patient_id)
    situation = emergency_access.look(actor(), patient_id)
    others = [one for one in emergency_access.open_now(actor()) if one.patient_id != patient_id]
    return render("clinic/emergency.html", form=form, situation=situation, others=others, longest=LONGEST_REASON)


@blueprint.post("/patients/<int:patient_id>/emergency/end")
def end_emergency(patient_id: int) -> Response:
    """End the access before its time. Twice is as once."""
    form = PortalForm()
    if form.validate_on_submit():
        patient = emergency_access.end(actor(), patient_id)
        flash(f"Your access to the record of {patient.name} has ended.")
    return see_other("clinic.patient", patient_id=patient_id)
