"""Vocabularies, departments and services on the wire (contract, section 6; document 001)."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from app.api.schemas.fields import Incoming, PictureFile, Text, WholeNumber
from app.api.wire import picture_address
from app.models import AvailableTime, Department, Designation, Service, Specialisation
from app.services.catalogue import AVAILABLE_TIMES, DEPARTMENTS, DESIGNATIONS, SERVICES, Vocabulary


def _text(vocabulary: Vocabulary[Any], name: str, description: str = "", **options: Any) -> Text:
    """A text, documented with the limits that the catalogue sets."""
    rule = vocabulary.texts[name]
    metadata = {"description": description, "pattern": rule.pattern, **options.pop("metadata", {})}
    return Text(
        longest=rule.longest,
        shortest=int(rule.is_required),
        metadata={key: value for key, value in metadata.items() if value},
        **options,
    )


_SLUG = "Small letters, digits and hyphens; made from the name where none is given."
_TIME = "A start, or a range, as people write it: parsed, and kept as it was written."
_TIMES = {"examples": ["09:00", "9:30 AM", "10:00 AM - 10:30 AM"]}


class NamedChangeIn(Incoming):
    """What is changed of a designation or specialisation; what is not sent is kept."""

    name = _text(DESIGNATIONS, "name")
    slug = _text(DESIGNATIONS, "slug", _SLUG)


class NamedIn(NamedChangeIn):
    """A designation or specialisation, named."""

    name = _text(DESIGNATIONS, "name", required=True)


class DesignationOut(Schema):
    """One designation: a doctor's grade."""

    id = WholeNumber(required=True)
    name = fields.String(required=True)
    slug = fields.String(required=True)


class SpecialisationOut(Schema):
    """One specialisation: a doctor's field."""

    id = WholeNumber(required=True)
    name = fields.String(required=True)
    slug = fields.String(required=True)


class AvailableTimeQuery(Incoming):
    """Filters of the list."""

    key = WholeNumber(data_key="id", metadata={"description": "Id of an available time."})


class AvailableTimeChangeIn(Incoming):
    """What is changed of an available time; what is not sent is kept."""

    label = _text(AVAILABLE_TIMES, "label", _TIME, data_key="time", metadata=_TIMES)


class AvailableTimeIn(Incoming):
    """An available time."""

    label = _text(AVAILABLE_TIMES, "label", _TIME, data_key="time", required=True, metadata=_TIMES)


class AvailableTimeOut(Schema):
    """One available time."""

    id = WholeNumber(required=True)
    time = fields.String(required=True, metadata={"description": "As it was written."})


class DepartmentChangeIn(Incoming):
    """What is changed of a department; what is not sent is kept."""

    name = _text(DEPARTMENTS, "name")
    location = _text(DEPARTMENTS, "location")
    description = _text(DEPARTMENTS, "description")


class DepartmentIn(DepartmentChangeIn):
    """A department, named."""

    name = _text(DEPARTMENTS, "name", required=True)


class DepartmentOut(Schema):
    """One department."""

    id = WholeNumber(required=True)
    name = fields.String(required=True)
    location = fields.String(required=True)
    description = fields.String(required=True)


class ServiceChangeIn(Incoming):
    """What is changed of a service; what is not sent is kept."""

    picture = PictureFile(data_key="image")
    name = _text(SERVICES, "name")
    description = _text(SERVICES, "description")


class ServiceIn(ServiceChangeIn):
    """A service, named."""

    name = _text(SERVICES, "name", required=True)


class ServiceOut(Schema):
    """One service."""

    id = WholeNumber(required=True)
    image = fields.String(
        required=True, allow_none=True, metadata={"description": "Time-limited address of the picture."}
    )
    name = fields.String(required=True)
    description = fields.String(required=True)


def named(row: Designation | Specialisation) -> dict[str, Any]:
    """An entry as DesignationOut or SpecialisationOut."""
    return {"id": row.id, "name": row.name, "slug": row.slug}


def available_time(row: AvailableTime) -> dict[str, Any]:
    """An entry as AvailableTimeOut."""
    return {"id": row.id, "time": row.label}


def department(row: Department) -> dict[str, Any]:
    """An entry as DepartmentOut."""
    return {"id": row.id, "name": row.name, "location": row.location, "description": row.description}


def service(row: Service) -> dict[str, Any]:
    """An entry as ServiceOut."""
    return {
        "id": row.id,
        "image": picture_address(row.picture_id),
        "name": row.name,
        "description": row.description,
    }
