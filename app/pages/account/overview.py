"""My account: what the portal knows of somebody who signs in, and the ways to change it."""

from __future__ import annotations

from flask import Response

from app.identity import actor
from app.pages.account.reminders import labels
from app.pages.render import render
from app.services import own_profile, reminders, second_factors, sessions


def show() -> Response:
    """The own account, and links to what can be changed."""
    me = own_profile.get(actor())
    return render(
        "account/overview.html",
        me=me.account,
        picture_id=me.picture_id,
        devices=len(sessions.own(actor())),
        second_factor=second_factors.state(me.account.id),
        reminders=labels(reminders.chosen(actor())),
    )
