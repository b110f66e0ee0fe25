"""Writing to the hospital: a form for everyone, and the page that says that the message is there."""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask import Response
from flask import session as cookie
from wtforms import HiddenField, StringField, TextAreaField

from app.clock import now
from app.errors import TooMany
from app.extensions import csrf
from app.http import refusal_of
from app.identity import actor
from app.pages.forms import PortalForm, as_typed
from app.pages.render import render, see_other
from app.services import contacts

_SENT = "contact_sent"
_OUTDATED = "This form is from before you signed in or out, or your browser keeps no cookies. Send it again."


class ContactForm(PortalForm):
    """A message, and `key`, by which a form that arrives twice is one message."""

    name = StringField("Your name")
    phone = StringField("Telephone number", description="So that we can call you back.")
    message = TextAreaField(
        "Message",
        filters=[as_typed],
        description="Write nothing about your health here: your doctor reads that when you book.",
    )
    key = HiddenField()


@csrf.exempt  # the form itself asks for the token: a message that took long to write is shown again, not lost
def write() -> Response:
    """Ask for a message on GET; on POST send it, once."""
    form = ContactForm()
    if form.is_submitted() and form.validate():
        with form.refusals(TooMany):
            contacts.send_once(
                actor(),
                key=form.key.data or "",
                name=form.name.data or "",
                phone=form.phone.data or "",
                message=form.message.data or "",
            )
        if form.refusal is None:
            cookie[_SENT] = True
            return see_other("public.contact_sent")
    if "csrf_token" in form.errors:
        form.csrf_token.errors = [_OUTDATED]
    form.key.data = form.key.data or str(uuid.uuid4())
    return _ask(form)


def sent() -> Response:
    """Say that the message is there, to those who have sent one."""
    return render("public/contact_sent.html") if cookie.get(_SENT) else see_other("public.contact")


def _ask(form: ContactForm) -> Response:
    refusal = form.refusal if isinstance(form.refusal, TooMany) else None
    again_at = now() + timedelta(seconds=refusal.retry_after) if refusal else None
    answer = render("public/contact.html", form=form, longest=contacts.LONGEST_MESSAGE, again_at=again_at)
    if refusal is not None:
        answer.headers.update(refusal_of(refusal).headers)
    return answer
