"""Pages for admins: the dashboard, people, appointments, lists, settings, closures, mail, questions, the audit."""

from app.pages.admin import (
    appointments,
    closures,
    contacts,
    doctors,
    home,
    hospital,
    lists,
    messages,
)
from app.pages.admin.entrance import blueprint

__all__ = [
    "appointments",
    "blueprint",
    "closures",
    "contacts",
    "doctors",
    "home",
    "hospital",
    "lists",
    "messages",
]
