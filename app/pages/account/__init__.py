"""Pages of an account: signing in, up and out, and where mailed links lead."""

from __future__ import annotations

from flask import Blueprint

from app.pages.account import forgotten, mailed_links, sign_in, sign_out, sign_up

blueprint = Blueprint("account", __name__)

blueprint.add_url_rule("/sign-in", "sign_in", sign_in.show, methods=["GET", "POST"])
blueprint.add_url_rule("/sign-up", "sign_up", sign_up.show, methods=["GET", "POST"])
blueprint.add_url_rule("/sign-out", "sign_out", sign_out.show, methods=["GET", "POST"])
blueprint.add_url_rule("/forgotten-password", "forgotten_password", forgotten.ask, methods=["GET", "POST"])
blueprint.add_url_rule("/forgotten-password/sent", "forgotten_password_sent", forgotten.sent)
blueprint.add_url_rule("/set-password/<token>", "set_password", mailed_links.set_password, methods=["GET", "POST"])
blueprint.add_url_rule("/confirm-email/<token>", "confirm_email", mailed_links.confirm_email, methods=["GET", "POST"])
