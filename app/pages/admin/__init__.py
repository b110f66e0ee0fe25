"""Pages for admins: the dashboard, and the approval of doctors."""

from app.pages.admin import doctors, home
from app.pages.admin.entrance import blueprint

__all__ = ["blueprint", "doctors", "home"]
