"""What the hospital offers, with pictures (contract, section 6; document 001)."""

from __future__ import annotations

from app.api.catalogue import Shapes, listed, single
from app.api.resource import JsonBlueprint
from app.api.schemas.vocabulary import ServiceChangeIn, ServiceIn, ServiceOut, service
from app.services.catalogue import SERVICES

blp = JsonBlueprint("services", __name__, description="What the hospital offers.")

_SHAPES = Shapes(out=ServiceOut, tell=service, added=ServiceIn, put=ServiceIn, patched=ServiceChangeIn)

blp.route("/services/", documents=("001",))(listed(blp, SERVICES, _SHAPES))
blp.route("/services/<int:service_id>/", documents=("001",))(single(blp, SERVICES, _SHAPES))
