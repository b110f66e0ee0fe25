"""Designations, specialisations and available times (contract, section 6; document 001)."""

from __future__ import annotations

from typing import Any

from app.api.catalogue import Shapes, listed, single
from app.api.resource import JsonBlueprint, public
from app.api.schemas.vocabulary import (
    AvailableTimeChangeIn,
    AvailableTimeIn,
    AvailableTimeOut,
    AvailableTimeQuery,
    DesignationOut,
    NamedChangeIn,
    NamedIn,
    SpecialisationOut,
    available_time,
    named,
)
from app.identity import actor
from app.services import vocabularies
from app.services.catalogue import AVAILABLE_TIMES, DESIGNATIONS, SPECIALISATIONS

blp = JsonBlueprint("vocabularies", __name__, description="What doctors are described by.")

_DESIGNATION = Shapes(out=DesignationOut, tell=named, added=NamedIn, put=NamedIn, patched=NamedChangeIn)
_SPECIALISATION = Shapes(out=SpecialisationOut, tell=named, added=NamedIn, put=NamedIn, patched=NamedChangeIn)
_AVAILABLE_TIME = Shapes(
    out=AvailableTimeOut,
    tell=available_time,
    added=AvailableTimeIn,
    put=AvailableTimeChangeIn,
    patched=AvailableTimeChangeIn,
)

blp.route("/designations/", documents=("001",))(listed(blp, DESIGNATIONS, _DESIGNATION))
blp.route("/designations/<int:designation_id>/")(single(blp, DESIGNATIONS, _DESIGNATION))
blp.route("/specialisations/", documents=("001",))(listed(blp, SPECIALISATIONS, _SPECIALISATION))
blp.route("/specialisations/<int:specialisation_id>/")(single(blp, SPECIALISATIONS, _SPECIALISATION))


@blp.route("/available-time/", documents=("001",))
class AvailableTimes(listed(blp, AVAILABLE_TIMES, _AVAILABLE_TIME)):  # type: ignore[misc] # a class made by a function
    """The whole list, or one entry of it."""

    @public
    @blp.arguments(AvailableTimeQuery, location="query")
    @blp.response(200, AvailableTimeOut, many=True)
    def get(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        """List available times, by start."""
        return [available_time(row) for row in vocabularies.every(actor(), AVAILABLE_TIMES, **query)]


blp.route("/available-time/<int:available_time_id>/")(single(blp, AVAILABLE_TIMES, _AVAILABLE_TIME))
