"""Visits as an iCalendar file (RFC 5545), for the calendars that people keep elsewhere. Nothing clinical is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

from icalendar import Calendar, Event, vCalAddress, vText
from icalendar.enums import CLASS, CUTYPE, ROLE, STATUS, TRANSP

from app.clock import now
from app.extensions import settings
from app.models import Appointment, VisitKind, VisitState

MEDIA_TYPE = "text/calendar"
READ_AGAIN = timedelta(hours=1)
"""How often a calendar that subscribes is asked to look for changes."""

_STATUSES: Mapping[VisitState, STATUS] = {
    VisitState.HELD: STATUS.TENTATIVE,
    VisitState.PENDING: STATUS.TENTATIVE,
    VisitState.CANCELLED: STATUS.CANCELLED,
}
"""What calendars call a state; in all others the visit is confirmed."""


def calendar_file(visits: Iterable[Appointment]) -> bytes:
    """One visit or many as a file, the same bytes while nothing changes; doctors and departments must be loaded.

    A calendar knows a visit again by its UID, and takes what has a higher SEQUENCE for newer. Moments are in UTC,
    which every calendar understands without being told the rules of the hospital's summer time.
    """
    calendar = Calendar()
    name = vText(_line(f"Appointments at {settings.hospital_name}"))
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", _product())
    calendar.add("NAME", name)  # RFC 7986; the next line says the same to those who do not know it
    calendar.add("X-WR-CALNAME", name)
    calendar.add("REFRESH-INTERVAL", READ_AGAIN, parameters={"VALUE": "DURATION"})
    for visit in visits:
        calendar.add_component(_event(visit))
    content: bytes = calendar.to_ical()
    return content


def method(visit: Appointment) -> str:
    """What an invitation to a visit asks of a calendar (RFC 5546): to know it as it is now, or to drop it."""
    return "CANCEL" if visit.state is VisitState.CANCELLED else "REQUEST"


def invitation(visit: Appointment, recipient: str) -> bytes:
    """One visit for the calendar of whoever reads mail at an address (RFC 5546, sections 3.2.2 and 3.2.5).

    The visit has the UID and SEQUENCE that it has in `calendar_file`. The time is the recipient's already, so no answer
    is asked for. Of two invitations with one SEQUENCE the later DTSTAMP is the newer.
    """
    calendar = Calendar()
    calendar.add("PRODID", _product())
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", method(visit))
    event = _event(visit)
    del event["DTSTAMP"]
    event.add("DTSTAMP", now())
    event.organizer = vCalAddress.new(parseaddr(settings.mail_from)[1], cn=_line(settings.hospital_name))
    event.attendees = [
        vCalAddress.new(recipient, cutype=CUTYPE.INDIVIDUAL, role=ROLE.REQ_PARTICIPANT, partstat="ACCEPTED", rsvp=False)
    ]
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _product() -> str:
    return _line(f"-//{settings.hospital_name}//Patient portal//EN")


def _event(visit: Appointment) -> Event:
    address = f"{settings.public_url}/my/appointments/{visit.id}"
    event = Event.new(
        uid=f"visit-{visit.id}@{urlsplit(settings.public_url).hostname}",
        sequence=visit.version - 1,
        created=visit.created_at,
        last_modified=visit.updated_at,
        stamp=visit.updated_at,  # in a file without a METHOD it says the same (section 3.8.7.2)
        start=visit.starts_at,
        end=visit.ends_at,
        status=_STATUSES.get(visit.state, STATUS.CONFIRMED),
        summary=_line(f"Appointment with {visit.doctor.name}"),
        location=_line(_place(visit)),
        description=f"See this appointment: {address}",
        url=address,
        classification=CLASS.PRIVATE,
    )
    event.add("TRANSP", TRANSP.TRANSPARENT if visit.state is VisitState.CANCELLED else TRANSP.OPAQUE)
    return event


def _place(visit: Appointment) -> str:
    """Where to go. The department's name is left out: it may tell what is the matter."""
    if visit.kind is VisitKind.ONLINE:
        return "Video call"
    department = visit.doctor.department
    return ", ".join(filter(None, (settings.hospital_name, department.location if department else "")))


def _line(text: str) -> str:
    """A text on one line, without the control characters that would break the file."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())
