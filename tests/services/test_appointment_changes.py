"""Moving, cancelling and running visits: who may, until when, and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.clock import day_bounds, local_today, now
from app.errors import Conflict, Forbidden, Invalid, NotFound, Outdated
from app.models import VisitKind, VisitState
from app.policy import Actor
from app.services import appointments, visit_states
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    DoctorFactory,
    PatientFactory,
)
from tests.services.visits import ADMIN, HALF_HOUR, STRANGER, TEN, actions, as_doctor, book, mails, side_of
from tests.support.databases import Database


@pytest.fixture(autouse=True)
def session(database: Database) -> Iterator[Session]:
    """One unit of work around each test, so that services see what it arranged; the first account is the admin's."""
    with database.unit_of_work() as opened:
        assert AccountFactory(is_admin=True).id == ADMIN.account_id
        yield opened


class TestMove:
    def test_it_takes_the_new_time_and_frees_the_old(self, session: Session) -> None:
        patient, doctor, next_patient = PatientFactory(), DoctorFactory(hours=True), PatientFactory()
        booked = book(side_of(patient), patient, doctor)

        moved = appointments.move(side_of(patient), booked.id, starts_at=TEN + HALF_HOUR)

        assert (moved.id, moved.starts_at, moved.ends_at) == (booked.id, TEN + HALF_HOUR, TEN + 2 * HALF_HOUR)
        assert book(side_of(next_patient), next_patient, doctor).starts_at == TEN
        assert actions(session, moved) == ["appointment.booked", "appointment.moved"]
        assert mails(session, moved) == ["booked", "moved"]

    def test_a_patients_move_waits_for_confirmation_again(self) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.CONFIRMED, patient_agreed=False)

        moved = appointments.move(side_of(visit.patient), visit.id, starts_at=TEN + HALF_HOUR)

        assert (moved.state, moved.patient_agreed) == (VisitState.PENDING, True)

    def test_a_staff_move_stays_confirmed(self) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.CONFIRMED)

        moved = appointments.move(as_doctor(visit.doctor), visit.id, starts_at=TEN + HALF_HOUR)

        assert moved.state is VisitState.CONFIRMED

    def test_it_may_overlap_its_own_old_time(self) -> None:
        visit = AppointmentFactory(starts_at=TEN)

        moved = appointments.move(side_of(visit.patient), visit.id, starts_at=TEN + timedelta(minutes=10))

        assert moved.starts_at == TEN + timedelta(minutes=10)

    def test_a_visit_that_was_changed_since_it_was_seen_stays(self) -> None:
        visit = AppointmentFactory(starts_at=TEN)
        seen = visit.version
        appointments.move(side_of(visit.patient), visit.id, starts_at=TEN + HALF_HOUR, version=seen)

        with pytest.raises(Outdated):
            appointments.move(side_of(visit.patient), visit.id, starts_at=TEN + 2 * HALF_HOUR, version=seen)

        assert visit.starts_at == TEN + HALF_HOUR

    def test_the_same_time_is_no_move(self, session: Session) -> None:
        visit = AppointmentFactory(starts_at=TEN)

        moved = appointments.move(side_of(visit.patient), visit.id, starts_at=TEN)

        assert (moved.version, moved.state) == (1, VisitState.CONFIRMED)
        assert actions(session, visit) == []

    def test_a_taken_time_changes_nothing(self, session: Session) -> None:
        doctor = DoctorFactory(hours=True)
        visit = AppointmentFactory(doctor=doctor, starts_at=TEN)
        AppointmentFactory(doctor=doctor, starts_at=TEN + HALF_HOUR)

        with pytest.raises(Conflict) as refusal:
            appointments.move(side_of(visit.patient), visit.id, starts_at=TEN + HALF_HOUR)

        assert TEN + 2 * HALF_HOUR in (refusal.value.alternatives or [])
        session.refresh(visit)
        assert (visit.starts_at, visit.version, visit.state) == (TEN, 1, VisitState.CONFIRMED)

    def test_the_patient_must_be_free(self, session: Session) -> None:
        visit = AppointmentFactory(starts_at=TEN)
        AppointmentFactory(patient=visit.patient, starts_at=TEN + HALF_HOUR)

        with pytest.raises(Conflict, match="patient already has"):
            appointments.move(side_of(visit.patient), visit.id, starts_at=TEN + HALF_HOUR)

        session.refresh(visit)
        assert visit.starts_at == TEN

    def test_it_refuses_the_past(self) -> None:
        visit = AppointmentFactory(starts_at=TEN)

        with pytest.raises(Invalid):
            appointments.move(as_doctor(visit.doctor), visit.id, starts_at=now() - timedelta(hours=1))

    def test_a_patients_side_moves_only_before_the_cutoff(self) -> None:
        visit = AppointmentFactory(starts_at=now() + timedelta(hours=1))

        with pytest.raises(Conflict, match="2 hours"):
            appointments.move(side_of(visit.patient), visit.id, starts_at=TEN)

        assert appointments.move(as_doctor(visit.doctor), visit.id, starts_at=TEN).starts_at == TEN

    @pytest.mark.parametrize(
        "state", [VisitState.IN_PROGRESS, VisitState.COMPLETED, VisitState.NO_SHOW, VisitState.CANCELLED]
    )
    def test_it_moves_open_visits_only(self, state: VisitState) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=state)

        for actor in (side_of(visit.patient), as_doctor(visit.doctor), ADMIN):
            with pytest.raises(Conflict):
                appointments.move(actor, visit.id, starts_at=TEN + HALF_HOUR)

    def test_a_doctor_who_left_gets_no_more_visits(self, session: Session) -> None:
        visit = AppointmentFactory(starts_at=TEN)
        visit.doctor.deleted_at = now()
        session.flush()

        with pytest.raises(Conflict):
            appointments.move(side_of(visit.patient), visit.id, starts_at=TEN + HALF_HOUR)


def _move(actor: Actor, key: int) -> object:
    return appointments.move(actor, key, starts_at=TEN + 4 * HALF_HOUR)


def _cancel(actor: Actor, key: int) -> object:
    return appointments.cancel(actor, key)


def _confirm(actor: Actor, key: int) -> object:
    return visit_states.set_state(actor, key, VisitState.CONFIRMED)


def _decline(actor: Actor, key: int) -> object:
    return visit_states.decline(actor, key, reason="Full")


def _describe(actor: Actor, key: int) -> object:
    return appointments.describe(actor, key, symptoms="Other")


def _remove(actor: Actor, key: int) -> object:
    appointments.remove(actor, key)
    return None


@pytest.mark.parametrize("act", [_move, _cancel, _confirm, _decline, _describe, _remove])
class TestEveryChange:
    def test_it_hides_other_peoples_visits(self, act: Any) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.PENDING)

        for actor in (STRANGER, side_of(PatientFactory()), as_doctor(DoctorFactory())):
            with pytest.raises(NotFound):
                act(actor, visit.id)

    def test_it_finds_nothing_under_a_wrong_key(self, act: Any) -> None:
        for key in (0, 987654, 2**63):
            with pytest.raises(NotFound):
                act(ADMIN, key)

    def test_a_removed_visit_is_gone(self, act: Any) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.CANCELLED, removed_at=now())

        for actor in (side_of(visit.patient), as_doctor(visit.doctor), ADMIN):
            with pytest.raises(NotFound):
                act(actor, visit.id)

    def test_its_doctor_and_an_admin_may(self, session: Session, act: Any) -> None:
        for actor in (None, ADMIN):
            visit = AppointmentFactory(starts_at=TEN, state=VisitState.PENDING)
            act(actor or as_doctor(visit.doctor), visit.id)
            assert len(set(actions(session, visit))) == len(actions(session, visit)) >= 1


class TestCancel:
    def test_it_frees_the_time_at_once(self, session: Session) -> None:
        visit = AppointmentFactory(starts_at=TEN)
        other = PatientFactory()

        cancelled = appointments.cancel(side_of(visit.patient), visit.id, reason=" Better now ")

        assert (cancelled.state, cancelled.cancel_reason) == (VisitState.CANCELLED, "Better now")
        assert cancelled.cancelled_at is not None
        assert book(side_of(other), other, visit.doctor).starts_at == TEN
        assert mails(session, visit) == ["cancelled"]

    def test_cancelling_twice_changes_nothing(self, session: Session) -> None:
        visit = AppointmentFactory(starts_at=TEN)

        for _ in range(2):
            appointments.cancel(side_of(visit.patient), visit.id)

        assert actions(session, visit) == ["appointment.cancelled"]
        assert mails(session, visit) == ["cancelled"]

    def test_a_patients_side_cancels_only_before_the_cutoff(self) -> None:
        visit = AppointmentFactory(starts_at=now() + timedelta(minutes=119))

        with pytest.raises(Conflict, match="2 hours"):
            appointments.cancel(side_of(visit.patient), visit.id)

        assert appointments.cancel(ADMIN, visit.id).state is VisitState.CANCELLED

    @pytest.mark.parametrize("state", [VisitState.IN_PROGRESS, VisitState.COMPLETED, VisitState.NO_SHOW])
    def test_what_has_begun_is_not_cancelled(self, state: VisitState) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=state)

        for actor in (side_of(visit.patient), as_doctor(visit.doctor), ADMIN):
            with pytest.raises(Conflict):
                appointments.cancel(actor, visit.id)


class TestSetState:
    def test_a_doctor_confirms_and_the_patient_is_told(self, session: Session) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.PENDING)

        visit_states.set_state(as_doctor(visit.doctor), visit.id, VisitState.CONFIRMED)

        assert visit.state is VisitState.CONFIRMED
        assert mails(session, visit) == ["confirmed"]

    def test_a_confirmation_after_a_move_is_told_again(self, session: Session) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.PENDING)
        doctor = as_doctor(visit.doctor)

        visit_states.set_state(doctor, visit.id, VisitState.CONFIRMED)
        appointments.move(side_of(visit.patient), visit.id, starts_at=TEN + HALF_HOUR)
        visit_states.set_state(doctor, visit.id, VisitState.CONFIRMED)

        assert mails(session, visit) == ["confirmed", "moved", "confirmed"]

    def test_its_own_state_changes_nothing(self, session: Session) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.CONFIRMED)

        visit_states.set_state(ADMIN, visit.id, VisitState.CONFIRMED)

        assert actions(session, visit) == []

    def test_the_patients_side_may_not(self) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.PENDING)

        for state in VisitState:
            with pytest.raises(Forbidden):
                visit_states.set_state(side_of(visit.patient), visit.id, state)

    def test_only_the_listed_steps_are_possible(self) -> None:
        start_of_day, _ = day_bounds(local_today())
        for state in set(VisitState) - {VisitState.HELD}:
            for wanted in VisitState:
                visit = AppointmentFactory(starts_at=start_of_day, state=state)
                if wanted is state or wanted in visit_states.NEXT.get(state, ()):
                    assert visit_states.set_state(ADMIN, visit.id, wanted).state is wanted
                else:
                    with pytest.raises(Conflict):
                        visit_states.set_state(ADMIN, visit.id, wanted)

    @pytest.mark.parametrize("state", [VisitState.IN_PROGRESS, VisitState.COMPLETED, VisitState.NO_SHOW])
    def test_nothing_happens_before_its_day(self, state: VisitState) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.CONFIRMED)

        with pytest.raises(Conflict, match="still to come"):
            visit_states.set_state(as_doctor(visit.doctor), visit.id, state)

        assert state not in visit_states.next_states(as_doctor(visit.doctor), visit)

    def test_a_patient_has_not_missed_what_has_yet_to_begin(self) -> None:
        visit = AppointmentFactory(starts_at=now() + timedelta(minutes=1), state=VisitState.CONFIRMED)

        with pytest.raises(Conflict, match="still to come"):
            visit_states.set_state(ADMIN, visit.id, VisitState.NO_SHOW)

    def test_a_request_whose_day_has_passed_is_not_confirmed(self) -> None:
        visit = AppointmentFactory(starts_at=now() - timedelta(days=1), state=VisitState.PENDING)

        with pytest.raises(Conflict, match="has passed"):
            visit_states.set_state(ADMIN, visit.id, VisitState.CONFIRMED)

        assert VisitState.CONFIRMED not in visit_states.next_states(ADMIN, visit)

    def test_a_missed_visit_gives_its_time_back(self) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.NO_SHOW)

        assert book(ADMIN, PatientFactory(), visit.doctor).starts_at == TEN

    def test_cancelling_by_state_is_a_cancellation(self, session: Session) -> None:
        visit = AppointmentFactory(starts_at=TEN)

        visit_states.set_state(ADMIN, visit.id, VisitState.CANCELLED, reason="Ward closed")

        assert (visit.state, visit.cancel_reason) == (VisitState.CANCELLED, "Ward closed")
        assert mails(session, visit) == ["cancelled"]


class TestNextStates:
    def test_it_offers_what_set_state_takes(self) -> None:
        visit = AppointmentFactory(starts_at=now() - timedelta(hours=1), state=VisitState.CONFIRMED)

        assert visit_states.next_states(ADMIN, visit) == visit_states.NEXT[VisitState.CONFIRMED]
        assert visit_states.next_states(as_doctor(visit.doctor), visit) == visit_states.NEXT[VisitState.CONFIRMED]

    def test_it_offers_the_patients_side_nothing(self) -> None:
        visit = AppointmentFactory(state=VisitState.PENDING)

        assert visit_states.next_states(side_of(visit.patient), visit) == frozenset()


class TestDecline:
    def test_it_cancels_a_request_with_its_reason(self, session: Session) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.PENDING)

        declined = visit_states.decline(as_doctor(visit.doctor), visit.id, reason="  Please see your GP first ")

        assert (declined.state, declined.cancel_reason) == (VisitState.CANCELLED, "Please see your GP first")
        assert mails(session, visit) == ["declined"]

    @pytest.mark.parametrize("reason", ["", "  ", "x" * (visit_states.LONGEST_REASON + 1)])
    def test_it_needs_a_reason_that_can_be_read(self, reason: str) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.PENDING)

        with pytest.raises(Invalid) as refusal:
            visit_states.decline(as_doctor(visit.doctor), visit.id, reason=reason)

        assert "reason" in refusal.value.errors

    def test_the_patients_side_may_not(self) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.PENDING)

        with pytest.raises(Forbidden):
            visit_states.decline(side_of(visit.patient), visit.id, reason="No")

    def test_a_confirmed_visit_is_not_declined(self) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.CONFIRMED)

        with pytest.raises(Conflict):
            visit_states.decline(as_doctor(visit.doctor), visit.id, reason="No")


class TestDescribe:
    def test_it_changes_the_symptoms_and_nothing_else(self, session: Session) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.CONFIRMED)

        changed = appointments.describe(side_of(visit.patient), visit.id, symptoms=" A rash ")

        assert (changed.symptoms, changed.kind) == ("A rash", VisitKind.IN_PERSON)
        assert (changed.starts_at, changed.state) == (TEN, VisitState.CONFIRMED)
        assert actions(session, visit) == ["appointment.described"]
        assert mails(session, visit) == []

    def test_another_way_to_meet_waits_for_the_doctor_again(self, session: Session) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.CONFIRMED)
        visit.doctor.meet_link = "https://meet.example/room"

        changed = appointments.describe(side_of(visit.patient), visit.id, kind=VisitKind.ONLINE)

        assert (changed.kind, changed.state) == (VisitKind.ONLINE, VisitState.PENDING)
        assert appointments.meet_link(changed) is None
        assert mails(session, visit) == ["changed"]
        visit_states.set_state(as_doctor(visit.doctor), visit.id, VisitState.CONFIRMED)
        assert appointments.meet_link(changed) == "https://meet.example/room"

    def test_the_doctor_decides_alone_how_they_meet(self, session: Session) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.CONFIRMED)

        changed = appointments.describe(as_doctor(visit.doctor), visit.id, kind=VisitKind.ONLINE)

        assert (changed.kind, changed.state) == (VisitKind.ONLINE, VisitState.CONFIRMED)
        assert mails(session, visit) == ["changed"]

    def test_the_same_again_changes_nothing_in_any_state(self, session: Session) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.COMPLETED)

        appointments.describe(side_of(visit.patient), visit.id, symptoms=visit.symptoms, kind=visit.kind)
        appointments.describe(side_of(visit.patient), visit.id)

        assert actions(session, visit) == []

    def test_what_is_over_stays_as_it_was(self) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=VisitState.COMPLETED)

        with pytest.raises(Conflict):
            appointments.describe(as_doctor(visit.doctor), visit.id, symptoms="Other")

    def test_a_patients_side_describes_only_before_the_cutoff(self) -> None:
        visit = AppointmentFactory(starts_at=now() + timedelta(hours=1))

        with pytest.raises(Conflict):
            appointments.describe(side_of(visit.patient), visit.id, symptoms="Other")

        assert appointments.describe(as_doctor(visit.doctor), visit.id, symptoms="Other").symptoms == "Other"

    def test_it_refuses_what_booking_refuses(self) -> None:
        visit = AppointmentFactory(starts_at=TEN, doctor=DoctorFactory(accepts_online=False))

        with pytest.raises(Invalid):
            appointments.describe(side_of(visit.patient), visit.id, kind=VisitKind.ONLINE)
        with pytest.raises(Invalid):
            appointments.describe(side_of(visit.patient), visit.id, symptoms="x" * (appointments.LONGEST_TEXT + 1))


class TestRemove:
    def test_it_cancels_and_hides(self, session: Session) -> None:
        visit = AppointmentFactory(starts_at=TEN)

        appointments.remove(side_of(visit.patient), visit.id)

        session.flush()
        assert visit.state is VisitState.CANCELLED
        assert visit.removed_at is not None
        assert actions(session, visit) == ["appointment.cancelled", "appointment.removed"]
        assert mails(session, visit) == ["cancelled"]

    def test_a_cancelled_visit_is_only_hidden(self, session: Session) -> None:
        visit = AppointmentFactory(starts_at=now() - timedelta(days=3), state=VisitState.CANCELLED)

        appointments.remove(side_of(visit.patient), visit.id)

        assert actions(session, visit) == ["appointment.removed"]

    @pytest.mark.parametrize("state", [VisitState.IN_PROGRESS, VisitState.COMPLETED, VisitState.NO_SHOW])
    def test_what_took_place_stays(self, state: VisitState) -> None:
        visit = AppointmentFactory(starts_at=TEN, state=state)

        for actor in (side_of(visit.patient), as_doctor(visit.doctor), ADMIN):
            with pytest.raises(Conflict):
                appointments.remove(actor, visit.id)


class TestIsChangeable:
    def test_it_shows_what_works(self) -> None:
        early = AppointmentFactory(starts_at=TEN)
        late = AppointmentFactory(starts_at=now() + timedelta(hours=1))
        over = AppointmentFactory(starts_at=TEN, state=VisitState.COMPLETED)

        for visit, patients_side, staff in ((early, True, True), (late, False, True), (over, False, False)):
            assert appointments.is_changeable(side_of(visit.patient), visit) is patients_side
            assert appointments.is_changeable(as_doctor(visit.doctor), visit) is staff
            assert appointments.is_changeable(ADMIN, visit) is staff
            assert not appointments.is_changeable(side_of(PatientFactory()), visit)
            assert not appointments.is_changeable(STRANGER, visit)
