"""Profiles of accounts: listed, made, read, changed, closed (contract, section 3; document 001)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from app.api.paging import Page, page_of
from app.api.resource import JsonBlueprint, Resource, after, refuses
from app.api.schemas.profile import ProfileIn, ProfileOut, ProfileQuery, profile
from app.identity import actor
from app.services import profiles

blp = JsonBlueprint("profiles", __name__, description="Profiles of accounts.")


@blp.route("/api/user/profiles/", documents=("001",))
class Profiles(Resource):
    """The profiles that the caller may see."""

    @blp.arguments(ProfileQuery, location="query")
    @blp.response(200, page_of(ProfileOut))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List profiles, by id: the caller's own, for administrators all."""
        who, page = actor(), Page.take(query)
        listing = profiles.find(who, **query, limit=page.limit, offset=page.offset)
        return page.envelope(listing, lambda row: profile(row, who))

    @refuses(HTTPStatus.CONFLICT)
    @blp.arguments(ProfileIn)
    @blp.response(201, ProfileOut)
    def post(self, data: dict[str, Any]) -> dict[str, Any]:
        """Register somebody, as an administrator.

        Makes the account, its profile and its patient. Needs `username` and `email`, to which a link for choosing a
        password is sent. Whoever is no administrator has a profile already: 409.
        """
        who = actor()
        return profile(profiles.create(who, **data), who)


@blp.route("/api/user/profiles/me/", documents=("001 GET",))
class OwnProfile(Resource):
    """The caller's own profile."""

    @blp.response(200, ProfileOut)
    def get(self) -> dict[str, Any]:
        """Read one's own profile."""
        who = actor()
        return profile(profiles.own(who), who)

    @blp.arguments(ProfileIn)
    @blp.response(200, ProfileOut)
    def put(self, data: dict[str, Any]) -> dict[str, Any]:
        """Change one's own profile; what is not sent is kept."""
        return _changed(profiles.own(actor()).id, data)

    @blp.arguments(ProfileIn)
    @blp.response(200, ProfileOut)
    def patch(self, data: dict[str, Any]) -> dict[str, Any]:
        """Change a part of one's own profile."""
        return _changed(profiles.own(actor()).id, data)

    @refuses(HTTPStatus.CONFLICT)
    @blp.response(204)
    def delete(self) -> None:
        """Close one's own account, and end all its sessions."""
        profiles.close(actor(), profiles.own(actor()).id)


@blp.route("/api/user/profiles/<int:profile_id>/", documents=("001",))
class OneProfile(Resource):
    """One profile."""

    @blp.response(200, ProfileOut)
    def get(self, profile_id: int) -> dict[str, Any]:
        """Read a profile."""
        who = actor()
        return profile(profiles.get(who, profile_id), who)

    @after(profiles.get)
    @blp.arguments(ProfileIn)
    @blp.response(200, ProfileOut)
    def put(self, data: dict[str, Any], profile_id: int) -> dict[str, Any]:
        """Change a profile; what is not sent is kept."""
        return _changed(profile_id, data)

    @after(profiles.get)
    @blp.arguments(ProfileIn)
    @blp.response(200, ProfileOut)
    def patch(self, data: dict[str, Any], profile_id: int) -> dict[str, Any]:
        """Change a part of a profile."""
        return _changed(profile_id, data)

    @refuses(HTTPStatus.CONFLICT)
    @blp.response(204)
    def delete(self, profile_id: int) -> None:
        """Close the account of a profile, and end all its sessions."""
        profiles.close(actor(), profile_id)


def _changed(profile_id: int, data: dict[str, Any]) -> dict[str, Any]:
    who = actor()
    return profile(profiles.change(who, profile_id, **data), who)
