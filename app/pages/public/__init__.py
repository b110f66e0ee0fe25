"""Pages for everyone: home, finding a doctor, services, contact, statements, pictures, writing a client of the API."""

from __future__ import annotations

from flask import Blueprint

from app.pages import brand
from app.pages.public import calendar, clients, contact, doctors, home, media, services, statements

blueprint = Blueprint("public", __name__)

blueprint.add_url_rule("/", "home", home.show)
blueprint.add_url_rule("/find-a-doctor", "find_doctors", doctors.find)
blueprint.add_url_rule("/find-a-doctor/<int:doctor_id>", "doctor", doctors.show)
blueprint.add_url_rule("/our-services", "services", services.show)
blueprint.add_url_rule("/contact", "contact", contact.write, methods=["GET", "POST"])
blueprint.add_url_rule("/contact/sent", "contact_sent", contact.sent)
blueprint.add_url_rule("/accessibility", "accessibility", statements.accessibility)
blueprint.add_url_rule("/privacy", "privacy", statements.privacy)
blueprint.add_url_rule("/media/<token>", "media", media.show)
blueprint.add_url_rule("/brand/<colour>.css", "brand", brand.show)
blueprint.add_url_rule("/docs/clients", "clients", clients.show)
blueprint.add_url_rule("/calendar/<token>.ics", "calendar_feed", calendar.feed)
