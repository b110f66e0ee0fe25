"""A file of doctors that the demo's admin has brought in: the portal checks it as it starts, and refuses one row."""

from __future__ import annotations

from app.models import ImportKind
from app.policy import Actor
from app.services import import_files, imports
from app.services.import_columns import COLUMNS

_FILE = b"""Name,Department,Fee,Video calls
Dr Ruth Ellis,General medicine,60,yes
Dr Martin Shaw,Paediatrix,75,no
Dr Leila Nazari,General medicine,60,yes
"""


def bring(admin_id: int | None) -> None:
    """Upload the file."""
    kind = ImportKind.DOCTORS
    table = import_files.read(_FILE, COLUMNS[kind])
    imports.start(Actor(account_id=admin_id, is_admin=True), kind, "new-doctors.csv", table)
