"""Pages for admins: the dashboard, the approval of doctors, the lists of the catalogue, and the mail."""

from app.pages.admin import doctors, home, lists, messages
from app.pages.admin.entrance import blueprint

__all__ = ["blueprint", "doctors", "home", "lists", "messages"]
