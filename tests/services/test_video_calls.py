"""When the patient's side can join a video call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.models import VisitKind, VisitState
from app.services import video_calls
from tests.factories import AppointmentFactory, DoctorFactory
from tests.support.databases import Database

LINK = "https://meet.example.org/room"
START = datetime(2026, 1, 6, 9, tzinfo=UTC)
"""Of a visit of half an hour."""


@pytest.fixture(autouse=True)
def session(database: Database) -> Iterator[Session]:
    """One unit of work around a test, so that services see what it arranged."""
    with database.unit_of_work() as opened:
        yield opened


def at(minutes: int, monkeypatch: pytest.MonkeyPatch, **values: Any) -> Any:
    """A confirmed video call, looked at so many minutes after its start."""
    monkeypatch.setattr(video_calls, "now", lambda: START + timedelta(minutes=minutes))
    usual = {"state": VisitState.CONFIRMED, "kind": VisitKind.ONLINE, "doctor": DoctorFactory(meet_link=LINK)}
    return AppointmentFactory(starts_at=START, **(usual | values))


class TestJoinLink:
    @pytest.mark.parametrize(
        ("minutes", "state", "is_open"),
        [
            (-16, VisitState.CONFIRMED, False),
            (-15, VisitState.CONFIRMED, True),
            (29, VisitState.CONFIRMED, True),
            (30, VisitState.CONFIRMED, False),
            (-60, VisitState.IN_PROGRESS, True),
            (89, VisitState.IN_PROGRESS, True),
            (90, VisitState.IN_PROGRESS, False),
            (0, VisitState.PENDING, False),
            (0, VisitState.COMPLETED, False),
            (0, VisitState.CANCELLED, False),
        ],
    )
    def test_it_is_there_near_the_time(
        self,
        monkeypatch: pytest.MonkeyPatch,
        minutes: int,
        state: VisitState,
        is_open: bool,  # noqa: FBT001 (pytest passes it by name)
    ) -> None:
        visit = at(minutes, monkeypatch, state=state)

        assert video_calls.join_link(visit) == (LINK if is_open else None)

    def test_who_comes_in_person_joins_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert video_calls.join_link(at(0, monkeypatch, kind=VisitKind.IN_PERSON)) is None


class TestWillOpen:
    @pytest.mark.parametrize(
        ("minutes", "values", "is_to_come"),
        [
            (-16, {}, True),
            (-15, {}, False),
            (40, {}, False),
            (-60, {"state": VisitState.IN_PROGRESS}, False),
            (-60, {"state": VisitState.PENDING}, False),
            (-60, {"kind": VisitKind.IN_PERSON}, False),
        ],
    )
    def test_it_is_promised_before_its_time(
        self,
        monkeypatch: pytest.MonkeyPatch,
        minutes: int,
        values: dict[str, Any],
        is_to_come: bool,  # noqa: FBT001 (pytest passes it by name)
    ) -> None:
        assert video_calls.will_open(at(minutes, monkeypatch, **values)) is is_to_come
