"""The outbox as admins see it: what was sent, what waits, what failed and why, and trying again."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, update

from app import policy, unit_of_work
from app.clock import now
from app.errors import Conflict
from app.extensions import db
from app.models import Message, MessageState
from app.policy import Actor, Permission
from app.services import audit
from app.services.listing import Listing, exporting, listing
from app.services.outbox import DELIVER, Template
from app.services.search import words

WORDS: dict[Template, str] = {
    Template.BOOKED: "Appointment booked",
    Template.CONFIRMED: "Appointment confirmed",
    Template.UNCONFIRMED: "Confirmation taken back",
    Template.MOVED: "Appointment moved",
    Template.CHANGED: "Appointment changed",
    Template.CANCELLED: "Appointment cancelled",
    Template.DECLINED: "Request declined",
    Template.CLINIC_BOOKED: "Appointment booked, to the doctor",
    Template.CLINIC_CHANGED: "Appointment changed, to the doctor",
    Template.CLINIC_CANCELLED: "Appointment cancelled, to the doctor",
    Template.CLINIC_CALLED_OFF: "Appointments cancelled together, to the doctor",
    Template.WAITING_OFFER: "Earlier time offered",
    Template.REMINDER_DAY: "First reminder",
    Template.REMINDER_HOURS: "Second reminder",
    Template.DOCTOR_APPROVED: "Application approved",
    Template.DOCTOR_REJECTED: "Application rejected",
    Template.SET_PASSWORD: "Choose a password",
    Template.RESET_PASSWORD: "Forgotten password",
    Template.CONFIRM_EMAIL: "Confirm an e-mail address",
    Template.PASSWORD_CHANGED: "Password changed",
    Template.EMAIL_CHANGED: "E-mail address changed",
    Template.SECOND_FACTOR_ON: "Two-step sign-in turned on",
    Template.SECOND_FACTOR_OFF: "Two-step sign-in turned off",
    Template.RECOVERY_CODE_USED: "Recovery code used",
    Template.NEW_DEVICE: "Sign-in from a new device",
    Template.RECORD_READY: "Download of a record ready",
    Template.EMERGENCY_OPENED: "Record opened in an emergency",
    Template.REVIEW_REPLIED: "Reply to a review",
}
"""What each mail is about, in words."""


class Order(enum.Enum):
    """In which order messages are listed."""

    NEWEST = "newest"
    OLDEST = "oldest"
    DUE = "due"


_ORDERS: Mapping[Order, tuple[Any, ...]] = {
    Order.NEWEST: (Message.id.desc(),),
    Order.OLDEST: (Message.id,),
    Order.DUE: (Message.due_at, Message.id),
}


def find(
    actor: Actor,
    *,
    state: MessageState | None = None,
    search: str = "",
    order: Order = Order.NEWEST,
    limit: int,
    offset: int,
) -> Listing[Message]:
    """The messages in a state, or all: two statements. Every word of `search` is in the address.

    Raises Unauthorized or Forbidden for anyone but admins.
    """
    policy.require(actor, Permission.ADMINISTER)
    query = policy.visible(actor, Message).where(
        *(func.lower(Message.recipient).contains(word.lower(), autoescape=True) for word in words(search))
    )
    if state is not None:
        query = query.where(Message.state == state)
    return listing(query.order_by(*_ORDERS[order]), limit=limit, offset=offset)


export = exporting(find, "messages.exported")


def retry(actor: Actor, message_id: int) -> Message:
    """Have a message that was given up tried again from now on, as often as a new one.

    Raises Unauthorized, Forbidden, NotFound, and Conflict for one that was not given up.
    """
    policy.require(actor, Permission.ADMINISTER)
    message = policy.fetch(actor, Message, message_id, lock=True)
    if message.state is not MessageState.FAILED:
        raise Conflict("This message was not given up: there is nothing to try again.")
    message.state, message.due_at, message.attempts, message.lease_until = MessageState.WAITING, now(), 0, None
    db.session.flush()
    audit.record(actor, "message.retried", message)
    unit_of_work.after_commit(DELIVER, message.id)
    return message


def retry_all(actor: Actor) -> int:
    """Have all that were given up tried again, by the sweep, and say how many. Raises as `retry` does."""
    policy.require(actor, Permission.ADMINISTER)
    again = update(Message).where(Message.state == MessageState.FAILED)
    values = {"state": MessageState.WAITING, "due_at": now(), "attempts": 0, "lease_until": None}
    keys = db.session.scalars(again.values(values).returning(Message.id)).all()
    if keys:
        audit.record(actor, "messages.retried", count=len(keys))
    return len(keys)
