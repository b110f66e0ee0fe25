"""Letters: a mail is written once, as parts (templates/email/*.txt), and read as text or as HTML (docs/adr/0016)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import render_template
from flask_mailman import EmailMultiAlternatives

from app.extensions import settings
from app.services import calendar_files
from app.services.outbox import Template

if TYPE_CHECKING:
    from app.models import Appointment, Message

INVITES = frozenset(
    {
        Template.BOOKED,
        Template.CONFIRMED,
        Template.UNCONFIRMED,
        Template.MOVED,
        Template.CHANGED,
        Template.CANCELLED,
        Template.DECLINED,
    }
)
"""The mails to the patient's side after which its calendar is to know better."""

CALENDAR_FILE = "appointment.ics"


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, in plain text: each layout escapes it, or does not. `link` is what to do, and its address."""

    subject: str
    opening: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    link: tuple[str, str]
    closing: tuple[str, ...]


def write(message: Message, facts: dict[str, Any]) -> Letter:
    """What a message says, with what its template is to know."""
    parts = {
        part: render_template(f"email/{message.template}.txt", part=part, portal=settings.public_url, **facts).strip()
        for part in ("subject", "opening", "facts", "link", "closing")
    }
    what_to_do, _, address = parts["link"].rpartition(": ")
    return Letter(
        subject=parts["subject"],
        opening=_paragraphs(parts["opening"]),
        facts=tuple(_fact(line) for line in parts["facts"].splitlines()),
        link=(what_to_do, address),
        closing=_paragraphs(parts["closing"]),
    )


def compose(message: Message, facts: dict[str, Any]) -> EmailMultiAlternatives:
    """A message as it is sent: text, the same as HTML and, where it is about a booking, what calendars understand.

    The calendar's part comes twice, as Google sends its own invitations: as an alternative, which Google and Outlook
    read, and as a file, which Apple and people open. Both have one UID: a calendar that reads both has the visit once.
    Raises ValueError for what cannot be put into headers, before anything is sent.
    """
    letter = write(message, facts)
    mail = EmailMultiAlternatives(
        subject=letter.subject,
        body=render_template("email/layout.txt", letter=letter),
        to=[message.recipient],
        headers={
            "From": _sender(),
            "Message-ID": f"<{message.key}@{urlsplit(settings.public_url).hostname}>",
            "Auto-Submitted": "auto-generated",  # RFC 3834: nobody's "I am away" answers it
        },
    )
    mail.attach_alternative(render_template("email/layout.html", letter=letter), "text/html")
    if Template(message.template) in INVITES:
        _invite(mail, facts["visit"], message.recipient)
    mail.message()
    return mail


def _sender() -> str:
    """MAIL_FROM, in the hospital's name where it has none."""
    name, address = parseaddr(settings.mail_from)
    return formataddr((name or settings.hospital_name, address))


def _invite(mail: EmailMultiAlternatives, visit: Appointment, recipient: str) -> None:
    content = calendar_files.invitation(visit, recipient)
    method = calendar_files.method(visit)
    mail.attach_alternative(content.decode(), f"{calendar_files.MEDIA_TYPE}; method={method}")
    mail.attach(CALENDAR_FILE, content, "application/ics")


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text) if paragraph.strip())


def _fact(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name, value.strip()
