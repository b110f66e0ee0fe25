"""The mail that was written, as those read it who get it."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

from config import Settings


def written(settings: Settings) -> list[EmailMessage]:
    """The mails in the folder, in the order of their files."""
    files = sorted(Path(settings.mail_url.removeprefix("file:")).glob("*"))
    return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]


def text(letter: EmailMessage) -> str:
    """What somebody reads whose mail program knows plain text only."""
    return _body(letter, "plain")


def html(letter: EmailMessage) -> str:
    """What all others read."""
    return _body(letter, "html")


def _body(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    assert part is not None, f"{letter['Subject']} has no part {kind}"
    content: str = part.get_content()
    return content
