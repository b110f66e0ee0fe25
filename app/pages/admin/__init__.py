"""Pages for admins: the dashboard, the approval of doctors, the lists of the catalogue, mail and questions."""

from app.pages.admin import appointments, contacts, doctors, home, lists, messages
from app.pages.admin.entrance import blueprint

__all__ = ["appointments", "blueprint", "contacts", "doctors", "home", "lists", "messages"]
