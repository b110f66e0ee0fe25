"""Messages to the hospital: sent by anyone, the rest for administrators (contract, section 12; document 001)."""

from __future__ import annotations

from typing import Any

from app.api.resource import JsonBlueprint, Resource, after, public, requires
from app.api.schemas.contact import ContactChangeIn, ContactIn, ContactOut, contact
from app.identity import actor
from app.policy import Permission
from app.services import contacts

blp = JsonBlueprint("contacts", __name__, description="Messages to the hospital.")


@blp.route("/contacts/", documents=("001",))
class Contacts(Resource):
    """What visitors have written."""

    @requires(Permission.ADMINISTER)
    @blp.response(200, ContactOut, many=True)
    def get(self) -> list[dict[str, Any]]:
        """List messages, newest first."""
        return [contact(row) for row in contacts.every(actor())]

    @public
    @blp.arguments(ContactIn)
    @blp.response(201, ContactOut)
    def post(self, data: dict[str, Any]) -> dict[str, Any]:
        """Send a message to the hospital.

        A limit of its own counts the messages of a network address.
        """
        return contact(contacts.send(actor(), **data))


@blp.route("/contacts/<int:contact_id>/", documents=("001",))
class OneContact(Resource):
    """One message."""

    @requires(Permission.ADMINISTER)
    @blp.response(200, ContactOut)
    def get(self, contact_id: int) -> dict[str, Any]:
        """Read a message."""
        return contact(contacts.get(actor(), contact_id))

    @requires(Permission.ADMINISTER)
    @after(contacts.get)
    @blp.arguments(ContactChangeIn)
    @blp.response(200, ContactOut)
    def put(self, data: dict[str, Any], contact_id: int) -> dict[str, Any]:
        """Correct a message; what is not sent is kept."""
        return contact(contacts.change(actor(), contact_id, **data))

    @requires(Permission.ADMINISTER)
    @after(contacts.get)
    @blp.arguments(ContactChangeIn)
    @blp.response(200, ContactOut)
    def patch(self, data: dict[str, Any], contact_id: int) -> dict[str, Any]:
        """Correct a part of a message."""
        return contact(contacts.change(actor(), contact_id, **data))

    @requires(Permission.ADMINISTER)
    @blp.response(204)
    def delete(self, contact_id: int) -> None:
        """Delete a message."""
        contacts.remove(actor(), contact_id)
