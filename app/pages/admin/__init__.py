"""Pages for admins: the dashboard, doctors, the lists of the catalogue, mail, questions, audit."""

from app.pages.admin import audit, contacts, doctors, home, lists, messages
from app.pages.admin.entrance import blueprint

__all__ = ["audit", "blueprint", "contacts", "doctors", "home", "lists", "messages"]
