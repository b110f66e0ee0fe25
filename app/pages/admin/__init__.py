"""Pages for admins: the dashboard, the approval of doctors, and the lists of the catalogue."""

from app.pages.admin import doctors, home, lists
from app.pages.admin.entrance import blueprint

__all__ = ["blueprint", "doctors", "home", "lists"]
