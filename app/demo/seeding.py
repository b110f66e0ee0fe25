"""The order in which the demo hospital comes to be."""

from __future__ import annotations

from datetime import datetime

from app.demo import doctors, hospital, patients, records, timetable, uploads, visits
from app.demo.diary import Diary
from app.demo.people import People, open_accounts, portray
from app.demo.rows import chance
from app.services import passwords

_PATIENTS_WITH_PICTURE = 15


def fill(moment: datetime, password: str) -> None:
    """Write the whole demo hospital as it is at that moment; every account has the password."""
    house = hospital.found(moment)
    people = People(moment)
    admin = people.named("Helen", "Marsh", feminine=True, ages=(51, 51), days_here=(3700, 3700), username="admin")
    admin.is_admin = True
    hired, applicants = doctors.hire(people), doctors.apply(people)
    staff = [admin, *(doctor.person for doctor in (*hired, *applicants) if doctor.has_account)]
    neighbours = patients.neighbours(people, staff_accounts=len(staff))
    portray([doctor.person for doctor in (*hired, *applicants)], moment, doctors=True)
    pictured = chance("pictures").sample(neighbours[1:], _PATIENTS_WITH_PICTURE)
    portray([neighbours[0], *pictured], moment, doctors=False)
    open_accounts([*staff, *neighbours], passwords.hashed(password))
    doctors.admit([*hired, *applicants], house=house, admin=admin, moment=moment)
    enrolments = patients.enrol(people, neighbours=neighbours, staff=staff, doctors=hired, moment=moment)
    panels = patients.choose_doctors(enrolments, hired, moment)
    demo_doctor = next(doctor for doctor in hired if doctor.is_demo_doctor)
    patients.form_care_teams(enrolments, panels, demo_doctor.doctor_id, moment)
    timetables = timetable.publish(hired, admin=admin, moment=moment)
    diary = Diary(timetables, times=house.times, admin_id=admin.account_id, moment=moment)
    visits.arrange(diary, hired, enrolments, panels)
    records.write_records(diary.visits, enrolments, house, moment)
    records.write_reviews(diary.visits, moment)
    on_call = next(d for d in hired if d.department.name == "General medicine" and d.has_account and d != demo_doctor)
    records.write_emergency(enrolments[0], on_call, moment)
    uploads.bring(admin.account_id)
