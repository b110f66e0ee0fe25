"""Questions that visitors sent to the hospital: read, and marked as handled."""

from __future__ import annotations

from flask import Response, flash, request
from wtforms import HiddenField, SearchField, SelectField, SelectMultipleField

from app.identity import actor
from app.pages.admin.entrance import blueprint
from app.pages.filters import FilterForm
from app.pages.forms import PortalForm
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.pages.wording import when
from app.services import contacts as service

PAGE_SIZE = 20
SHOWN: dict[str, tuple[str, bool | None]] = {
    "waiting": ("Waiting", False),
    "handled": ("Handled", True),
    "all": ("All", None),
}
"""By the value in the address; the first is the list that needs an admin."""


class Filters(FilterForm):
    """Which messages the list shows."""

    search = SearchField("Name, telephone number or text")
    show = SelectField("Show", choices={value: label for value, (label, _) in SHOWN.items()})


class HandledForm(PortalForm):
    """Messages that are handled, or wait again."""

    messages = SelectMultipleField("Choose messages", coerce=int, validate_choice=False)
    handled = HiddenField(default="yes")


@blueprint.route("/contacts", methods=["GET", "POST"])
def contacts() -> Response:
    """Show the messages on GET, the newest first; on POST mark those that were chosen."""
    filters = Filters(request.args)
    _, is_handled = SHOWN[filters.show.data]
    form = HandledForm()
    if form.validate_on_submit():
        with form.refusals():
            count = service.settle(actor(), form.messages.data or [], is_handled=form.handled.data == "yes")
            what = "1 message" if count == 1 else f"{count:,} messages"
            flash(f"{what} marked as {'handled' if form.handled.data == 'yes' else 'waiting'}.")
            return see_other("admin.contacts", **request.args)
    found, paging = paged(
        PAGE_SIZE,
        lambda limit, offset: service.find(
            actor(), is_handled=is_handled, search=filters.search.data or "", limit=limit, offset=offset
        ),
        shrinks=True,
    )
    form.messages.choices = {str(row.id): f"{row.name}, {row.phone}" for row in found.rows}
    form.handled.data = "no" if is_handled else "yes"
    texts = {
        str(
            row.id
        ): f"{when(row.created_at)}{', handled' if row.handled_at and is_handled is None else ''}: {row.message}"
        for row in found.rows
    }
    return render("admin/contacts.html", form=form, filters=filters, texts=texts, paging=paging)
