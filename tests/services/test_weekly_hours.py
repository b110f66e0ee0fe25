"""A doctor's week: rows that fit each other, days that are copied, and no booked visit that is broken unseen."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from app.clock import local_today, now
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.models import Appointment, AuditEvent, Doctor, OfferState, VisitState, WaitingEntry, WaitingOffer, WeeklyHours
from app.services import availability, doctor_changes, waiting_offers, weekly_hours
from app.services.affected_visits import NOTHING_SEEN, Affected, Unseen
from app.services.timetable import Hours, WeekdayHours
from app.services.weekly_hours import Change, Fate
from tests.factories import (
    AppointmentFactory,
    DoctorFactory,
    TimeOffFactory,
    WaitingEntryFactory,
    WaitingOfferFactory,
    WeeklyHoursFactory,
)
from tests.services.visits import ADMIN, HALF_HOUR, TEN, as_doctor, mails
from tests.support.databases import Database

pytestmark = pytest.mark.both_databases

DAY = timedelta(days=1)
THAT_DAY = TEN.weekday()
SATURDAY = 5
NINE_TO_TEN = Hours(time(9), time(10), 30)


@pytest.fixture
def doctor(database: Database) -> Doctor:
    return DoctorFactory(hours=True)


def row_of(database: Database, doctor: Doctor, weekday: int = THAT_DAY) -> WeeklyHours:
    with database.unit_of_work() as session:
        query = select(WeeklyHours).where(WeeklyHours.doctor_id == doctor.id, WeeklyHours.weekday == weekday)
        return session.scalars(query).one()


def week(database: Database, doctor: Doctor) -> list[tuple[int, time, time, int]]:
    """Each row's day, start, end and slots."""
    with database.unit_of_work():
        days = weekly_hours.week(as_doctor(doctor), doctor.id)
        return [(day.number, row.starts, row.ends, row.slot_minutes) for day in days for row in day.rows]


def apply(
    database: Database, doctor: Doctor, change: Change, fate: Fate | None = None, seen: str | None = None
) -> Affected:
    with database.unit_of_work():
        return weekly_hours.apply(as_doctor(doctor), doctor.id, change, seen=seen, fate=fate)


def preview(database: Database, doctor: Doctor, change: Change) -> Affected:
    with database.unit_of_work():
        return weekly_hours.preview(as_doctor(doctor), doctor.id, change)


def on(weekday: int, hours: Hours = NINE_TO_TEN, first: date | None = None, last: date | None = None) -> Change:
    """Hours that are added."""
    return Change(new=(WeekdayHours(weekday, hours, first, last),))


def until_noon(row: WeeklyHours) -> Change:
    """A row that ends at the time of the visit at TEN from now on."""
    return Change(frozenset({row.id}), (WeekdayHours(row.weekday, NINE_TO_TEN),))


class TestRows:
    def test_hours_are_added_and_changed_and_can_be_booked_so(self, database: Database) -> None:
        doctor = DoctorFactory()
        apply(database, doctor, on(THAT_DAY))
        row = row_of(database, doctor)
        apply(database, doctor, Change(frozenset({row.id}), (WeekdayHours(THAT_DAY, Hours(time(9), time(12), 60)),)))

        assert week(database, doctor) == [(THAT_DAY, time(9), time(12), 60)]
        assert row_of(database, doctor).id == row.id
        with database.unit_of_work() as session:
            slot = availability.is_offered(doctor.id, TEN)
            assert slot is not None
            assert slot.ends_at - slot.starts_at == 2 * HALF_HOUR
            events = session.scalars(select(AuditEvent.object_type).where(AuditEvent.action == "hours.changed"))
            assert events.all() == ["doctor", "doctor"]

    def test_the_same_once_more_changes_nothing(self, database: Database, doctor: Doctor) -> None:
        saturday = on(SATURDAY)
        for change in (saturday, saturday, Change(gone=frozenset({row_of(database, doctor, 0).id})), saturday):
            apply(database, doctor, change)

        assert [number for number, *_ in week(database, doctor)] == [1, 2, 3, 4, SATURDAY]
        with database.unit_of_work() as session:
            assert len(session.scalars(select(AuditEvent.id).where(AuditEvent.action == "hours.changed")).all()) == 2

    @pytest.mark.parametrize(
        ("hours", "field"),
        [
            (Hours(time(12), time(9), 30), "ends"),
            (Hours(time(9), time(9), 30), "ends"),
            (Hours(time(9), time(12), 4), "slot_minutes"),
            (Hours(time(9), time(20), 481), "slot_minutes"),
            (Hours(time(9), time(9, 20), 30), "slot_minutes"),
        ],
    )
    def test_hours_that_cannot_be(self, database: Database, doctor: Doctor, hours: Hours, field: str) -> None:
        with pytest.raises(Invalid) as refusal:
            apply(database, doctor, on(SATURDAY, hours))
        assert list(refusal.value.errors) == [field]

    def test_days_that_cannot_be(self, database: Database, doctor: Doctor) -> None:
        today = local_today_of(database)
        for first, last in ((today + DAY, today), (None, today - DAY)):
            with pytest.raises(Invalid) as refusal:
                apply(database, doctor, on(SATURDAY, first=first, last=last))
            assert list(refusal.value.errors) == ["valid_to"]

    def test_hours_of_one_day_do_not_overlap(self, database: Database, doctor: Doctor) -> None:
        with pytest.raises(Conflict) as refusal:
            apply(database, doctor, on(0, Hours(time(16, 30), time(18), 30)))
        assert refusal.value.message.startswith("There are hours from 9am to 5pm on Mondays already.")
        assert list(refusal.value.errors) == ["starts"]

        apply(database, doctor, on(0, Hours(time(17), time(18), 30)))
        assert week(database, doctor)[1] == (0, time(17), time(18), 30)

    def test_hours_that_hold_at_different_times_do_not_overlap(self, database: Database) -> None:
        doctor, today = DoctorFactory(), local_today_of(database)
        WeeklyHoursFactory(doctor=doctor, weekday=SATURDAY, valid_to=today + 30 * DAY)

        apply(database, doctor, on(SATURDAY, first=today + 31 * DAY))
        with pytest.raises(Conflict):
            apply(database, doctor, on(SATURDAY, Hours(time(9), time(11), 20), first=today + 30 * DAY))

    def test_who_ends_all_hours_cannot_be_booked(self, database: Database) -> None:
        doctor = DoctorFactory()
        WeeklyHoursFactory(doctor=doctor, weekday=THAT_DAY)

        apply(database, doctor, Change(gone=frozenset({row_of(database, doctor).id})))

        assert week(database, doctor) == []
        with database.unit_of_work():
            assert availability.publishes_hours(doctor.id)
            assert availability.is_offered(doctor.id, TEN) is None
        apply(database, doctor, on(THAT_DAY))
        assert week(database, doctor) == [(THAT_DAY, time(9), time(10), 30)]


class TestWeek:
    def test_it_says_what_patients_can_book(self, database: Database) -> None:
        doctor, today = DoctorFactory(), local_today_of(database)
        WeeklyHoursFactory(doctor=doctor, weekday=0, ends=time(10, 45))
        WeeklyHoursFactory(doctor=doctor, weekday=1, valid_from=today + 20 * DAY)
        WeeklyHoursFactory(doctor=doctor, weekday=2, valid_to=today - DAY)

        with database.unit_of_work():
            monday, tuesday, wednesday, *_ = weekly_hours.week(as_doctor(doctor), doctor.id)
            assert [f"{slot.starts_at:%M}" for slot in monday.slots] == ["00", "30", "00"]
            assert not monday.is_later
            assert tuesday.is_later
            assert tuesday.on is not None
            assert tuesday.on >= today + 20 * DAY
            assert (wednesday.rows, wednesday.on) == ([], None)

    def test_it_is_the_doctors_own(self, database: Database, doctor: Doctor) -> None:
        another = DoctorFactory(hours=True)
        row = row_of(database, another)
        with database.unit_of_work(), pytest.raises(Forbidden):
            weekly_hours.week(as_doctor(doctor), another.id)
        for who in (as_doctor(doctor), ADMIN):
            with database.unit_of_work(), pytest.raises(NotFound):
                weekly_hours.get(who, doctor.id, row.id)

        apply(database, doctor, Change(gone=frozenset({row.id})))
        assert row_of(database, another).id == row.id

    def test_admins_may_change_it(self, database: Database, doctor: Doctor) -> None:
        with database.unit_of_work():
            weekly_hours.apply(ADMIN, doctor.id, on(SATURDAY))
        assert len(week(database, doctor)) == 6


class TestCopy:
    def test_days_get_these_hours_in_place_of_theirs(self, database: Database, doctor: Doctor) -> None:
        WeeklyHoursFactory(doctor=doctor, weekday=0, starts=time(18), ends=time(19), slot_minutes=15)
        with database.unit_of_work():
            days = weekly_hours.week(as_doctor(doctor), doctor.id)
            change = weekly_hours.copied(days, 0, [0, 1, SATURDAY])

        apply(database, doctor, change)

        mondays = [(starts, ends, slots) for number, starts, ends, slots in week(database, doctor) if number == 0]
        assert mondays == [(time(9), time(17), 30), (time(18), time(19), 15)]
        for weekday in (1, SATURDAY):
            assert [(*hours,) for number, *hours in week(database, doctor) if number == weekday] == mondays
        assert len(week(database, doctor)) == 3 * 2 + 3

    def test_it_needs_another_day(self, database: Database, doctor: Doctor) -> None:
        with database.unit_of_work(), pytest.raises(Invalid) as refusal:
            weekly_hours.copied(weekly_hours.week(as_doctor(doctor), doctor.id), 0, [0])
        assert list(refusal.value.errors) == ["days"]


class TestAffectedVisits:
    def test_they_are_those_that_lose_their_hours(self, database: Database, doctor: Doctor) -> None:
        lost = AppointmentFactory(doctor=doctor, starts_at=TEN + HALF_HOUR, state=VisitState.PENDING)
        reaching_over = AppointmentFactory(doctor=doctor, starts_at=TEN - HALF_HOUR / 2)
        AppointmentFactory(doctor=doctor, starts_at=TEN - 2 * HALF_HOUR)
        AppointmentFactory(doctor=doctor, starts_at=TEN + DAY)
        AppointmentFactory(doctor=doctor, starts_at=TEN - 7 * DAY * 4, state=VisitState.COMPLETED)
        outside_already = AppointmentFactory(doctor=doctor, starts_at=TEN.replace(hour=20))

        found = preview(database, doctor, until_noon(row_of(database, doctor)))

        assert [visit.id for visit in found.visits] == [reaching_over.id, lost.id]
        assert outside_already.id not in [visit.id for visit in found.visits]

    def test_other_slots_in_the_same_hours_break_nothing(self, database: Database, doctor: Doctor) -> None:
        AppointmentFactory(doctor=doctor, starts_at=TEN)
        row = row_of(database, doctor)
        halves = (Hours(time(9), time(10, 15), 20), Hours(time(10, 15), time(17), 20))
        change = Change(frozenset({row.id}), tuple(WeekdayHours(THAT_DAY, hours) for hours in halves))

        assert preview(database, doctor, change).visits == []
        apply(database, doctor, change)
        assert len(week(database, doctor)) == 6

    def test_hours_published_for_the_first_time_leave_out_what_was_booked_before(self, database: Database) -> None:
        doctor = DoctorFactory()
        visit = AppointmentFactory(doctor=doctor, starts_at=TEN)

        found = preview(database, doctor, on(THAT_DAY))

        assert [one.id for one in found.visits] == [visit.id]

    def test_nothing_is_saved_before_they_were_seen_and_decided(self, database: Database, doctor: Doctor) -> None:
        AppointmentFactory(doctor=doctor, starts_at=TEN)
        change, before = until_noon(row_of(database, doctor)), week(database, doctor)
        seen = preview(database, doctor, change).seal

        with pytest.raises(Unseen):
            apply(database, doctor, change)
        with pytest.raises(Invalid) as refusal:
            apply(database, doctor, change, seen=seen)
        assert list(refusal.value.errors) == ["fate"]
        AppointmentFactory(doctor=doctor, starts_at=TEN + HALF_HOUR)
        with pytest.raises(Unseen):
            apply(database, doctor, change, Fate.CANCEL, seen)

        assert week(database, doctor) == before

    @pytest.mark.parametrize(
        ("fate", "state"), [(Fate.KEEP, VisitState.CONFIRMED), (Fate.CANCEL, VisitState.CANCELLED)]
    )
    def test_they_are_kept_or_cancelled(
        self, database: Database, doctor: Doctor, fate: Fate, state: VisitState
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=TEN)
        change = until_noon(row_of(database, doctor))

        apply(database, doctor, change, fate, preview(database, doctor, change).seal)

        with database.unit_of_work() as session:
            read = session.get_one(Appointment, visit.id)
            assert read.state is state
            is_cancelled = fate is Fate.CANCEL
            assert read.cancel_reason == (weekly_hours.NO_LONGER if is_cancelled else "")
            assert mails(session, visit) == (["cancelled"] if is_cancelled else [])
        assert preview(database, doctor, on(SATURDAY)).visits == []


class TestOffers:
    def test_what_is_offered_outside_the_new_hours_is_withdrawn(self, database: Database, doctor: Doctor) -> None:
        lost = WaitingOfferFactory(entry=WaitingEntryFactory(doctor=doctor), held__starts_at=TEN)
        kept = WaitingOfferFactory(entry=WaitingEntryFactory(doctor=doctor), held__starts_at=TEN - HALF_HOUR)
        change = until_noon(row_of(database, doctor))
        assert [held.id for held in preview(database, doctor, change).held] == [lost.held_id]
        with pytest.raises(Unseen):
            apply(database, doctor, change)

        apply(database, doctor, change, seen=NOTHING_SEEN)

        assert states(database, lost, kept) == [OfferState.WITHDRAWN, OfferState.OPEN]

    def test_hours_that_a_program_writes_do_so_too(self, database: Database, doctor: Doctor) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=TEN + HALF_HOUR)
        lost = WaitingOfferFactory(entry=WaitingEntryFactory(doctor=doctor), held__starts_at=TEN)

        with database.unit_of_work():
            doctor_changes.change(as_doctor(doctor), doctor.id, available_from=time(14), available_to=time(16))
        with database.unit_of_work():
            waiting_offers.settle(doctor.id)

        assert states(database, lost)[0] is OfferState.WITHDRAWN
        with database.unit_of_work() as session:
            assert session.get_one(Appointment, visit.id).state is VisitState.CONFIRMED

    def test_the_whole_hospitals_closure_does_so_too(self, database: Database, doctor: Doctor) -> None:
        lost = WaitingOfferFactory(entry=WaitingEntryFactory(doctor=doctor, due_at=now() + DAY), held__starts_at=TEN)
        TimeOffFactory(starts_at=TEN - HALF_HOUR)

        with database.unit_of_work():
            waiting_offers.settle(doctor.id)

        assert states(database, lost) == [OfferState.WITHDRAWN]
        with database.unit_of_work() as session:
            assert session.get_one(WaitingEntry, lost.entry_id).ended_at is None

    def test_without_hours_only_time_off_withdraws(self, database: Database) -> None:
        doctor = DoctorFactory()
        offers = [
            WaitingOfferFactory(entry=WaitingEntryFactory(doctor=doctor), held__starts_at=TEN + days * DAY)
            for days in range(2)
        ]
        TimeOffFactory(doctor_id=doctor.id, starts_at=TEN, ends_at=TEN + HALF_HOUR)

        with database.unit_of_work():
            waiting_offers.settle(doctor.id)

        assert states(database, *offers) == [OfferState.WITHDRAWN, OfferState.OPEN]


def states(database: Database, *offers: WaitingOffer) -> list[OfferState]:
    with database.unit_of_work() as session:
        return [session.get_one(WaitingOffer, offer.id).state for offer in offers]


def local_today_of(database: Database) -> date:
    with database.unit_of_work():
        return local_today()
