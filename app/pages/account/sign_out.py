"""Signing out: a link asks, a button does."""

from __future__ import annotations

from flask import Response, flash, request

from app import identity
from app.identity import actor
from app.pages.forms import PortalForm
from app.pages.render import render, see_other


def show() -> Response:
    """Ask on GET; on POST end the session."""
    if not actor().is_signed_in:
        return see_other("public.home")
    if request.method == "GET":
        return render("account/sign_out.html", form=PortalForm())
    identity.sign_out()
    flash("You are signed out.")
    return see_other("public.home")
