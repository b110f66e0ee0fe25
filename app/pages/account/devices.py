"""My devices: where somebody is signed in, and signing out there."""

from __future__ import annotations

from flask import Response, flash

from app import identity
from app.identity import actor
from app.models import Session, SessionKind
from app.pages.render import render, see_other
from app.services import sessions

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""What a browser's user agent says, and its name: the first that fits, since most name their relatives, too."""

_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def device_name(session: Session) -> str:
    """A session's browser or program in plain words: `Firefox on Windows`."""
    if session.kind is SessionKind.API:
        return "A program"
    browser, system = (
        next((name for mark, name in table if mark in session.user_agent), None) for table in (_BROWSERS, _SYSTEMS)
    )
    named = browser or "A browser"
    return f"{named} on {system}" if system else named


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
