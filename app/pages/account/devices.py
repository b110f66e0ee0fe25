"""My devices: where somebody is signed in, and signing out there."""

from __future__ import annotations

from flask import Response, flash

from app import identity
from app.identity import actor
from app.pages.render import render, see_other
from app.services import sessions
from app.services.devices import device_name


def show() -> Response:
    """Where the account is signed in."""
    found = sorted(sessions.own(actor()), key=lambda session: session.id != actor().session_id)
    devices = [(session, device_name(session), session.id == actor().session_id) for session in found]
    return render("account/devices.html", devices=devices)


def sign_out(session_id: int) -> Response:
    """Sign out one device."""
    if session_id == actor().session_id:
        identity.sign_out()
        flash("You are signed out.")
        return see_other("public.home")
    session = sessions.end_one(actor(), session_id)
    flash(f"{device_name(session)} is signed out.")
    return see_other("own_account.devices")


def sign_out_others() -> Response:
    """Sign out all devices but this one."""
    sessions.end_others(actor())
    flash("All your other devices are signed out.")
    return see_other("own_account.devices")
