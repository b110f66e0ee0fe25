"""Profiles on the wire (contract, section 3; document 001)."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from app.api.paging import PageQuery
from app.api.schemas.account import LONGEST_EMAIL, LONGEST_USERNAME, UserOut, user
from app.api.schemas.fields import LONGEST_SEARCH, Day, Incoming, Moment, PictureFile, Text, WholeNumber
from app.api.wire import picture_address
from app.models import Profile
from app.policy import Actor
from app.services.identities import MAXIMUM_NAME
from app.services.profiles import LONGEST_ADDRESS, LONGEST_BIO


class ProfileQuery(PageQuery):
    """Filters of the list; they never widen what the caller may see."""

    search = Text(
        longest=LONGEST_SEARCH,
        metadata={"description": "Words, each of which occurs in the username, e-mail address or a name."},
    )


class ProfileIn(Incoming):
    """What is written of somebody; what is not sent is kept."""

    username = Text(
        longest=LONGEST_USERNAME,
        metadata={"description": "Unique without regard to case. Letters, digits and `. _ + -`."},
    )
    email = Text(
        longest=LONGEST_EMAIL,
        metadata={"format": "email", "description": "Another one counts once it is confirmed by mail."},
    )
    first_name = Text(longest=MAXIMUM_NAME)
    last_name = Text(longest=MAXIMUM_NAME)
    bio = Text(longest=LONGEST_BIO)
    address = Text(longest=LONGEST_ADDRESS)
    date_of_birth = Day(allow_none=True)
    picture = PictureFile(
        data_key="profile_picture", metadata={"description": "A picture file; null or empty removes it."}
    )


class ProfileOut(Schema):
    """What an account tells about itself."""

    id = WholeNumber(required=True)
    user = fields.Nested(UserOut, required=True)
    bio = fields.String(required=True)
    address = fields.String(required=True)
    date_of_birth = fields.Date(required=True, allow_none=True)
    profile_picture = fields.String(
        required=True, allow_none=True, metadata={"description": "Time-limited address of the picture."}
    )
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


def profile(row: Profile, viewer: Actor) -> dict[str, Any]:
    """A profile, its account loaded, as ProfileOut; the picture's address is for the viewer."""
    return {
        "id": row.id,
        "user": user(row.account),
        "bio": row.bio,
        "address": row.address,
        "date_of_birth": row.date_of_birth,
        "profile_picture": picture_address(row.picture_id, viewer),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
