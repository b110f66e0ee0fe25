"""Pages for everyone: home, finding a doctor, pictures."""

from __future__ import annotations

from flask import Blueprint

from app.pages.public import doctors, home, media

blueprint = Blueprint("public", __name__)

blueprint.add_url_rule("/", "home", home.show)
blueprint.add_url_rule("/find-a-doctor", "find_doctors", doctors.find)
blueprint.add_url_rule("/find-a-doctor/<int:doctor_id>", "doctor", doctors.show)
blueprint.add_url_rule("/media/<token>", "media", media.show)
