"""Devices: what a browser or a program is called, and whether an account has signed in there before (docs/adr/0016)."""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Collection

from sqlalchemy import exists, select

from app.extensions import db, settings
from app.models import Account, Message, Session, SessionKind
from app.services import outbox
from app.services.outbox import Template

MOST_ACCOUNTS = 5
"""Of how many accounts a browser knows at most that they have signed in there."""

_MARK = re.compile(r"[\w-]{24}", re.ASCII)

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""What a browser's user agent says, and its name: the first that fits, since most name their relatives, too."""

_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def device_name(session: Session) -> str:
    """A session's browser or program in plain words: `Firefox on Windows`."""
    if session.kind is SessionKind.API:
        return "A program"
    browser, system = (
        next((name for mark, name in table if mark in session.user_agent), None) for table in (_BROWSERS, _SYSTEMS)
    )
    named = browser or "A browser"
    return f"{named} on {system}" if system else named


def mark(account: Account) -> str:
    """What a browser keeps of an account that has signed in there: nobody else can make it, and it names nobody."""
    digest = hmac.digest(settings.secret_key.encode(), f"device of {account.id}".encode(), "sha256")
    return urlsafe_b64encode(digest[:18]).decode()


def marks_with(account: Account, marks: Collection[str]) -> list[str]:
    """The marks that a browser keeps once an account has signed in: its own first, and the latest of others."""
    own = mark(account)
    return [own, *(other for other in marks if _MARK.fullmatch(other) and other != own)][:MOST_ACCOUNTS]


def tell_if_new(account: Account, session: Session, marks: Collection[str] = ()) -> None:
    """Have an account told of the session just opened, unless it has signed in there before or never anywhere.

    A browser that has the account's mark is known; so is a program of a name that has signed in before.
    """
    if mark(account) in marks:
        return
    earlier = (Session.account_id == account.id, Session.id != session.id)
    name = re.split(r"[/\s]", session.user_agent, maxsplit=1)[0]
    named_so = Session.user_agent.startswith(name, autoescape=True) if name else Session.user_agent == ""
    is_known_program = exists().where(*earlier, Session.kind == SessionKind.API, named_so)
    has_signed_in, is_known = db.session.execute(select(exists().where(*earlier), is_known_program)).one()
    if has_signed_in and not (session.kind is SessionKind.API and is_known):
        outbox.tell_about_row(Template.NEW_DEVICE, session.id, account)


def told_of(message: Message) -> Session | None:
    """The sign-in that a message tells of; None for an account that is closed."""
    query = select(Session).join(Account, Account.id == Session.account_id)
    return db.session.scalars(query.where(Session.id == message.subject_id, Account.is_active)).one_or_none()
