"""Messages to the hospital: sent by anyone, read and settled by admins (contract, section 12; document 001).

They hold personal data of people who need no account: nothing of them goes into logs or the audit trail but keys.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy.exc import IntegrityError

from app import policy, unit_of_work
from app.clock import now
from app.errors import Invalid
from app.extensions import db
from app.models import ContactMessage
from app.models.types import is_key
from app.policy import Actor, Permission
from app.services import attempts, audit, phones
from app.services.listing import Listing, exporting, listing
from app.services.search import words

_SENT_BEFORE = "uq_contact_message_sent_key"
LONGEST_NAME = 200
LONGEST_MESSAGE = 5000
_LONGEST: Mapping[str, int] = {"name": LONGEST_NAME, "phone": phones.LONGEST, "message": LONGEST_MESSAGE}
_BLANK: Mapping[str, str] = {
    "name": "Enter your name.",
    "phone": "Enter your telephone number.",
    "message": "Enter your message.",
}


def send(actor: Actor, *, name: str, phone: str, message: str) -> ContactMessage:
    """Leave a message. Raises Invalid at a field, and TooMany above the limit for the actor's network address."""
    texts = _checked({"name": name, "phone": phone, "message": message})
    attempts.count_contact(actor.origin)
    row = ContactMessage(**texts)
    db.session.add(row)
    db.session.flush()
    audit.record(actor, "contact_message.sent", row)
    return row


def send_once(actor: Actor, *, key: str, name: str, phone: str, message: str) -> None:
    """Leave a message as `send` does, once for each `key` and text, however often the form arrives.

    A form that is changed and sent again is another message. Raises what `send` raises.
    """
    texts = _checked({"name": name, "phone": phone, "message": message})
    sent_key = hashlib.sha256(json.dumps([key, *texts.values()]).encode()).hexdigest()
    row = ContactMessage(**texts, sent_key=sent_key)
    try:
        with db.session.begin_nested():
            db.session.add(row)
            db.session.flush()
    except IntegrityError as error:
        if unit_of_work.violated_guard(error) != _SENT_BEFORE:
            raise unit_of_work.explain(error) from error
        return
    # Counted after the row stands: the second of a double click is no further try.
    attempts.count_contact(actor.origin)
    audit.record(actor, "contact_message.sent", row)


def every(actor: Actor) -> Sequence[ContactMessage]:
    """All messages, newest first, in one statement. Raises Unauthorized or Forbidden for anyone but admins."""
    policy.require(actor, Permission.ADMINISTER)
    return db.session.scalars(policy.visible(actor, ContactMessage).order_by(ContactMessage.id.desc())).all()


def find(
    actor: Actor,
    *,
    is_handled: bool | None = None,
    search: str = "",
    is_oldest_first: bool = False,
    limit: int,
    offset: int,
) -> Listing[ContactMessage]:
    """The messages that wait, those that are handled, or all, the newest first unless told: two statements.

    Every word of `search` is in the name, the telephone number or the text. Raises Unauthorized and Forbidden.
    """
    policy.require(actor, Permission.ADMINISTER)
    query = policy.visible(actor, ContactMessage).where(*map(_mentions, words(search)))
    if is_handled is not None:
        handled = ContactMessage.handled_at
        query = query.where(handled.is_not(None) if is_handled else handled.is_(None))
    order = ContactMessage.id if is_oldest_first else ContactMessage.id.desc()
    return listing(query.order_by(order), limit=limit, offset=offset)


export = exporting(find, "contact_messages.exported")


def chosen(actor: Actor, contact_ids: Collection[int]) -> Sequence[ContactMessage]:
    """The messages of these keys, oldest first; those that are none are left out. Raises Unauthorized and Forbidden."""
    policy.require(actor, Permission.ADMINISTER)
    keys = [key for key in contact_ids if is_key(key)]
    query = policy.visible(actor, ContactMessage).where(ContactMessage.id.in_(keys))
    return db.session.scalars(query.order_by(ContactMessage.id)).all()


def count_waiting(actor: Actor) -> int:
    """How many messages nobody has handled. Raises Unauthorized and Forbidden."""
    return find(actor, is_handled=False, limit=0, offset=0).count


def settle(actor: Actor, contact_ids: Collection[int], *, is_handled: bool) -> int:
    """Note that messages are handled, or wait again, and say how many were not so already; unknown ones are passed by.

    Raises Unauthorized, Forbidden, and Invalid where none is named.
    """
    policy.require(actor, Permission.ADMINISTER)
    keys = [key for key in contact_ids if is_key(key)]
    if not keys:
        raise Invalid("Choose at least one message.", field="messages")
    handled = ContactMessage.handled_at
    rows = policy.visible(actor, ContactMessage).where(
        ContactMessage.id.in_(keys), handled.is_(None) if is_handled else handled.is_not(None)
    )
    changed = db.session.scalars(rows.order_by(ContactMessage.id).with_for_update(key_share=True)).all()
    for row in changed:
        row.handled_at = now() if is_handled else None
        audit.record(actor, "contact_message.handled" if is_handled else "contact_message.reopened", row)
    db.session.flush()
    return len(changed)


def get(actor: Actor, contact_id: int) -> ContactMessage:
    """One message. Raises Unauthorized, Forbidden, NotFound."""
    policy.require(actor, Permission.ADMINISTER)
    return policy.fetch(actor, ContactMessage, contact_id)


def change(actor: Actor, contact_id: int, **values: str) -> ContactMessage:
    """Correct what is given of `name`, `phone` and `message`, and keep the rest.

    Raises Unauthorized, Forbidden, NotFound, and Invalid at a field.
    """
    policy.require(actor, Permission.ADMINISTER)
    row = policy.fetch(actor, ContactMessage, contact_id, lock=True)
    texts = _checked({name: text for name, text in values.items() if text.strip() != getattr(row, name)})
    for name, text in texts.items():
        setattr(row, name, text)
    if texts:
        db.session.flush()
        audit.record(actor, "contact_message.changed", row, fields=", ".join(sorted(texts)))
    return row


def remove(actor: Actor, contact_id: int) -> None:
    """Delete a message. Raises Unauthorized, Forbidden, NotFound."""
    policy.require(actor, Permission.ADMINISTER)
    row = policy.fetch(actor, ContactMessage, contact_id, lock=True)
    db.session.delete(row)
    db.session.flush()
    audit.record(actor, "contact_message.removed", row)


def remove_all(actor: Actor, contact_ids: Collection[int]) -> int:
    """Delete several, and say how many there were; those that are gone already are passed by. Raises as `chosen`."""
    rows = chosen(actor, contact_ids)
    for row in rows:
        remove(actor, row.id)
    return len(rows)


def _mentions(word: str) -> ColumnElement[bool]:
    columns = (ContactMessage.name, ContactMessage.phone, ContactMessage.message)
    return or_(*(func.lower(column).contains(word.lower(), autoescape=True) for column in columns))


def _checked(values: Mapping[str, str]) -> dict[str, str]:
    texts = {name: text.strip() for name, text in values.items()}
    errors = {name: [_BLANK[name]] for name, text in texts.items() if not text}
    errors |= {
        name: [f"Use {_LONGEST[name]:,} characters or fewer."]
        for name, text in texts.items()
        if len(text) > _LONGEST[name]
    }
    if errors:
        raise Invalid(errors=errors)
    if "phone" in texts:
        texts["phone"] = phones.checked(texts["phone"])
    return texts
