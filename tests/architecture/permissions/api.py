"""Rows of the JSON face."""

from __future__ import annotations

from typing import Any

from tests.architecture.permissions import Row, row, same
from tests.factories import coming_weekday


def booking(scene: Any) -> dict[str, object]:
    """A free time of the scene's doctor, for the scene's patient."""
    return {
        "doctor": scene.doctor.id,
        "patient": scene.patient.id,
        "appointment_time": coming_weekday(days=9, hour=11).isoformat(),
    }


def about_patient(scene: Any) -> dict[str, object]:
    """A record of the scene's patient."""
    return {"patient": scene.patient.id, "notes": "Seen today"}


def note(_scene: Any) -> dict[str, object]:
    """A change of a record."""
    return {"notes": "Better now"}


def named(_scene: Any) -> dict[str, object]:
    """A name that nothing has yet."""
    return {"name": "Another"}


def eight(_scene: Any) -> dict[str, object]:
    """A time that the catalogue lacks."""
    return {"time": "8 am"}


def message(_scene: Any) -> dict[str, object]:
    """A visitor's question."""
    return {"name": "Ruth Baker", "phone": "020 7946 0018", "massage": "When are visiting hours?"}


_UNUSED = {"department_id": "unused_department"}


def newcomer(_scene: Any) -> dict[str, object]:
    """Somebody whom an admin registers."""
    return {"username": "newcomer", "email": "newcomer@example.org"}


def spelled(paths: tuple[str, ...], rows: dict[str, Row]) -> dict[str, Row]:
    """The same rows for each spelling of a path, which stands for `{}`."""
    return {name.format(path): asked for path in paths for name, asked in rows.items()}


def nominee(_scene: Any) -> dict[str, object]:
    """Somebody who has no account yet."""
    return {"username": "new.doctor", "email": "new.doctor@example.org", "password": "correct horse battery staple"}


_WITH_VISITS = {"cancel_appointments": "true"}
_WAITING_DOCTOR = {"doctor_id": "pending_doctor"}

ROWS: dict[str, Row] = {
    # Anyone may register, sign in, refresh and sign out: 400 and 401 speak of the empty body.
    "POST /register": same(400),
    "POST /api/user/register": same(400),
    "POST /auth/register": same(400),
    "POST /api/register": same(400),
    "POST /registrations": same(400),
    "POST /login": same(400),
    "POST /api/user/login": same(400),
    "POST /auth/login": same(400),
    "POST /api/token": same(400),
    "POST /api/user/token/refresh": same(400),
    "POST /api/token/refresh": same(400),
    "POST /logout": row(401, 200, 200, 200, 200, 200, 200),
    "POST /api/user/logout": row(401, 200, 200, 200, 200, 200, 200),
    "POST /auth/logout": row(401, 200, 200, 200, 200, 200, 200),
    # One's own profile, for admins all; who is no admin has one already (409); the last admin stays (409).
    "GET /api/user/profiles": row(401, 200, 200, 200, 200, 200, 200),
    "POST /api/user/profiles": row(401, 409, 409, 409, 409, 409, 201, send=newcomer),
    "GET /api/user/profiles/me": row(401, 200, 200, 200, 200, 200, 200),
    "PUT /api/user/profiles/me": row(401, 200, 200, 200, 200, 200, 200),
    "PATCH /api/user/profiles/me": row(401, 200, 200, 200, 200, 200, 200),
    # 409: a doctor with visits to come, and the last admin.
    "DELETE /api/user/profiles/me": row(401, 204, 204, 409, 204, 204, 409),
    "GET /api/user/profiles/<int:profile_id>": row(401, 200, 404, 404, 404, 404, 200),
    "PUT /api/user/profiles/<int:profile_id>": row(401, 200, 404, 404, 404, 404, 200),
    "PATCH /api/user/profiles/<int:profile_id>": row(401, 200, 404, 404, 404, 404, 200),
    "DELETE /api/user/profiles/<int:profile_id>": row(401, 204, 404, 404, 404, 404, 204),
    # Doctors see every patient, and change those whom they treat.
    **spelled(
        ("/patients", "/api/patients"),
        {
            "GET {}": row(401, 200, 200, 200, 200, 200, 200),
            "POST {}": row(401, 201, 201, 201, 201, 201, 201),
            "GET {}/<int:patient_id>": row(401, 200, 404, 200, 200, 404, 200),
            "PUT {}/<int:patient_id>": row(401, 200, 404, 200, 403, 404, 200),
            "PATCH {}/<int:patient_id>": row(401, 200, 404, 200, 403, 404, 200),
            "DELETE {}/<int:patient_id>": row(401, 204, 404, 204, 403, 404, 204),
        },
    ),
    # Everyone signed in finds and reads approved doctors.
    "GET /doctors": row(401, 200, 200, 200, 200, 200, 200),
    "GET /api/doctors": row(401, 200, 200, 200, 200, 200, 200),
    "GET /doctors/<int:doctor_id>": row(401, 200, 200, 200, 200, 200, 200),
    "GET /api/doctors/<int:doctor_id>": row(401, 200, 200, 200, 200, 200, 200),
    # Doctors and admins propose others, everyone applies once; an admin's application lacks a name (400). What waits
    # is hidden from all but the applicant and admins.
    "POST /doctors": row(401, 403, 403, 201, 201, 403, 201, send=nominee),
    "POST /api/doctors": row(401, 201, 201, 409, 409, 409, 400),
    "PUT /doctors/<int:doctor_id>": row(401, 403, 403, 200, 403, 403, 200),
    "PATCH /doctors/<int:doctor_id>": row(401, 403, 403, 200, 403, 403, 200),
    "DELETE /doctors/<int:doctor_id>": row(401, 403, 403, 204, 403, 403, 204, query=lambda _scene: _WITH_VISITS),
    "PUT /api/doctors/<int:doctor_id>": row(401, 404, 404, 404, 404, 200, 200, values=_WAITING_DOCTOR),
    "PATCH /api/doctors/<int:doctor_id>": row(401, 404, 404, 404, 404, 200, 200, values=_WAITING_DOCTOR),
    "DELETE /api/doctors/<int:doctor_id>": row(401, 404, 404, 404, 404, 204, 204, values=_WAITING_DOCTOR),
    # Another's patient is as unknown as none (400); a doctor sees patients whom only treating ones may book for (403).
    "GET /appointments": row(401, 200, 200, 200, 200, 200, 200),
    "POST /appointments": row(401, 201, 400, 201, 403, 400, 201, send=booking),
    "POST /book-appointment": row(401, 201, 400, 201, 403, 400, 201, send=booking),
    "GET /appointments/<int:appointment_id>": row(401, 200, 404, 200, 404, 404, 200),
    "PUT /appointments/<int:appointment_id>": row(401, 200, 404, 200, 404, 404, 200),
    "PATCH /appointments/<int:appointment_id>": row(401, 200, 404, 200, 404, 404, 200),
    "DELETE /appointments/<int:appointment_id>": row(401, 204, 404, 204, 404, 404, 204),
    # Anyone reads reviews. A doctor or an admin without a patient of their own must say for whom they write (400).
    "GET /reviews": same(200),
    "POST /reviews": row(
        401, 409, 201, 400, 400, 400, 400, send=lambda scene: {"doctor": scene.doctor.id, "rating": 5}
    ),
    "GET /reviews/<int:review_id>": same(200),
    "PUT /reviews/<int:review_id>": row(401, 200, 403, 403, 403, 403, 403),
    "PATCH /reviews/<int:review_id>": row(401, 200, 403, 403, 403, 403, 403),
    "DELETE /reviews/<int:review_id>": row(401, 204, 403, 403, 403, 403, 204),
    # Who works in a department, doctors and admins see; who is treated there, its own doctors and admins.
    "GET /departments/<int:department_id>/doctors": row(401, 403, 403, 200, 200, 403, 200),
    "GET /api/department/<int:department_id>/doctors": row(401, 403, 403, 200, 200, 403, 200),
    "GET /departments/<int:department_id>/patients": row(401, 403, 403, 200, 403, 403, 200),
    "GET /api/department/<int:department_id>/patients": row(401, 403, 403, 200, 403, 403, 200),
    # Staff list records, the patient's side reads its own; only doctors who may read one change it.
    "GET /patient_records": row(401, 403, 403, 200, 200, 403, 200),
    "GET /api/patient_records": row(401, 403, 403, 200, 200, 403, 200),
    "GET /medical-records": row(401, 200, 200, 200, 200, 200, 200),
    "POST /patient_records": row(401, 403, 403, 201, 201, 403, 403, send=about_patient),
    "POST /api/patient_records": row(401, 403, 403, 201, 201, 403, 403, send=about_patient),
    "POST /medical-records": row(401, 403, 403, 201, 201, 403, 403, send=about_patient),
    "GET /patient_records/<int:record_id>": row(401, 200, 404, 200, 404, 404, 200),
    "GET /api/patient_records/<int:record_id>": row(401, 200, 404, 200, 404, 404, 200),
    "GET /medical-records/<int:record_id>": row(401, 200, 404, 200, 404, 404, 200),
    "PUT /patient_records/<int:record_id>": row(401, 403, 403, 200, 404, 403, 403, send=note),
    "PUT /api/patient_records/<int:record_id>": row(401, 403, 403, 200, 404, 403, 403, send=note),
    "PUT /medical-records/<int:record_id>": row(401, 403, 403, 200, 404, 403, 403, send=note),
    "PATCH /patient_records/<int:record_id>": row(401, 403, 403, 200, 404, 403, 403, send=note),
    "PATCH /api/patient_records/<int:record_id>": row(401, 403, 403, 200, 404, 403, 403, send=note),
    "PATCH /medical-records/<int:record_id>": row(401, 403, 403, 200, 404, 403, 403, send=note),
    "DELETE /patient_records/<int:record_id>": row(401, 403, 403, 204, 404, 403, 403),
    "DELETE /api/patient_records/<int:record_id>": row(401, 403, 403, 204, 404, 403, 403),
    "DELETE /medical-records/<int:record_id>": row(401, 403, 403, 204, 404, 403, 403),
    # The patient's side and admins say who treats; the doctor who does sees it.
    "GET /api/mappings": row(401, 200, 200, 200, 200, 200, 200),
    "POST /api/mappings": row(
        401, 409, 400, 403, 403, 400, 409, send=lambda scene: {"patient": scene.patient.id, "doctor": scene.doctor.id}
    ),
    "GET /api/mappings/<int:mapping_id>": row(401, 200, 404, 200, 404, 404, 200),
    "DELETE /api/mappings/<int:mapping_id>": row(401, 204, 404, 403, 404, 404, 204),
    # Anyone reads what doctors are described by and what the hospital offers; admins write it.
    "GET /designations": same(200),
    "POST /designations": row(401, 403, 403, 403, 403, 403, 201, send=named),
    "GET /designations/<int:designation_id>": same(200),
    "PUT /designations/<int:designation_id>": row(401, 403, 403, 403, 403, 403, 200, send=named),
    "PATCH /designations/<int:designation_id>": row(401, 403, 403, 403, 403, 403, 200, send=named),
    "DELETE /designations/<int:designation_id>": row(401, 403, 403, 403, 403, 403, 204),
    "GET /specialisations": same(200),
    "POST /specialisations": row(401, 403, 403, 403, 403, 403, 201, send=named),
    "GET /specialisations/<int:specialisation_id>": same(200),
    "PUT /specialisations/<int:specialisation_id>": row(401, 403, 403, 403, 403, 403, 200, send=named),
    "PATCH /specialisations/<int:specialisation_id>": row(401, 403, 403, 403, 403, 403, 200, send=named),
    "DELETE /specialisations/<int:specialisation_id>": row(401, 403, 403, 403, 403, 403, 204),
    "GET /available-time": same(200),
    "POST /available-time": row(401, 403, 403, 403, 403, 403, 201, send=eight),
    "GET /available-time/<int:available_time_id>": same(200),
    "PUT /available-time/<int:available_time_id>": row(401, 403, 403, 403, 403, 403, 200, send=eight),
    "PATCH /available-time/<int:available_time_id>": row(401, 403, 403, 403, 403, 403, 200, send=eight),
    "DELETE /available-time/<int:available_time_id>": row(401, 403, 403, 403, 403, 403, 204),
    "GET /services": same(200),
    "POST /services": row(401, 403, 403, 403, 403, 403, 201, send=named),
    "GET /services/<int:service_id>": same(200),
    "PUT /services/<int:service_id>": row(401, 403, 403, 403, 403, 403, 200, send=named),
    "PATCH /services/<int:service_id>": row(401, 403, 403, 403, 403, 403, 200, send=named),
    "DELETE /services/<int:service_id>": row(401, 403, 403, 403, 403, 403, 204),
    # Departments are read by whoever is signed in; doctors add one, too. One that is in use stays.
    "GET /departments": row(401, 200, 200, 200, 200, 200, 200),
    "POST /departments": row(401, 403, 403, 201, 201, 403, 201, send=named),
    "GET /departments/<int:department_id>": row(401, 200, 200, 200, 200, 200, 200),
    "PUT /departments/<int:department_id>": row(401, 403, 403, 403, 403, 403, 200, send=named),
    "PATCH /departments/<int:department_id>": row(401, 403, 403, 403, 403, 403, 200, send=named),
    "DELETE /departments/<int:department_id>": row(401, 403, 403, 403, 403, 403, 409),
    "GET /api/department": row(401, 200, 200, 200, 200, 200, 200),
    "POST /api/department": row(401, 403, 403, 201, 201, 403, 201, send=named),
    "GET /api/department/<int:department_id>": row(401, 200, 200, 200, 200, 200, 200),
    "PUT /api/department/<int:department_id>": row(401, 403, 403, 403, 403, 403, 200, send=named),
    "PATCH /api/department/<int:department_id>": row(401, 403, 403, 403, 403, 403, 200, send=named),
    "DELETE /api/department/<int:department_id>": row(401, 403, 403, 403, 403, 403, 204, values=_UNUSED),
    # Anyone writes to the hospital; admins read it.
    "GET /contacts": row(401, 403, 403, 403, 403, 403, 200),
    "POST /contacts": same(201, send=message),
    "GET /contacts/<int:contact_id>": row(401, 403, 403, 403, 403, 403, 200),
    "PUT /contacts/<int:contact_id>": row(401, 403, 403, 403, 403, 403, 200),
    "PATCH /contacts/<int:contact_id>": row(401, 403, 403, 403, 403, 403, 200),
    "DELETE /contacts/<int:contact_id>": row(401, 403, 403, 403, 403, 403, 204),
    "GET /openapi.json": same(200),
    "GET /docs": same(200),
}
