"""The hospital itself: departments, vocabularies, catalogue times, services, visitors' messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from app.demo import emblems, pictures, texts
from app.demo.rows import chance, write
from app.models import (
    AvailableTime,
    ContactMessage,
    Department,
    Designation,
    Picture,
    Service,
    Specialisation,
)
from app.models.types import name_key

FIRST_TIME, LAST_TIME = time(8), time(19, 30)
"""The catalogue's first and last start, in half hours."""


@dataclass(frozen=True, slots=True)
class Hospital:
    """The keys of what others refer to, by name; catalogue times by their start."""

    departments: dict[str, int]
    designations: dict[str, int]
    specialisations: dict[str, int]
    times: dict[time, int]


def found(moment: datetime) -> Hospital:
    """Write the hospital as it is at that moment."""
    departments = write(
        Department,
        (
            {"name": d.name, "name_key": name_key(d.name), "location": d.location, "description": d.description}
            for d in texts.DEPARTMENTS
        ),
    )
    grades = [name for name, _ in texts.DESIGNATIONS] + [texts.HEAD]
    fields = [field for department in texts.DEPARTMENTS for field in department.specialisations]
    starts = catalogue()
    times = write(AvailableTime, ({"label": f"{at:%H:%M}", "starts": at, "ends": None} for at in starts))
    _offer_services(moment)
    _receive_messages(moment)
    return Hospital(
        departments=dict(zip((d.name for d in texts.DEPARTMENTS), departments, strict=True)),
        designations=dict(zip(grades, write(Designation, map(_named, grades)), strict=True)),
        specialisations=dict(zip(fields, write(Specialisation, map(_named, fields)), strict=True)),
        times=dict(zip(starts, times, strict=True)),
    )


def catalogue() -> list[time]:
    """The start times of the catalogue, hospital-local."""
    first, last = (at.hour * 60 + at.minute for at in (FIRST_TIME, LAST_TIME))
    return [time(*divmod(minutes, 60)) for minutes in range(first, last + 1, 30)]


def phone(number: int) -> str:
    """A mobile number of the range that Ofcom keeps for fiction: 1,000 of them, by `number`."""
    return f"+447700900{number % 1000:03}"


def slug(name: str) -> str:
    """A name for addresses and usernames: small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")


def _named(name: str) -> dict[str, str]:
    return {"name": name, "name_key": name_key(name), "slug": slug(name)}


def _offer_services(moment: datetime) -> None:
    drawn = write(
        Picture,
        (
            {"content_type": pictures.CONTENT_TYPE, "content": emblems.emblem(service.emblem), "created_at": moment}
            for service in texts.SERVICES
        ),
    )
    write(
        Service,
        (
            {"name": service.name, "description": service.description, "picture_id": picture}
            for service, picture in zip(texts.SERVICES, drawn, strict=True)
        ),
    )


def _receive_messages(moment: datetime) -> None:
    random = chance("messages")
    names = ("Ruth Baker", "Damien Cole", "Priya Nair", "Joan Whitfield", "Tomasz Zielinski", "Ada Mensah", "Owen Rees")
    write(
        ContactMessage,
        (
            {
                "name": name,
                "phone": phone(random.randrange(1000)),
                "message": text,
                "created_at": moment - timedelta(hours=hours),
                "handled_at": moment - timedelta(hours=hours - 20) if handled else None,
            }
            for name, (text, hours, handled) in zip(names, texts.CONTACT_MESSAGES, strict=True)
        ),
    )
