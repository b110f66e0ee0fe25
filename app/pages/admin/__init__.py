"""Pages for admins: the dashboard, doctors, patients and accounts, the lists of the catalogue, mail and questions."""

from app.pages.admin import account, accounts, contacts, doctor_changes, doctors, home, lists, messages, patients
from app.pages.admin.entrance import blueprint

__all__ = [
    "account",
    "accounts",
    "blueprint",
    "contacts",
    "doctor_changes",
    "doctors",
    "home",
    "lists",
    "messages",
    "patients",
]
