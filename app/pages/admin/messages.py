"""The outbox: which mail went out, which waits, which failed; and trying again."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, request
from wtforms import SearchField, SelectField

from app.http import writes
from app.identity import actor
from app.models import MessageState
from app.pages.admin.entrance import blueprint
from app.pages.downloads import download_csv
from app.pages.filters import FilterForm
from app.pages.forms import PortalForm
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.services import messages as service
from app.services.messages import Order
from app.services.outbox import MAXIMUM_ATTEMPTS, Template

PAGE_SIZE = 20
STATES: dict[str, tuple[str, MessageState | None]] = {
    "failed": ("Given up", MessageState.FAILED),
    "waiting": ("Waiting", MessageState.WAITING),
    "sent": ("Sent", MessageState.SENT),
    "dropped": ("No longer true", MessageState.DROPPED),
    "all": ("All", None),
}
"""By the value in the address; the first is the list that needs an admin."""
_ORDERS = {Order.NEWEST.value: "Newest first", Order.OLDEST.value: "Oldest first", Order.DUE.value: "Due first"}
_COLUMNS = ("id", "about", "to", "state", "due", "sent", "tries", "error")


class Filters(FilterForm):
    """Which messages the list shows, and in which order."""

    search = SearchField("E-mail address")
    state = SelectField("Show", choices={value: label for value, (label, _) in STATES.items()})
    order = SelectField("Sort by", choices=_ORDERS)

    @property
    def asked(self) -> dict[str, Any]:
        """The same for the service."""
        return {
            "state": STATES[self.state.data][1],
            "search": self.search.data or "",
            "order": Order(self.order.data),
        }


@blueprint.get("/messages")
def messages() -> Response:
    """The messages in a state."""
    return _show(PortalForm())


@blueprint.get("/messages/messages.csv")
@writes
def messages_file() -> Response:
    """The messages that the filters leave, as CSV."""
    rows = [
        [
            message.id,
            service.WORDS[Template(message.template)],
            message.recipient,
            message.state.value,
            message.due_at.isoformat(),
            message.sent_at.isoformat() if message.sent_at else None,
            message.attempts,
            message.error,
        ]
        for message in service.export(actor(), **Filters(request.args).asked)
    ]
    return download_csv("messages", _COLUMNS, rows)


@blueprint.post("/messages/<int:message_id>/retry")
def retry_message(message_id: int) -> Response:
    """Try a message again that was given up."""
    form = PortalForm()
    if form.validate_on_submit():
        with form.refusals():
            message = service.retry(actor(), message_id)
            flash(f"The message to {message.recipient} is tried again now.")
            return see_other("admin.messages")
    return _show(form)


@blueprint.post("/messages/retry")
def retry_messages() -> Response:
    """Try all messages again that were given up."""
    form = PortalForm()
    if form.validate_on_submit():
        count = service.retry_all(actor())
        flash(f"{count:,} {'message is' if count == 1 else 'messages are'} tried again within a minute.")
        return see_other("admin.messages")
    return _show(form)


def _show(form: PortalForm) -> Response:
    filters = Filters(request.args)
    found, paging = paged(
        PAGE_SIZE,
        lambda limit, offset: service.find(actor(), **filters.asked, limit=limit, offset=offset),
        endpoint="admin.messages",
        shrinks=True,
    )
    about = {message.id: service.WORDS[Template(message.template)] for message in found.rows}
    return render(
        "admin/messages.html",
        form=form,
        filters=filters,
        messages=found.rows,
        about=about,
        paging=paging,
        most_attempts=MAXIMUM_ATTEMPTS,
    )
