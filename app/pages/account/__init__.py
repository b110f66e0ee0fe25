"""Pages of an account: signing in, up and out."""

from __future__ import annotations

from flask import Blueprint

from app.pages.account import sign_in, sign_out, sign_up

blueprint = Blueprint("account", __name__)

blueprint.add_url_rule("/sign-in", "sign_in", sign_in.show, methods=["GET", "POST"])
blueprint.add_url_rule("/sign-up", "sign_up", sign_up.show, methods=["GET", "POST"])
blueprint.add_url_rule("/sign-out", "sign_out", sign_out.show, methods=["GET", "POST"])
