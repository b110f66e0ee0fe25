"""Messages to the hospital: sent by anyone, read and settled by admins (contract, section 12; document 001).

They hold personal data of people who need no account: nothing of them goes into logs or the audit trail but keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app import policy
from app.errors import Invalid
from app.extensions import db
from app.models import ContactMessage
from app.policy import Actor, Permission
from app.services import attempts, audit, phones

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


def every(actor: Actor) -> Sequence[ContactMessage]:
    """All messages, newest first, in one statement. Raises Unauthorized or Forbidden for anyone but admins."""
    policy.require(actor, Permission.ADMINISTER)
    return db.session.scalars(policy.visible(actor, ContactMessage).order_by(ContactMessage.id.desc())).all()


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
