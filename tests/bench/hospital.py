"""The hospital that is measured: 200 doctors, 1,200 patients, 20,000 visits, 5,000 reviews; alike each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random

import flask_migrate
from sqlalchemy import insert

from app import create_app, models, unit_of_work
from app.clock import from_local, local_today, now
from app.demo import hospital
from app.demo.rows import write
from app.extensions import db
from app.models import Approval, VisitKind, VisitState
from app.services import passwords
from config import Settings

DOCTORS, PATIENTS, VISITS, REVIEWS = 200, 1200, 20_000, 5000
BOOKERS = 8
PASSWORD = "bench-portal-2026"
PAST_DAYS, COMING_DAYS = 160, 80
PAST_SHARE = 0.8
SLOT = timedelta(minutes=30)
SLOTS_A_STRETCH = 7
MORNING, AFTERNOON = (time(9), time(12, 30)), (time(13, 30), time(17))
WEEKS: tuple[tuple[int, tuple[tuple[time, time], ...]], ...] = (
    (30, (MORNING, AFTERNOON)),
    (20, ((time(8), time(11)), AFTERNOON)),
    (45, (MORNING,)),
    (15, ((time(14), time(19, 30)),)),
)
"""Hours of every working day, and how long a slot is; those who are booked while it is measured keep the first."""
WEEKDAYS = range(5)
SYMPTOMS = ("", "Headaches for two weeks, worse in the morning", "Follow-up of the last visit", "Repeat prescription")
OPINIONS = (
    "",
    "Took time to listen and explained everything.",
    "Kind, but I had to wait for half an hour.",
    "Very good",
)
PAST_STATES = (*[VisitState.COMPLETED] * 7, VisitState.NO_SHOW, VisitState.CANCELLED, VisitState.CANCELLED)
COMING_STATES = (*[VisitState.CONFIRMED] * 7, VisitState.PENDING, VisitState.PENDING, VisitState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Hospital:
    """What the measurement asks for: sign-in names, keys, and coming times (aware, UTC) at which doctors are free."""

    patients: list[str]
    patient_ids: list[int]
    doctor: str
    doctor_id: int
    bookable_ids: list[int]
    free_times: list[datetime]


@dataclass(frozen=True, slots=True)
class _Visit:
    doctor_id: int
    patient_id: int
    starts_at: datetime
    state: VisitState


def build(settings: Settings) -> Hospital:
    """Migrate an empty database and fill it."""
    app = create_app(settings)
    with app.app_context():
        flask_migrate.upgrade()
        with unit_of_work.transaction():
            built = _fill(Random("bench"), now())
        db.session.remove()
        db.engine.dispose()  # the last connection puts everything into the one file
    return built


def _fill(random: Random, moment: datetime) -> Hospital:
    names = [f"doctor{number}" for number in range(DOCTORS)] + [f"patient{number}" for number in range(PATIENTS)]
    accounts = _open_accounts(names, moment)
    doctors = _hire(accounts[:DOCTORS], random, moment)
    patients = write(
        models.Patient,
        (
            {"manager_id": account, "is_own": True, "name": f"Patient{number} Ashworth", "created_at": moment}
            for number, account in enumerate(accounts[DOCTORS:])
        ),
    )
    visits = _arrange(doctors, patients, random)
    _review(visits, random)
    # Coming visits are in the afternoon: in the morning everybody is free.
    mornings = [at for day in _days(1, COMING_DAYS) for at in _slots(day, MORNING)]
    bookers = names[DOCTORS:][:BOOKERS]
    return Hospital(bookers, patients[:BOOKERS], names[0], doctors[0], doctors[:: len(WEEKS)], mornings)


def _open_accounts(names: Sequence[str], moment: datetime) -> list[int]:
    password_hash = passwords.hashed(PASSWORD)
    return write(
        models.Account,
        (
            {
                "username": name,
                "username_key": name,
                "email": f"{name}@example.org",
                "email_key": f"{name}@example.org",
                "password_hash": password_hash,
                "first_name": name.capitalize(),
                "last_name": "Ashworth",
                "created_at": moment,
            }
            for name in names
        ),
    )


def _hire(accounts: Sequence[int], random: Random, moment: datetime) -> list[int]:
    """Doctors with all that the list shows of them: picture, department, vocabularies, and five days of hours."""
    house = hospital.found(moment)
    departments, designations = list(house.departments.values()), list(house.designations.values())
    pictures = write(
        models.Picture, [{"content_type": "image/webp", "content": b"picture", "created_at": moment}] * DOCTORS
    )
    doctors = write(
        models.Doctor,
        (
            {
                "account_id": account,
                "name": f"Dr Number{number} Ashworth",
                "department_id": random.choice(departments),
                "fee": random.randrange(40, 160, 5),
                "meet_link": f"https://meet.example.org/{number}",
                "picture_id": picture,
                "approval": Approval.APPROVED,
                "created_at": moment,
            }
            for number, (account, picture) in enumerate(zip(accounts, pictures, strict=True))
        ),
    )
    specialisations = list(house.specialisations.items())
    for link, column, stock in (
        (models.doctor_designation, "designation_id", designations),
        (models.doctor_specialisation, "specialisation_id", [key for _, key in specialisations]),
    ):
        rows = [{"doctor_id": doctor, column: key} for doctor in doctors for key in random.sample(stock, 2)]
        db.session.execute(insert(link), rows)
    hours = [
        {"doctor_id": doctor, "weekday": weekday, "starts": starts, "ends": ends, "slot_minutes": slot_minutes}
        for number, doctor in enumerate(doctors)
        for slot_minutes, stretches in [WEEKS[number % len(WEEKS)]]
        for weekday in WEEKDAYS
        for starts, ends in stretches
    ]
    db.session.execute(insert(models.WeeklyHours), hours)
    return doctors


def _arrange(doctors: Sequence[int], patients: Sequence[int], random: Random) -> list[_Visit]:
    """As many visits for each doctor; no patient has two at the same time."""
    past = [at for day in _days(-PAST_DAYS, -1) for stretch in (MORNING, AFTERNOON) for at in _slots(day, stretch)]
    coming = [at for day in _days(1, COMING_DAYS) for at in _slots(day, AFTERNOON)]
    each = VISITS // DOCTORS
    before = int(each * PAST_SHARE)
    step = PATIENTS // DOCTORS
    visits = [
        _Visit(doctor, patients[(37 * slot + step * number) % PATIENTS], times[slot], random.choice(states))
        for number, doctor in enumerate(doctors)
        for times, count, states in ((past, before, PAST_STATES), (coming, each - before, COMING_STATES))
        for slot in sorted(random.sample(range(len(times)), count))
    ]
    write(
        models.Appointment,
        (
            {
                "patient_id": visit.patient_id,
                "doctor_id": visit.doctor_id,
                "starts_at": visit.starts_at,
                "ends_at": visit.starts_at + SLOT,
                "state": visit.state,
                "kind": random.choice(tuple(VisitKind)),
                "symptoms": random.choice(SYMPTOMS),
                "patient_agreed": True,
                "created_at": visit.starts_at - timedelta(days=14),
                "updated_at": visit.starts_at - timedelta(days=14),
            }
            for visit in visits
        ),
    )
    return visits


def _review(visits: Sequence[_Visit], random: Random) -> None:
    """As many reviews of each doctor, by patients who had a visit: not all of them came."""
    left: dict[int, dict[int, _Visit]] = {}
    for visit in visits:
        of_doctor = left.setdefault(visit.doctor_id, {})
        if visit.starts_at < now() and len(of_doctor) < REVIEWS // DOCTORS:
            of_doctor.setdefault(visit.patient_id, visit)
    write(
        models.Review,
        (
            {
                "patient_id": visit.patient_id,
                "doctor_id": visit.doctor_id,
                "rating": random.choice((3, 4, 4, 5, 5, 5)),
                "body": random.choice(OPINIONS),
                "created_at": visit.starts_at + timedelta(days=1),
                "updated_at": visit.starts_at + timedelta(days=1),
            }
            for of_doctor in left.values()
            for visit in of_doctor.values()
        ),
    )


def _days(first: int, last: int) -> list[datetime]:
    """The working days from `first` to `last` days after today, as local midnights."""
    days = (local_today() + timedelta(days=number) for number in range(first, last + 1))
    return [datetime.combine(day, time.min) for day in days if day.weekday() in WEEKDAYS]


def _slots(day: datetime, stretch: tuple[time, time]) -> list[datetime]:
    """The starts (aware, UTC) of the slots of half a day."""
    opening = datetime.combine(day, stretch[0])
    return [from_local(opening + number * SLOT).astimezone(UTC) for number in range(SLOTS_A_STRETCH)]
