"""My details: what one tells about oneself, in one place."""

from __future__ import annotations

from flask import Response, flash
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired

from app.identity import actor
from app.pages.fields import DateInputField
from app.pages.forms import PortalForm, as_typed
from app.pages.render import render, see_other
from app.services import own_profile, profiles


class ProfileForm(PortalForm):
    """Who somebody is, and how to reach them."""

    first_name = StringField("First name", [DataRequired("Enter your first name.")])
    last_name = StringField("Last name", [DataRequired("Enter your last name.")])
    date_of_birth = DateInputField("Date of birth (optional)", description="For example, 31 3 1980")
    phone = StringField("Telephone number (optional)", description="Where the hospital reaches you about a visit.")
    insurance_number = StringField("Insurance number (optional)")
    address = TextAreaField("Address (optional)", filters=[as_typed])
    bio = TextAreaField(
        "About you (optional)",
        filters=[as_typed],
        description="Such as when you can be reached. Only you and the hospital's administrators see this.",
    )


def change() -> Response:
    """Show on GET what is known of oneself, to be changed; on POST change it everywhere."""
    me = own_profile.get(actor())
    form = ProfileForm(
        first_name=me.account.first_name,
        last_name=me.account.last_name,
        date_of_birth=me.date_of_birth,
        phone=me.patient.phone if me.patient else "",
        insurance_number=me.patient.insurance_number if me.patient else "",
        address=me.address,
        bio=me.profile.bio,
    )
    if form.validate_on_submit():
        with form.refusals():
            own_profile.change(
                actor(),
                first_name=form.first_name.data or "",
                last_name=form.last_name.data or "",
                date_of_birth=form.date_of_birth.data,
                phone=form.phone.data or "",
                insurance_number=form.insurance_number.data or "",
                address=form.address.data or "",
                bio=form.bio.data or "",
            )
            flash("Your details are saved.")
            return see_other("own_account.show")
    return render(
        "account/profile.html",
        form=form,
        name=actor().display_name,
        picture_id=me.picture_id,
        is_patient=me.patient is not None,
        longest_bio=profiles.LONGEST_BIO,
    )
