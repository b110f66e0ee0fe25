"""Mappings of patients to doctors: the care team (contract, section 11; document 003)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from app.api.paging import Page, PageQuery, page_of
from app.api.resource import JsonBlueprint, Resource, refuses
from app.api.schemas.mapping import MappingIn, MappingOut, mapping
from app.identity import actor
from app.services import care_team

blp = JsonBlueprint("mappings", __name__, description="Which doctors treat which patients.")


@blp.route("/api/mappings/", documents=("003 POST",))
class Mappings(Resource):
    """The care teams that concern the caller."""

    @blp.arguments(PageQuery, location="query")
    @blp.response(200, page_of(MappingOut))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List mappings, by id.

        Those of patients whom the caller manages; a doctor's own; all for an administrator.
        """
        page = Page.take(query)
        return page.envelope(care_team.find(actor(), limit=page.limit, offset=page.offset), mapping)

    @refuses(HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)
    @blp.arguments(MappingIn)
    @blp.response(201, MappingOut)
    def post(self, data: dict[str, Any]) -> dict[str, Any]:
        """Let a doctor treat a patient whom the caller manages: the doctor may then read the clinical record."""
        return mapping(care_team.add(actor(), **data))


@blp.route("/api/mappings/<int:mapping_id>/", documents=("003 GET DELETE",))
class OneMapping(Resource):
    """One doctor in a patient's care team."""

    @blp.response(200, MappingOut)
    def get(self, mapping_id: int) -> dict[str, Any]:
        """Read a mapping."""
        return mapping(care_team.get(actor(), mapping_id))

    @refuses(HTTPStatus.FORBIDDEN)
    @blp.response(204)
    def delete(self, mapping_id: int) -> None:
        """Let a doctor no longer treat a patient."""
        care_team.end(actor(), mapping_id)
