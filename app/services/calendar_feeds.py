"""Calendar feeds: all visits of an account at a secret address, for calendars elsewhere, which cannot sign in.

The address is a random key and its signature. The database holds the key alone, so that who reads the database, or a
copy of it, cannot make the address; and it can be shown again to its owner, for a second device.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from itsdangerous import BadSignature, Signer
from sqlalchemy import select

from app import policy
from app.clock import now
from app.errors import NotFound
from app.extensions import db, settings
from app.models import Account, CalendarFeed
from app.policy import Actor, Permission
from app.services import appointment_lists, audit
from app.services.calendar_files import calendar_file

RECENT = timedelta(days=90)
"""How long a visit stays in the feed after it began."""

MOST_VISITS = 500
_KEY_BYTES = 24


def token(actor: Actor) -> str | None:
    """The secret part of the address of the actor's feed; None where it is off. Raises Unauthorized for a stranger."""
    feed = _feed_of(actor)
    return _signer().sign(feed.key).decode() if feed else None


def turn_on(actor: Actor) -> None:
    """Give the actor a feed; one that is there stays as it is. Raises Unauthorized for a stranger."""
    if _feed_of(actor, lock=True) is None:
        _give(actor, CalendarFeed(account_id=actor.account_id), "calendar_feed.turned_on")


def renew(actor: Actor) -> None:
    """Give the actor's feed another address: the former one is good for nothing at once. One that is off stays off."""
    feed = _feed_of(actor, lock=True)
    if feed is not None:
        _give(actor, feed, "calendar_feed.renewed")


def turn_off(actor: Actor) -> None:
    """End the actor's feed, and its address for good."""
    feed = _feed_of(actor, lock=True)
    if feed is not None:
        audit.record(actor, "calendar_feed.turned_off", feed)
        db.session.delete(feed)
        db.session.flush()


def read(token: str) -> bytes:
    """The coming and recent visits of the account whose feed has this address, as a calendar file: two statements.

    Raises NotFound alike for an address that is forged, renewed or turned off, and for a closed account.
    """
    try:
        key = _signer().unsign(token.encode(errors="replace")).decode()
    except (BadSignature, UnicodeError):
        raise NotFound from None
    query = select(Account.id).join(CalendarFeed, CalendarFeed.account_id == Account.id)
    account_id = db.session.scalar(query.where(CalendarFeed.key == key, Account.is_active))
    if account_id is None:
        raise NotFound
    since = now() - RECENT
    return calendar_file(appointment_lists.since(Actor(account_id=account_id), since, limit=MOST_VISITS))


def _give(actor: Actor, feed: CalendarFeed, action: str) -> None:
    feed.key, feed.created_at = secrets.token_urlsafe(_KEY_BYTES), now()
    db.session.add(feed)
    db.session.flush()
    audit.record(actor, action, feed)


def _feed_of(actor: Actor, *, lock: bool = False) -> CalendarFeed | None:
    """The actor's feed. `lock` queues up for the account, so that two tabs cannot make two."""
    policy.require(actor, Permission.MANAGE_ACCOUNT)
    if lock:
        db.session.scalar(select(Account.id).where(Account.id == actor.account_id).with_for_update(key_share=True))
    return db.session.scalars(policy.visible(actor, CalendarFeed)).one_or_none()


def _signer() -> Signer:
    return Signer(settings.secret_key, salt="calendar feed")
