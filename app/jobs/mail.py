"""Sending mail: claim a message, check that it still holds, render, send, mark. Safe to run twice or never."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from app.clock import now, to_local
from app.jobs import letters
from app.models import Account, Appointment, Message
from app.services import (
    account_links,
    appointments,
    booking_drafts,
    cancellations,
    devices,
    emergency_access,
    idempotency,
    note_drafts,
    outbox,
    reminders,
    review_replies,
)
from app.services.account_links import Purpose
from app.services.outbox import Template
from app.unit_of_work import transaction

if TYPE_CHECKING:
    from flask_mailman import EmailMultiAlternatives

    from config import Settings

_LINKS = {
    Template.SET_PASSWORD: Purpose.SET_PASSWORD,
    Template.RESET_PASSWORD: Purpose.SET_PASSWORD,
    Template.CONFIRM_EMAIL: Purpose.CONFIRM_EMAIL,
}
_EVENTS: Mapping[Template, tuple[str, Callable[[Message], object | None]]] = {
    Template.EMERGENCY_OPENED: ("access", emergency_access.told_of),
    Template.NEW_DEVICE: ("sign_in", devices.told_of),
    Template.REVIEW_REPLIED: ("reply", review_replies.told_of),
}
"""What has happened, by the name under which the template knows it, and where it is found."""

SWEPT_SECONDS = 15
"""After so long a sweep lets the others have their turn, whatever is still due."""

_SMTP_SECONDS = 60
"""For each answer of the mail server: some look through a letter before they take it."""

_PORTS = {"none": 25, "starttls": 587, "tls": 465}


def flask_configuration(settings: Settings) -> dict[str, Any]:
    """Flask-Mailman's configuration for MAIL_URL: `file:folder`, `console:`, or `smtp://user:password@host:port?security=starttls`."""
    common = {"MAIL_DEFAULT_SENDER": settings.mail_from, "MAIL_BACKEND": settings.mail_scheme}
    if settings.mail_scheme == "file":
        folder = Path(settings.mail_url.removeprefix("file:"))
        folder.mkdir(parents=True, exist_ok=True)
        return common | {"MAIL_FILE_PATH": str(folder)}
    if settings.mail_scheme == "console":
        return common
    url = urlsplit(settings.mail_url)
    security = dict(part.split("=", 1) for part in url.query.split("&") if "=" in part).get("security", "starttls")
    return common | {
        "MAIL_BACKEND": "app.jobs.smtp",
        "MAIL_TIMEOUT": _SMTP_SECONDS,
        "MAIL_SERVER": url.hostname or "localhost",
        "MAIL_PORT": url.port or _PORTS.get(security, 587),
        "MAIL_USERNAME": unquote(url.username) if url.username else None,
        "MAIL_PASSWORD": unquote(url.password) if url.password else None,
        "MAIL_USE_TLS": security == "starttls",
        "MAIL_USE_SSL": security == "tls",
    }


class _Unreachable(Exception):
    """There is no mail server to give a letter to; the text is the kind of error."""


def deliver(message_id: int) -> None:
    """Send one message if it is due, unclaimed and still true.

    No transaction is open while the mail server is spoken to: on SQLite it would keep everybody else from writing.
    """
    _deliver(message_id)


def sweep() -> None:
    """Deliver what is due and a lost Redis or a killed worker has left; forget what is no longer promised.

    While there is no mail server, one message a sweep finds that out.
    """
    with transaction():
        idempotency.forget()
        booking_drafts.forget()
        note_drafts.forget()
    until = time.monotonic() + SWEPT_SECONDS
    while waiting := _due():
        for message_id in waiting:
            if not _deliver(message_id) or time.monotonic() > until:
                return


def _due() -> list[int]:
    with transaction():
        waiting = outbox.due(now())
    random.shuffle(waiting)  # those who sweep at the same time seldom want the same message
    return waiting


def _deliver(message_id: int) -> bool:
    """As `deliver`; False where there is no mail server."""
    with transaction():
        message = outbox.claim(message_id)
    if message is None:
        return True
    failure, letter, is_reached = "", None, True
    try:
        with transaction():
            letter = _compose(message)
        if letter is not None:
            with _kept(message_id):
                _send(letter)
    except _Unreachable as error:
        failure, is_reached = str(error), False
    except Exception as error:  # noqa: BLE001 (whatever is wrong with one message, it is counted, and the others go out)
        failure = type(error).__name__
    if failure:
        current_app.logger.warning("message %s was not sent: %s", message_id, failure)
    with transaction():
        if not is_reached:
            outbox.mark_unreached(message, failure)
        elif failure:
            outbox.mark_failed(message, failure)
        elif letter is None:
            outbox.mark_dropped(message)
        else:
            outbox.mark_sent(message)
    return is_reached


@contextmanager
def _kept(message_id: int) -> Iterator[None]:
    """Renew the lease while the mail server takes its time: only a worker that was killed loses it."""
    app = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001 (for another thread)
    is_over = Event()

    def renew() -> None:
        while not is_over.wait(outbox.LEASE.total_seconds() / 3):
            with app.app_context(), suppress(SQLAlchemyError), transaction():
                outbox.renew(message_id)

    keeper = Thread(target=renew, name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        is_over.set()
        keeper.join()


def _compose(message: Message) -> EmailMultiAlternatives | None:
    facts = _facts(message)
    if facts is None:
        return None
    return letters.compose(message, facts)


def _facts(message: Message) -> dict[str, Any] | None:
    """What the template tells; None for a message that no longer holds."""
    if reminders.is_reminder(message):
        visit = reminders.visit_of(message)
        return None if visit is None else {"visit": visit, "changeable_until": _cutoff_to_come(visit)}
    if outbox.tells_of_a_visit(message):
        visit = outbox.visit_of(message)
        return None if visit is None else {"visit": visit, **_called_off(message, visit)}
    if outbox.tells_of_an_offer(message):
        offer = outbox.offer_of(message)
        return None if offer is None else {"offer": offer, "visit": offer.held}
    if event := _EVENTS.get(Template(message.template)):
        name, find = event
        row = find(message)
        return None if row is None else {name: row}
    if outbox.tells_of_an_account(message):
        account = outbox.account_of(message)
        return None if account is None else {"account": account, **_link(message, account)}
    return {}


def _called_off(message: Message, visit: Appointment) -> dict[str, Any]:
    """What a mail about several visits says of them; nothing for one about the visit alone."""
    if Template(message.template) is not Template.CLINIC_CALLED_OFF:
        return {}
    times = cancellations.called_off_with(visit)
    return {"times": times, "first_day": to_local(times[0]).date()}


def _link(message: Message, account: Account) -> dict[str, Any]:
    """What a mail with a link says of it; nothing for one without."""
    purpose = _LINKS.get(Template(message.template))
    if purpose is None:
        return {}
    return {
        "token": account_links.token(purpose, account),
        "days": account_links.lifetime(purpose, account).days,
    }


def _cutoff_to_come(visit: Appointment) -> datetime | None:
    """Until when the visit can be cancelled, if it still can be."""
    cutoff = appointments.changeable_until(visit)
    return cutoff if now() <= cutoff else None


def _send(letter: EmailMultiAlternatives) -> None:
    connection = letter.get_connection()
    try:
        connection.open()
    except OSError as error:  # all of smtplib's are
        raise _Unreachable(type(error).__name__) from error
    try:
        connection.send_messages([letter])
    finally:
        with suppress(OSError):  # a goodbye that fails takes nothing back
            connection.close()
