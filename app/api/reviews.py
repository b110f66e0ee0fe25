"""Reviews: read by all, written by patients (contract, section 10; document 001)."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Any

from app.api.paging import Page, page_of
from app.api.resource import JsonBlueprint, Resource, after, public, refuses
from app.api.schemas.review import ReviewChangeIn, ReviewIn, ReviewOut, ReviewQuery, review
from app.clock import hospital_zone
from app.identity import actor
from app.policy import Actor
from app.services import reviews

blp = JsonBlueprint("reviews", __name__, description="Reviews of doctors.")


@blp.route("/reviews/", documents=("001",))
class Reviews(Resource):
    """What patients say of doctors."""

    @public
    @blp.arguments(ReviewQuery, location="query")
    @blp.response(200, page_of(ReviewOut))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List reviews, newest first: by descending id."""
        page = Page.take(query)
        reviewers = tuple(query.pop(name) for name in ("reviwer", "reviewer") if name in query)
        listing = reviews.find(actor(), **query, patient_ids=reviewers, limit=page.limit, offset=page.offset)
        return page.envelope(listing, partial(review, zone=hospital_zone()))

    @refuses(HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)
    @blp.arguments(ReviewIn)
    @blp.response(201, ReviewOut)
    def post(self, data: dict[str, Any]) -> dict[str, Any]:
        """Review a doctor, once for each patient."""
        who = actor()
        return _told(who, reviews.write(who, **data).id)


@blp.route("/reviews/<int:review_id>/", documents=("001",))
class OneReview(Resource):
    """One review."""

    @public
    @blp.response(200, ReviewOut)
    def get(self, review_id: int) -> dict[str, Any]:
        """Read a review."""
        return _told(actor(), review_id)

    @refuses(HTTPStatus.FORBIDDEN)
    @after(reviews.get)
    @blp.arguments(ReviewChangeIn)
    @blp.response(200, ReviewOut)
    def put(self, data: dict[str, Any], review_id: int) -> dict[str, Any]:
        """Change a review; what is not sent is kept."""
        return _changed(review_id, data)

    @refuses(HTTPStatus.FORBIDDEN)
    @after(reviews.get)
    @blp.arguments(ReviewChangeIn)
    @blp.response(200, ReviewOut)
    def patch(self, data: dict[str, Any], review_id: int) -> dict[str, Any]:
        """Change a part of a review."""
        return _changed(review_id, data)

    @refuses(HTTPStatus.FORBIDDEN)
    @blp.response(204)
    def delete(self, review_id: int) -> None:
        """Delete a review."""
        reviews.delete(actor(), review_id)


def _changed(review_id: int, data: dict[str, Any]) -> dict[str, Any]:
    who = actor()
    return _told(who, reviews.change(who, review_id, **data).id)


def _told(who: Actor, review_id: int) -> dict[str, Any]:
    return review(reviews.get(who, review_id), hospital_zone())
