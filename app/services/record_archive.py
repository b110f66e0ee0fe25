"""A patient's whole record as one ZIP file: a PDF to read, JSON for programs, the visits for a calendar."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from app.clock import to_local
from app.extensions import settings
from app.services.record_documents import WholeRecord
from app.services.record_facts import Entry, Outline

MEDIA_TYPE = "application/zip"
FORMAT = 1
"""The number of the JSON file's form; it grows when a field goes or changes its meaning."""


class Archive:
    """The file while it is made: entries are added as they are read."""

    def __init__(self, outline: Outline, made_at: datetime) -> None:
        self._outline = outline
        self._made_at = made_at
        self._document = WholeRecord(outline, made_at)
        self._entries: list[dict[str, Any]] = []

    def add(self, entries: Sequence[Entry]) -> None:
        """Add the next entries."""
        self._document.add(entries)
        self._entries += map(asdict, entries)

    def content(self) -> bytes:
        """The whole file."""
        files = {
            "record.pdf": self._document.content(),
            "record.json": self._json(),
            "appointments.ics": self._outline.calendar,
        }
        held = io.BytesIO()
        made_at = to_local(self._made_at).timetuple()[:6]
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(zipfile.ZipInfo(name, made_at), content, zipfile.ZIP_DEFLATED)
        return held.getvalue()

    def _json(self) -> bytes:
        told = {
            "format": FORMAT,
            "hospital": settings.hospital_name,
            "time_zone": settings.hospital_timezone,
            "made_at": self._made_at,
            "person": asdict(self._outline.person),
            "visits": [asdict(visit) for visit in self._outline.visits],
            "entries": self._entries,
            "reviews": [asdict(review) for review in self._outline.reviews],
            "care_team": [asdict(place) for place in self._outline.care_team],
        }
        return json.dumps(told, ensure_ascii=False, indent=2, default=_plain).encode()


def _plain(value: object) -> str:
    """What JSON has no form for: moments in UTC, days, states."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    message = f"{type(value).__name__} has no form in JSON"
    raise TypeError(message)
