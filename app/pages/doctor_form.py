"""The form of a doctor's entry, as an admin edits it, and as somebody applies with it."""

from __future__ import annotations

from typing import Any

from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Optional

from app.models import Doctor
from app.pages.forms import PortalForm, as_typed
from app.policy import Actor
from app.services import doctors
from app.services.pictures import read_upload


class WholeNumberField(IntegerField):
    """A whole number, which says in our words when it is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Enter a whole number, such as 80.") from None


class DoctorForm(PortalForm):
    """What is told of a doctor. `key` comes with a form that adds: however often it is sent, it adds one doctor."""

    name = StringField("Name", [DataRequired("Enter the doctor's name.")], description="As patients read it.")
    department = SelectField("Department", coerce=int)
    specialisations = SelectMultipleField("Specialisations", coerce=int)
    designations = SelectMultipleField("Designations", coerce=int)
    fee = WholeNumberField("Fee (optional)", [Optional()])
    about = TextAreaField("About (optional)", filters=[as_typed])
    accepts_in_person = BooleanField("Sees patients in person", default=True)
    accepts_online = BooleanField("Sees patients by video call", default=True)
    meet_link = StringField("Video link (optional)", description="Where the doctor's video calls take place.")
    picture = FileField(
        "Picture (optional)",
        description="A JPEG, PNG or WebP file of at most 10 MB.",
        render_kw={"accept": "image/jpeg,image/png,image/webp"},
    )
    without_picture = BooleanField("Remove the picture")
    key = HiddenField()

    def offer(self, actor: Actor) -> None:
        """Fill in what can be chosen."""
        choices = doctors.choices(actor)
        self.department.choices = [(0, "None yet"), *((row.id, row.name) for row in choices.departments)]
        self.specialisations.choices = [(row.id, row.name) for row in choices.specialisations]
        self.designations.choices = [(row.id, row.name) for row in choices.designations]

    def values(self) -> dict[str, Any]:
        """What was typed, as the services take it."""
        values: dict[str, Any] = {name: self[name].data or "" for name in ("name", "about", "meet_link")} | {
            "department": self.department.data or None,
            "specialisations": self.specialisations.data or [],
            "designations": self.designations.data or [],
            "fee": self.fee.data,
            "accepts_in_person": self.accepts_in_person.data,
            "accepts_online": self.accepts_online.data,
        }
        if self.picture.data:
            values["picture"] = read_upload(self.picture.data.read())
        elif self.without_picture.data:
            values["picture"] = None
        return values


def written(doctor: Doctor) -> dict[str, Any]:
    """What a form shows of a doctor, whose details must be loaded."""
    return {
        **{
            name: getattr(doctor, name)
            for name in ("name", "fee", "about", "accepts_in_person", "accepts_online", "meet_link")
        },
        "department": doctor.department_id or 0,
        "specialisations": [entry.id for entry in doctor.specialisations],
        "designations": [entry.id for entry in doctor.designations],
    }
