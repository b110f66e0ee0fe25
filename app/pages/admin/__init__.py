"""Pages for admins: the dashboard, people, appointments, lists, settings, closures, mail, questions, the audit."""

from app.pages import calendars
from app.pages.admin import (
    account,
    accounts,
    appointments,
    audit,
    closures,
    contacts,
    doctor_changes,
    doctors,
    emergencies,
    home,
    hospital,
    imports,
    lists,
    messages,
    patients,
    reviews,
)
from app.pages.admin.entrance import blueprint

calendars.add_routes(blueprint, "/doctors/<int:doctor_id>")

__all__ = [
    "account",
    "accounts",
    "appointments",
    "audit",
    "blueprint",
    "closures",
    "contacts",
    "doctor_changes",
    "doctors",
    "emergencies",
    "home",
    "hospital",
    "imports",
    "lists",
    "messages",
    "patients",
    "reviews",
]
