"""What is asked about somebody who is treated: by whoever acts for the person, and by admins."""

from __future__ import annotations

from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired

from app.pages.fields import DateInputField
from app.pages.forms import PortalForm, as_typed
from app.services.patients import Details


class PersonForm(PortalForm):
    """Somebody who is treated. `key` comes with the form that adds: however often it is sent, it adds one person."""

    name = StringField("Full name", [DataRequired("Enter the full name.")])
    date_of_birth = DateInputField("Date of birth (optional)", description="For example, 15 3 2019")
    phone = StringField(
        "Telephone number (optional)", description="Where the hospital reaches the person, or whoever acts for them."
    )
    insurance_number = StringField("Insurance number (optional)")
    address = TextAreaField("Address (optional)", filters=[as_typed])
    key = HiddenField()

    def values(self) -> Details:
        """What was typed, as the services take it."""
        return {
            "name": self.name.data or "",
            "date_of_birth": self.date_of_birth.data,
            "phone": self.phone.data or "",
            "insurance_number": self.insurance_number.data or "",
            "address": self.address.data or "",
        }
