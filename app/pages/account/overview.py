"""My account: what the portal knows of somebody who signs in, and the ways to change it."""

from __future__ import annotations

from flask import Response

from app.identity import actor
from app.pages.render import render
from app.services import own_account, sessions


def show() -> Response:
    """The own account, and links to what can be changed."""
    return render("account/overview.html", me=own_account.get(actor()), devices=len(sessions.own(actor())))
