"""Pages for admins: the dashboard, the approval of doctors, lists, mail, questions, settings, closures."""

from app.pages.admin import closures, contacts, doctors, home, hospital, lists, messages
from app.pages.admin.entrance import blueprint

__all__ = ["blueprint", "closures", "contacts", "doctors", "home", "hospital", "lists", "messages"]
