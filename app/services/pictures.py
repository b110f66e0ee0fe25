"""Pictures: uploads are drawn anew; a signed, time-limited address is the permission to see one in an `<img>`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from io import BytesIO

from itsdangerous import BadSignature, Signer
from PIL import Image, ImageOps
from sqlalchemy import delete
from sqlalchemy.orm import undefer

from app.clock import now
from app.errors import Invalid, NotFound
from app.extensions import db, settings
from app.models import Picture
from app.policy import Actor

BUCKET = timedelta(hours=1)
"""Addresses are the same for this long, so that browsers may keep what they show, and good for one to two of it."""

_NOBODY = 0
_KEYS = 2**53
_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_LONGEST_SIDE = 1200
_SMALL_QUALITY = 75
_MOST_PIXELS = 25_000_000
_NOT_A_PICTURE = "Choose a picture: a JPEG, PNG or WebP file."


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as it is sent: until when (UTC) it may be kept, and whether by everyone or by one reader's browser."""

    content: bytes
    content_type: str
    keep_until: datetime
    is_public: bool


@dataclass(frozen=True, slots=True)
class NewPicture:
    """An uploaded picture, drawn anew: whatever else the file held (where it was taken, a script) is gone."""

    content: bytes
    content_type: str


def read_upload(upload: bytes) -> NewPicture:
    """An upload as the portal keeps it: upright, at most 1,200 pixels wide and high.

    What counts is the content, not the name or the type that came with it. Raises Invalid, at `picture`, for what is no
    JPEG, PNG or WebP picture, and for one of over 25 million pixels.
    """
    try:
        with Image.open(BytesIO(upload), formats=tuple(_TYPES)) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise Invalid("Choose a smaller picture: this one has over 25 million pixels.", field="picture")
            kind = opened.format or ""
            drawn = ImageOps.exif_transpose(opened)
            drawn.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        # Pillow tells of a broken PNG by a SyntaxError.
        raise Invalid(_NOT_A_PICTURE, field="picture") from error
    has_alpha = kind != "JPEG" and drawn.has_transparency_data
    output = BytesIO()
    drawn.convert("RGBA" if has_alpha else "RGB").save(output, kind, quality=85)
    return NewPicture(output.getvalue(), _TYPES[kind])


def replaced(current_id: int | None, picture: NewPicture | None) -> int | None:
    """The key of the picture that stands in place of the current one, which is deleted; None for none."""
    if current_id is not None:
        db.session.execute(delete(Picture).where(Picture.id == current_id))
    if picture is None:
        return None
    # SQLite would give it the key of the one just deleted, and the former address, still kept by browsers, with it.
    key = 1 + secrets.randbelow(_KEYS)
    row = Picture(id=key, content_type=picture.content_type, content=picture.content)
    db.session.add(row)
    db.session.flush()
    return row.id


def is_address(text: str) -> bool:
    """Whether a text is an address that the portal once gave a picture: programs send back what they read."""
    try:
        _signer(settings.secret_key).unsign(text.rpartition("/")[2].encode(errors="replace"))
    except BadSignature:
        return False
    return True


def picture_url(picture_id: int | None, viewer: Actor | None = None, *, side: int | None = None) -> str | None:
    """The path below `/media/` at which a picture can be seen for the next one to two hours; None for no picture.

    With `side` it is drawn at most that many pixels wide and high: what a list shows small is sent small.
    Without `viewer` it is a public picture's, such as a doctor's. Whether the viewer may see it is decided where the
    address is handed out: whoever has the address sees the picture (contract, section 1).
    """
    if picture_id is None:
        return None
    reader = _NOBODY if viewer is None else viewer.account_id or _NOBODY
    bucket = int(now().timestamp() // BUCKET.total_seconds()) + 2
    drawn = "" if side is None else f"-{side}"
    return _address(settings.secret_key, f"{picture_id}-{bucket}-{reader}{drawn}")


def open_picture(token: str) -> Shown:
    """The picture of an address. Raises NotFound for one that is forged or has run out, and for a deleted picture."""
    try:
        signed = _signer(settings.secret_key).unsign(token.encode(errors="replace")).decode()
    except (BadSignature, UnicodeError):
        raise NotFound from None
    picture_id, bucket, reader, *sides = (int(part) for part in signed.split("-"))
    keep_until = datetime.fromtimestamp(bucket * BUCKET.total_seconds(), UTC)
    picture = db.session.get(Picture, picture_id, options=[undefer(Picture.content)])
    if picture is None or keep_until <= now():
        raise NotFound
    content, content_type = picture.content, picture.content_type
    if sides:
        content, content_type = _small(content, content_type, sides[0])
    return Shown(content, content_type, keep_until, is_public=reader == _NOBODY)


def _small(content: bytes, content_type: str, side: int) -> tuple[bytes, str]:
    """A picture at most `side` pixels wide and high, and its type; as it is where that is no bigger."""
    try:
        with Image.open(BytesIO(content), formats=tuple(_TYPES)) as opened:
            opened.thumbnail((side, side))
            output = BytesIO()
            opened.save(output, "WEBP", quality=_SMALL_QUALITY)
    except OSError:
        return content, content_type
    small = output.getvalue()
    return (small, _TYPES["WEBP"]) if len(small) < len(content) else (content, content_type)


@lru_cache(maxsize=4096)
def _address(secret_key: str, subject: str) -> str:
    """Kept, since a list shows the same pictures again and again, and an address holds all that it depends on."""
    return f"/media/{_signer(secret_key).sign(subject).decode()}"


def _signer(secret_key: str) -> Signer:
    return Signer(secret_key, salt="picture")
