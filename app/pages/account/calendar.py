"""The calendar feed of the account: turning it on and off, its secret address, another address."""

from __future__ import annotations

from flask import Response, flash, url_for

from app.extensions import settings
from app.identity import actor
from app.pages.render import render, see_other
from app.services import calendar_feeds


def show() -> Response:
    """Whether the feed is on, and its address: to open in a calendar, and to copy."""
    token = calendar_feeds.token(actor())
    address = settings.public_url + url_for("public.calendar_feed", token=token) if token else None
    subscribe = f"webcal:{address.partition(':')[2]}" if address else None
    return render("account/calendar.html", address=address, subscribe=subscribe)


def turn_on() -> Response:
    """Give the account a feed."""
    calendar_feeds.turn_on(actor())
    flash("Your calendar feed is on.")
    return see_other("own_account.calendar")


def renew() -> Response:
    """Give the feed another address."""
    calendar_feeds.renew(actor())
    flash("Your calendar feed has a new address. The old one no longer works.")
    return see_other("own_account.calendar")


def turn_off() -> Response:
    """End the feed."""
    calendar_feeds.turn_off(actor())
    flash("Your calendar feed is off. Its address no longer works.")
    return see_other("own_account.calendar")
