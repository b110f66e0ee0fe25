"""Reminders: which mails the account gets before a visit."""

from __future__ import annotations

from flask import Response, flash
from wtforms import SelectMultipleField

from app.identity import actor
from app.pages.forms import PortalForm
from app.pages.render import render, see_other
from app.services import reminders
from app.services.outbox import Template

LABELS = {Template.REMINDER_DAY: "A day before", Template.REMINDER_HOURS: "2 hours before"}


class RemindersForm(PortalForm):
    """Any number of reminders, or none."""

    wanted = SelectMultipleField(
        "When should we send an e-mail?",
        choices={template.value: label for template, label in LABELS.items()},
        description="Choose both, one or none.",
    )


def labels(wanted: frozenset[Template]) -> list[str]:
    """The reminders in words, the earlier first: `a day before`."""
    return [label.lower() for template, label in LABELS.items() if template in wanted]


def choose() -> Response:
    """Show what the account has chosen on GET; on POST have it count from now on."""
    form = RemindersForm(data={"wanted": [template.value for template in reminders.chosen(actor())]})
    if form.validate_on_submit():
        reminders.choose(actor(), [Template(value) for value in form.wanted.data or []])
        flash("Your reminders are saved.")
        return see_other("own_account.show")
    return render("account/reminders.html", form=form)
