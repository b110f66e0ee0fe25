"""Questions that visitors sent to the hospital: read, saved as CSV, marked as handled, deleted."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, request
from wtforms import HiddenField, SearchField, SelectField, SelectMultipleField, SubmitField

from app.http import writes
from app.identity import actor
from app.pages.admin.entrance import blueprint
from app.pages.downloads import download_csv
from app.pages.filters import FilterForm
from app.pages.forms import PortalForm
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.pages.wording import count, when
from app.services import contacts as service

PAGE_SIZE = 20
SHOWN: dict[str, tuple[str, bool | None]] = {
    "waiting": ("Waiting", False),
    "handled": ("Handled", True),
    "all": ("All", None),
}
"""By the value in the address; the first is the list that needs an admin."""
_COLUMNS = ("id", "sent", "name", "telephone", "question", "handled")


class Filters(FilterForm):
    """Which messages the list shows."""

    search = SearchField("Name, telephone number or text")
    show = SelectField("Show", choices={value: label for value, (label, _) in SHOWN.items()})
    order = SelectField("Sort by", choices={"newest": "Newest", "oldest": "Oldest"})


class HandledForm(PortalForm):
    """Messages that are handled, or wait again, or are to be deleted."""

    messages = SelectMultipleField("Choose messages", coerce=int, validate_choice=False)
    handled = HiddenField(default="yes")
    delete = SubmitField()


class DeleteForm(PortalForm):
    """The messages that were ticked in the list."""

    messages = SelectMultipleField("Messages", coerce=int, validate_choice=False)


@blueprint.route("/contacts", methods=["GET", "POST"])
def contacts() -> Response:
    """Show the messages on GET, the newest first; on POST mark those that were chosen."""
    filters, asked = _filters()
    is_handled = asked["is_handled"]
    form = HandledForm()
    if form.validate_on_submit() and form.delete.data and form.messages.data:
        return see_other("admin.delete_contacts", messages=form.messages.data)
    if form.validate_on_submit():
        with form.refusals():
            number = service.settle(actor(), form.messages.data or [], is_handled=form.handled.data == "yes")
            flash(f"{count(number, 'message')} marked as {'handled' if form.handled.data == 'yes' else 'waiting'}.")
            return see_other("admin.contacts", **request.args)
    found, paging = paged(
        PAGE_SIZE,
        lambda limit, offset: service.find(actor(), **asked, limit=limit, offset=offset),
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


@blueprint.get("/contacts/questions.csv")
@writes
def contacts_file() -> Response:
    """The messages that the filters leave, as CSV."""
    _, asked = _filters()
    rows = [
        [
            row.id,
            row.created_at.isoformat(),
            row.name,
            row.phone,
            row.message,
            row.handled_at.isoformat() if row.handled_at else None,
        ]
        for row in service.export(actor(), **asked)
    ]
    return download_csv("questions", _COLUMNS, rows)


@blueprint.route("/contacts/delete", methods=["GET", "POST"])
def delete_contacts() -> Response:
    """Ask on GET whether the messages that were ticked are to be deleted; on POST delete them."""
    form = DeleteForm(formdata=request.form if request.method == "POST" else request.args)
    chosen = form.messages.data or []
    if form.validate_on_submit():
        number = service.remove_all(actor(), chosen)
        flash(f"{count(number, 'message')} deleted.")
        return see_other("admin.contacts")
    return render("admin/delete_contacts.html", form=form, messages=service.chosen(actor(), chosen))


def _filters() -> tuple[Filters, dict[str, Any]]:
    """The filters of the address, those that are none left out, and what they ask of the list."""
    filters = Filters(request.args)
    return filters, {
        "search": filters.search.data or "",
        "is_handled": SHOWN[filters.show.data][1],
        "is_oldest_first": filters.order.data == "oldest",
    }
