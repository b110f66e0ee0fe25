"""Whose calendar a page is about: one's own, in the clinic, or that of the doctor whom an admin has opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, flash, url_for

from app.errors import NotFound
from app.identity import actor
from app.models import Doctor
from app.pages.render import leave_for
from app.services import calendars


@dataclass(frozen=True, slots=True)
class Calendar:
    """A doctor's calendar; `doctor` is None where it is the own one, which its pages address as "you"."""

    doctor_id: int
    doctor: Doctor | None = None

    @property
    def whose(self) -> str:
        """For sentences: `your` hours."""
        return "the doctor's" if self.doctor else "your"

    @property
    def whom(self) -> str:
        """For sentences: times with `you`."""
        return "the doctor" if self.doctor else "you"

    def url(self, page: str, **values: Any) -> str:
        """The address of one of these pages for the same calendar, in the part of the portal where one is."""
        return url_for(f".{page}", doctor_id=self.doctor_id if self.doctor else None, **values)

    def leave_for(self, page: str, said: str = "", **values: Any) -> Response:
        """Send the browser to one of these pages, which says something once."""
        if said:
            flash(said)
        return leave_for(self.url(page, **values))


def calendar_of(doctor_id: int | None) -> Calendar:
    """The calendar of the doctor whom the address names, or else of the one who asks.

    Raises NotFound for a doctor who is not there, and Forbidden for a calendar that is not the actor's to run.
    """
    if doctor_id is not None:
        return Calendar(doctor_id, calendars.run_by(actor(), doctor_id))
    own = actor().doctor_id
    if own is None:
        raise NotFound
    return Calendar(own)
