"""Letters: a mail is written once, as parts (templates/email/*.txt), and read as text or as HTML (docs/adr/0016)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import render_template
from flask_mailman import EmailMultiAlternatives

from app.extensions import settings

if TYPE_CHECKING:
    from app.models import Message


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
    """A message as it is sent, as text and the same as HTML.

    Raises ValueError for what cannot be put into headers, before anything is sent.
    """
    letter = write(message, facts)
    mail = EmailMultiAlternatives(
        subject=letter.subject,
        body=render_template("email/layout.txt", letter=letter),
        to=[message.recipient],
        headers={
            "Message-ID": f"<{message.key}@{urlsplit(settings.public_url).hostname}>",
            "Auto-Submitted": "auto-generated",  # RFC 3834: nobody's "I am away" answers it
        },
    )
    mail.attach_alternative(render_template("email/layout.html", letter=letter), "text/html")
    mail.message()
    return mail


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text) if paragraph.strip())


def _fact(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name, value.strip()
