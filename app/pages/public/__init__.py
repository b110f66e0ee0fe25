"""Pages for everyone: home, finding a doctor, pictures, writing a client of the API."""

from __future__ import annotations

from flask import Blueprint

from app.pages.public import clients, doctors, home, media

blueprint = Blueprint("public", __name__)

blueprint.add_url_rule("/", "home", home.show)
blueprint.add_url_rule("/find-a-doctor", "find_doctors", doctors.find)
blueprint.add_url_rule("/find-a-doctor/<int:doctor_id>", "doctor", doctors.show)
blueprint.add_url_rule("/media/<token>", "media", media.show)
blueprint.add_url_rule("/docs/clients", "clients", clients.show)
