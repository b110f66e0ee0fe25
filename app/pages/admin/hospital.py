"""The hospital's settings: one form."""

from __future__ import annotations

from flask import Response, flash
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, IntegerField, RadioField, StringField
from wtforms.validators import InputRequired

from app.errors import Outdated
from app.extensions import settings
from app.identity import actor
from app.pages.admin.entrance import blueprint
from app.pages.forms import PortalForm
from app.pages.render import render, see_other
from app.services import hospital_settings
from app.services.hospital_settings import RANGES
from app.services.pictures import read_upload
from config import CHOICES


def _number(label: str, name: str, about: str = "") -> IntegerField:
    least, most = RANGES[name]
    wanted = f"Enter a whole number from {least} to {most}."
    return IntegerField(label, [InputRequired(wanted)], description=f"{about} From {least} to {most}.".strip())


class SettingsForm(PortalForm):
    """Every setting, by its own name; `version` is that of the settings that the form was filled in from."""

    hospital_name = StringField("Name", filters=[lambda text: " ".join((text or "").split())])
    brand_colour = StringField(
        "Colour",
        filters=[lambda text: (text or "").strip().lower()],
        description="Of the header, links and lines, as # and 6 digits or letters. For example, #0b5563",
    )
    picture = FileField(
        "Logo (optional)",
        description="A JPEG, PNG or WebP file of at most 10 MB. It is shown 40 pixels high.",
        render_kw={"accept": "image/jpeg,image/png,image/webp"},
    )
    without_logo = BooleanField("Remove the logo")
    default_slot_minutes = _number(
        "Minutes for each visit", "default_slot_minutes", "For doctors who say nothing else in their hours."
    )
    booking_horizon_days = _number("How many days ahead patients can book", "booking_horizon_days")
    booking_cutoff_hours = _number(
        "Hours before a visit until which patients can book, move and cancel", "booking_cutoff_hours"
    )
    waiting_offer_hours = _number("Hours for which we hold a time for the waiting list", "waiting_offer_hours")
    reminder_first_hours = _number("Hours before a visit at which the first reminder is sent", "reminder_first_hours")
    reminder_second_hours = _number("Hours before a visit at which the second one is sent", "reminder_second_hours")
    doctor_approval = RadioField(
        "New doctors",
        choices={"manual": "An admin approves each", "automatic": "Are listed at once"},
        validate_choice=False,
        description="Doctors who wait already still need approval.",
    )
    second_factor_required = RadioField(
        "Two-step sign-in",
        choices={"none": "Is everybody's own choice", "staff": "Doctors and admins must use it"},
        validate_choice=False,
        description="Staff without it see only what patients see until they turn it on.",
    )
    version = HiddenField()


_CHOSEN = (*RANGES, *CHOICES, "hospital_name", "brand_colour")


@blueprint.route("/hospital", methods=["GET", "POST"])
def hospital() -> Response:
    """Show the settings on GET, to be changed; on POST have them hold for everybody."""
    form = SettingsForm(obj=settings)
    if form.validate_on_submit():
        with form.refusals():
            version = form.version.data or ""
            upload = form.picture.data.read() if form.picture.data else None
            hospital_settings.change(
                actor(),
                version=int(version) if version.isdecimal() else None,
                values={name: form[name].data for name in _CHOSEN},
                logo=read_upload(upload) if upload else None,
                without_logo=form.without_logo.data,
            )
            flash("The settings are saved. They hold from now on.")
            return see_other("admin.hospital")
    row = hospital_settings.get(actor())
    if not form.is_submitted() or isinstance(form.refusal, Outdated):
        form.version.data = str(row.version)
    return render("admin/hospital.html", form=form, row=row)
