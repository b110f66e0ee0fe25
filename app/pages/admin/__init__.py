"""Pages for admins: the dashboard, people, appointments, lists, settings, closures, mail, questions, the audit."""

from app.pages.admin import (
    account,
    accounts,
    appointments,
    audit,
    closures,
    contacts,
    doctor_changes,
    doctors,
    home,
    hospital,
    imports,
    lists,
    messages,
    patients,
)
from app.pages.admin.entrance import blueprint

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
    "home",
    "hospital",
    "imports",
    "lists",
    "messages",
    "patients",
]
