"""Reminders: which mails the account gets before a visit."""

from __future__ import annotations

from flask import Response, flash
from wtforms import SelectMultipleField

from app.identity import actor
from app.pages.forms import PortalForm
from app.pages.render import render, see_other
from app.services import reminders
from app.services.outbox import Template
from app.services.wording import before


def _choices() -> dict[str, str]:
    """Each reminder, and how long before a visit it comes: `A day before`."""
    return {template.value: before(hours).capitalize() for template, hours in reminders.leads().items()}


class RemindersForm(PortalForm):
    """Any number of reminders, or none."""

    wanted = SelectMultipleField(
        "When should we send an e-mail?",
        choices=_choices,
        description="Choose both, one or none.",
    )


def labels(wanted: frozenset[Template]) -> list[str]:
    """The reminders in words, the earlier first: `a day before`."""
    return [before(hours) for template, hours in reminders.leads().items() if template in wanted]


def choose() -> Response:
    """Show what the account has chosen on GET; on POST have it count from now on."""
    form = RemindersForm(data={"wanted": [template.value for template in reminders.chosen(actor())]})
    if form.validate_on_submit():
        reminders.choose(actor(), [Template(value) for value in form.wanted.data or []])
        flash("Your reminders are saved.")
        return see_other("own_account.show")
    return render("account/reminders.html", form=form)
