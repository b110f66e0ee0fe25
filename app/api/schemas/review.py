"""Reviews on the wire (contract, section 10; document 001): stars, and `reviwer` as published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields

from app.api.paging import PageQuery
from app.api.schemas.fields import LONGEST_SEARCH, Incoming, Text, WholeNumber
from app.services.reviews import LONGEST_BODY, RATINGS, Line

STAR = "⭐"
STARS: Mapping[int, str] = {rating: STAR * rating for rating in RATINGS}
_RATINGS: Mapping[str, int] = {stars: rating for rating, stars in STARS.items()}
_EMOJI_STYLE = "\ufe0f"
"""Some keyboards write it after a star; it is invisible."""


class Stars(fields.Field[int]):
    """One to five stars, or their number."""

    default_error_messages = {"invalid": f"Give one to five stars, from {STARS[1]} to {STARS[5]} or from 1 to 5."}

    def __init__(self, **options: Any) -> None:
        metadata = {"type": ["integer", "string"], "enum": [*STARS.values(), *STARS, *map(str, STARS)]}
        super().__init__(metadata=metadata | options.pop("metadata", {}), **options)

    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002 (marshmallow's signature)
        data: Mapping[str, Any] | None,  # noqa: ARG002 (as above)
        **_options: Any,
    ) -> int:
        if isinstance(value, str):
            text = value.strip().replace(_EMOJI_STYLE, "")
            value = _RATINGS.get(text, text)
        try:
            rating = WholeNumber().deserialize(value)
        except ValidationError as error:
            raise self.make_error("invalid") from error
        if rating not in RATINGS:
            raise self.make_error("invalid")
        return int(rating)


class ReviewQuery(PageQuery):
    """Filters of the list."""

    doctor_id = WholeNumber(data_key="doctor", metadata={"description": "Id of a doctor."})
    reviwer = WholeNumber(metadata={"description": "Id of the reviewing patient."})
    reviewer = WholeNumber(metadata={"description": "As `reviwer`."})
    rating = Stars(metadata={"description": "Stars, or their number."})
    search = Text(
        longest=LONGEST_SEARCH,
        metadata={"description": "Words, each of which occurs in the doctor's name or begins the reviewer's."},
    )


class ReviewIn(Incoming):
    """What is written of a doctor."""

    doctor_id = WholeNumber(data_key="doctor", required=True)
    patient_id = WholeNumber(
        data_key="patient",
        allow_none=True,
        metadata={"description": "Who reviews: one whom the caller manages; the caller's own where not sent."},
    )
    body = Text(longest=LONGEST_BODY)
    rating = Stars(required=True)


class ReviewChangeIn(Incoming):
    """What is changed; what is not sent is kept."""

    doctor_id = WholeNumber(data_key="doctor", metadata={"description": "Cannot be changed."})
    body = Text(longest=LONGEST_BODY)
    rating = Stars()


class ReviewOut(Schema):
    """One review."""

    id = WholeNumber(required=True)
    reviewer = fields.String(required=True, metadata={"description": "A first name, or `Patient`."})
    reviewer_id = WholeNumber(required=True, metadata={"description": "Id of the reviewing patient."})
    doctor = WholeNumber(required=True)
    doctor_name = fields.String(required=True)
    body = fields.String(required=True)
    created_on = fields.Date(required=True, metadata={"description": "Hospital-local."})
    rating = fields.String(required=True, metadata={"enum": list(STARS.values())})
    verified = fields.Boolean(
        required=True, metadata={"description": "Whether that patient has had a visit with the doctor."}
    )


def review(line: Line, zone: ZoneInfo) -> dict[str, Any]:
    """A review as ReviewOut; `zone` is the hospital's."""
    return {
        "id": line.id,
        "reviewer": line.reviewer,
        "reviewer_id": line.patient_id,
        "doctor": line.doctor_id,
        "doctor_name": line.doctor_name,
        "body": line.body,
        "created_on": line.created_at.astimezone(zone).date(),
        "rating": STARS[line.rating],
        "verified": line.is_verified,
    }
