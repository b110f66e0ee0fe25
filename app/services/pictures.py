"""Pictures: a signed, time-limited address is the permission to see one, so that an `<img>` can show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, Signer
from sqlalchemy.orm import undefer

from app.clock import now
from app.errors import NotFound
from app.extensions import db, settings
from app.models import Picture
from app.policy import Actor

BUCKET = timedelta(hours=1)
"""Addresses are the same for this long, so that browsers may keep what they show, and good for one to two of it."""

_NOBODY = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as it is sent: until when (UTC) it may be kept, and whether by everyone or by one reader's browser."""

    content: bytes
    content_type: str
    keep_until: datetime
    is_public: bool


def picture_url(picture_id: int | None, viewer: Actor | None = None) -> str | None:
    """The path below `/media/` at which a picture can be seen for the next one to two hours; None for no picture.

    Without `viewer` it is a public picture's, such as a doctor's. Whether the viewer may see it is decided where the
    address is handed out: whoever has the address sees the picture (contract, section 1).
    """
    if picture_id is None:
        return None
    reader = _NOBODY if viewer is None else viewer.account_id or _NOBODY
    bucket = int(now().timestamp() // BUCKET.total_seconds()) + 2
    return f"/media/{_signer().sign(f'{picture_id}-{bucket}-{reader}').decode()}"


def open_picture(token: str) -> Shown:
    """The picture of an address. Raises NotFound for one that is forged or has run out, and for a deleted picture."""
    try:
        signed = _signer().unsign(token.encode(errors="replace")).decode()
    except (BadSignature, UnicodeError):
        raise NotFound from None
    picture_id, bucket, reader = (int(part) for part in signed.split("-"))
    keep_until = datetime.fromtimestamp(bucket * BUCKET.total_seconds(), UTC)
    picture = db.session.get(Picture, picture_id, options=[undefer(Picture.content)])
    if picture is None or keep_until <= now():
        raise NotFound
    return Shown(picture.content, picture.content_type, keep_until, is_public=reader == _NOBODY)


def _signer() -> Signer:
    return Signer(settings.secret_key, salt="picture")
