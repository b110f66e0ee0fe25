"""Who may enter the admin's pages: admins."""

from __future__ import annotations

from flask import Blueprint

from app import policy
from app.identity import actor
from app.policy import Permission

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.before_request
def _let_in() -> None:
    policy.require(actor(), Permission.ADMINISTER)
