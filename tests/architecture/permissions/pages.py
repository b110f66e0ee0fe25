"""Rows of the HTML face."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any
from uuid import uuid4

from tests.architecture.permissions import SIGN_IN, Row, row, same
from tests.factories import coming_weekday
from tests.support.clients import PASSWORD


def _at(scene: Any) -> dict[str, Any]:
    return {"at": scene.free_time}


def _booking(scene: Any) -> dict[str, Any]:
    """The booking form, filled in for the scene's patient."""
    return {"patient": scene.patient.id, "kind": "in_person", "symptoms": "A cough"}


def _seen(_scene: Any) -> dict[str, Any]:
    return {"version": 1}


def _new_time(scene: Any) -> dict[str, Any]:
    return _at(scene) | _seen(scene)


def _first_visit(scene: Any) -> dict[str, Any]:
    """Waiting for a first visit, filled in for the scene's patient."""
    last = coming_weekday(days=60)
    until = {f"until-{part}": getattr(last, part) for part in ("day", "month", "year")}
    return {"patient": scene.patient.id, "kind": "in_person", "symptoms": "A cough", "half_day": "any", **until}


def _message(_scene: Any) -> dict[str, Any]:
    return {"name": "Ruth Baker", "phone": "020 7946 0018", "message": "When are visiting hours?"}


def _of_patients(_scene: Any) -> dict[str, Any]:
    return {"of": "patients"}


def _file_of_patients(_scene: Any) -> dict[str, Any]:
    return {"file": (BytesIO(b"Name\nRuth Baker"), "patients.csv"), "key": str(uuid4())}


def _password(_scene: Any) -> dict[str, Any]:
    return {"password": "three random words"}


def _proof(_scene: Any) -> dict[str, Any]:
    return {"current_password": PASSWORD}


def _new_password(scene: Any) -> dict[str, Any]:
    return _proof(scene) | _password(scene)


def _new_email(scene: Any) -> dict[str, Any]:
    return _proof(scene) | {"email": "elsewhere@example.org"}


_DRAFT = "/book/<int:doctor_id>/<uuid:draft_id>"


def _review(scene: Any) -> dict[str, Any]:
    return {"patient": scene.patient.id, "rating": "2", "body": "Always late."}


def _reply(scene: Any) -> dict[str, Any]:
    return {"body": "I am sorry.", "answers": scene.review.fingerprint, "version": scene.reply.version}


def _whose(scene: Any) -> dict[str, Any]:
    return {"patient": scene.patient.id}


def _export(scene: Any) -> dict[str, Any]:
    return _proof(scene) | _whose(scene)


def _hours(_scene: Any) -> dict[str, Any]:
    return {"weekday": "0", "starts": "17:00", "ends": "6pm", "slot_minutes": "30"}


def _new_hours(_scene: Any) -> dict[str, Any]:
    return {"new": "5,09:00:00,12:00:00,30,,"}


def _no_hours(_scene: Any) -> dict[str, Any]:
    """The rows of the scene's doctor, who was the first to get some."""
    return {"gone": [1, 2, 3, 4, 5]}


def _time_off(_scene: Any) -> dict[str, Any]:
    last = coming_weekday(days=60)
    return {f"since-{part}": getattr(last, part) for part in ("day", "month", "year")}


def _period(_scene: Any) -> dict[str, Any]:
    moment = coming_weekday(days=60)
    return {"since": f"{moment:%Y-%m-%d}T09:00:00Z", "until": f"{moment:%Y-%m-%d}T12:00:00Z"}


def _overbooking(scene: Any) -> dict[str, Any]:
    day = coming_weekday(days=20)
    when = {f"on-{part}": getattr(day, part) for part in ("day", "month", "year")}
    what = {"at": "10am", "minutes": "15", "kind": "in_person", "reason": "Urgent", "key": str(uuid4())}
    return {"doctor": scene.doctor.id, **when, **what}


def _hiding(scene: Any) -> dict[str, Any]:
    return {"reviews": scene.review.id, "reason": "Names another patient."}


def _closure(_scene: Any) -> dict[str, Any]:
    return {"reason": "Stocktaking"}


def _settings(_scene: Any) -> dict[str, Any]:
    return {
        "hospital_name": "Hill Hospital",
        "brand_colour": "#5b2333",
        "default_slot_minutes": "20",
        "booking_horizon_days": "60",
        "booking_cutoff_hours": "4",
        "waiting_offer_hours": "2",
        "reminder_first_hours": "24",
        "reminder_second_hours": "2",
        "doctor_approval": "manual",
        "second_factor_required": "none",
        "version": "1",
    }


_CLOSURE = "/admin/closures/<int:closure_id>"


def _new_account(_scene: Any) -> dict[str, Any]:
    return {"username": "zoe", "email": "zoe@example.org", "key": str(uuid4())}


def _new_person(_scene: Any) -> dict[str, Any]:
    return {"name": "Dr Zoe Park", "department": "0", "accepts_online": "y", "key": str(uuid4())}


def _application(scene: Any) -> dict[str, Any]:
    return {**_new_person(scene), "department": scene.department.id}


_STEP = "/clinic/appointments/<int:appointment_id>/<any(confirm, arrived, start, complete, missed):step>"
_PENDING = {"doctor_id": "pending_doctor"}
_REQUEST = {"appointment_id": "waiting_request"}
_LIST = "/admin/lists/<name>"
_ACTS = "'send-link', 'sign-out', 'second-factor-off', 'make-admin', 'remove-admin', 'reactivate'"
_ACT = f"/admin/accounts/<int:account_id>/<any({_ACTS}):act>"
_ENTRY = {"name": "departments", "key": "unused_department"}
_EMERGENCY = "/clinic/patients/<int:patient_id>/emergency"
_REPLY = "/clinic/reviews/<int:review_id>/reply"
_REASON = {"reason": "The registration number could not be verified."}

_AMENDED = {"record_id": "amended_record"}
_NOTE = "/clinic/notes/<uuid:draft_id>"
_DRAFT_OF_NOTE = {"draft_id": "note"}


def _note(_scene: Any) -> dict[str, Any]:
    return {"diagnostics": "Croup"}


PUBLIC: dict[str, Row] = {
    "GET /": same(200),
    "GET /find-a-doctor": same(200),
    "GET /find-a-doctor/<int:doctor_id>": same(200),
    "GET /our-services": same(200),
    "GET /contact": same(200),
    "POST /contact": same(303, send=_message),
    # Only for who has just sent a message.
    "GET /contact/sent": same(303),
    "GET /accessibility": same(200),
    "GET /privacy": same(200),
    "GET /docs/clients": same(200),
    "GET /brand/<colour>.css": same(200, values={"colour": "5b2333"}),
    "GET /media/<token>": same(404, values={"token": "forged"}),
    "GET /calendar/<token>.ics": same(200, values={"token": "calendar_token"}),
    "GET /static/<path:filename>": same(200, values={"filename": "css/portal.css"}),
}
ACCOUNT: dict[str, Row] = {
    # Whoever is signed in has nothing to do here, and is led on.
    "GET /sign-in": row(200, 303, 303, 303, 303, 303, 303),
    "POST /sign-in": row(400, 303, 303, 303, 303, 303, 303),
    # Only for who has just given the right password.
    "GET /sign-in/code": row(SIGN_IN, 303, 303, 303, 303, 303, 303),
    "POST /sign-in/code": row(SIGN_IN, 303, 303, 303, 303, 303, 303),
    "GET /sign-up": row(200, 303, 303, 303, 303, 303, 303),
    "POST /sign-up": row(400, 303, 303, 303, 303, 303, 303),
    "GET /forgotten-password": same(200),
    "POST /forgotten-password": same(303, send=lambda _scene: {"username": "nobody"}),
    "GET /forgotten-password/sent": same(200),
    # Whoever has the mailed link may use it, whoever else is signed in; with the new password one signs in.
    "GET /set-password/<token>": same(200, values={"token": "password_link"}),
    "POST /set-password/<token>": same(SIGN_IN, values={"token": "password_link"}, send=_password),
    "GET /confirm-email/<token>": same(200, values={"token": "email_link"}),
    "POST /confirm-email/<token>": same(303, values={"token": "email_link"}),
    "GET /account-closed": row(200, 303, 303, 303, 303, 303, 303),
    # Strangers have no time left; nobody is told anything else.
    "GET /presence": same(200),
    "POST /presence": same(200),
    "GET /my/account": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "GET /my/account/profile": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "POST /my/account/profile": row(
        SIGN_IN, 303, 303, 303, 303, 303, 303, send=lambda _scene: {"first_name": "Ruth", "last_name": "Baker"}
    ),
    "GET /my/account/picture": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "POST /my/account/picture": row(SIGN_IN, 400, 400, 400, 400, 400, 400),
    "POST /my/account/picture/remove": row(SIGN_IN, 303, 303, 303, 303, 303, 303),
    # Who has applied, or is a doctor, is sent to the clinic's pages.
    "GET /my/account/application": row(SIGN_IN, 200, 200, 303, 303, 303, 200),
    "POST /my/account/application": row(SIGN_IN, 303, 303, 303, 303, 303, 303, send=_application),
    "GET /my/account/password": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "POST /my/account/password": row(SIGN_IN, 303, 303, 303, 303, 303, 303, send=_new_password),
    "GET /my/account/email": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "POST /my/account/email": row(SIGN_IN, 303, 303, 303, 303, 303, 303, send=_new_email),
    "POST /my/account/email/again": row(SIGN_IN, 303, 303, 303, 303, 303, 303),
    "POST /my/account/email/keep": row(SIGN_IN, 303, 303, 303, 303, 303, 303),
    # Nobody has a second factor: there is none to confirm, nor to turn off.
    "GET /my/account/second-factor": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "POST /my/account/second-factor": row(SIGN_IN, 303, 303, 303, 303, 303, 303, send=_proof),
    "GET /my/account/second-factor/app": row(SIGN_IN, 303, 303, 303, 303, 303, 303),
    "POST /my/account/second-factor/app": row(SIGN_IN, 303, 303, 303, 303, 303, 303),
    "GET /my/account/second-factor/codes": row(SIGN_IN, 303, 303, 303, 303, 303, 303),
    "GET /my/account/second-factor/codes/new": row(SIGN_IN, 303, 303, 303, 303, 303, 303),
    "POST /my/account/second-factor/codes/new": row(SIGN_IN, 303, 303, 303, 303, 303, 303),
    "GET /my/account/second-factor/off": row(SIGN_IN, 303, 303, 303, 303, 303, 303),
    "POST /my/account/second-factor/off": row(SIGN_IN, 303, 303, 303, 303, 303, 303),
    "GET /my/account/devices": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "POST /my/account/devices/<int:session_id>/sign-out": row(SIGN_IN, 303, 404, 404, 404, 404, 404),
    "POST /my/account/devices/sign-out-others": row(SIGN_IN, 303, 303, 303, 303, 303, 303),
    "GET /my/account/reminders": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "POST /my/account/reminders": row(SIGN_IN, 303, 303, 303, 303, 303, 303),
    "GET /my/account/calendar": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "POST /my/account/calendar/on": row(SIGN_IN, 303, 303, 303, 303, 303, 303),
    "POST /my/account/calendar/renew": row(SIGN_IN, 303, 303, 303, 303, 303, 303),
    "POST /my/account/calendar/off": row(SIGN_IN, 303, 303, 303, 303, 303, 303),
    "GET /my/account/close": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    # Doctors are bookable, and the scene's admin is the only one.
    "POST /my/account/close": row(SIGN_IN, 303, 303, 409, 409, 303, 409, send=_proof),
    "GET /sign-out": row(303, 200, 200, 200, 200, 200, 200),
    "POST /sign-out": same(303),
}
_RELATIVE = {"patient_id": "relative"}


def _person(_scene: Any) -> dict[str, Any]:
    return {"name": "Kim Baker", "key": "7a1c6ad4-6d0d-4c3c-9a52-3f7f3f3f3f3f"}


PATIENT: dict[str, Row] = {
    # One may book for whom one manages: doctors and the admin of the scene manage nobody.
    "GET /book/<int:doctor_id>": row(SIGN_IN, 303, 303, 403, 403, 403, 403, query=_at),
    # A booking on its way is for who has begun it.
    f"GET {_DRAFT}": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    f"POST {_DRAFT}": row(SIGN_IN, 303, 404, 404, 404, 404, 404, send=_booking),
    f"POST {_DRAFT}/keep": row(SIGN_IN, 204, 404, 404, 404, 404, 404, send=_booking),
    f"GET {_DRAFT}/time": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    f"POST {_DRAFT}/time": row(SIGN_IN, 303, 404, 404, 404, 404, 404, send=_at),
    f"GET {_DRAFT}/check": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    f"POST {_DRAFT}/check": row(SIGN_IN, 303, 404, 404, 404, 404, 404, send=_seen),
    # Everyone may be a patient too; what one does not manage is not there.
    "GET /my/appointments": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "GET /my/appointments/<int:appointment_id>": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    "GET /my/appointments/<int:appointment_id>/booked": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    "GET /my/appointments/<int:appointment_id>/calendar.ics": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    # Doctors and the admin of the scene manage nobody for whom they could write.
    "GET /my/reviews": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "GET /my/reviews/of/<int:doctor_id>": row(SIGN_IN, 200, 200, 403, 403, 403, 403),
    "POST /my/reviews/of/<int:doctor_id>": row(SIGN_IN, 409, 400, 403, 403, 403, 403, send=_review),
    "GET /my/reviews/<int:review_id>": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    "POST /my/reviews/<int:review_id>": row(SIGN_IN, 303, 404, 404, 404, 404, 404, send=_review),
    "GET /my/reviews/<int:review_id>/delete": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    "POST /my/reviews/<int:review_id>/delete": row(SIGN_IN, 303, 404, 404, 404, 404, 404),
    "GET /my/appointments/<int:appointment_id>/cancel": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    "POST /my/appointments/<int:appointment_id>/cancel": row(SIGN_IN, 303, 404, 404, 404, 404, 404),
    "GET /my": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "GET /my/family": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "GET /my/family/add": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "POST /my/family/add": row(SIGN_IN, 303, 303, 303, 303, 303, 303, send=_person),
    "GET /my/family/<int:patient_id>": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    "GET /my/family/<int:patient_id>/change": row(SIGN_IN, 200, 404, 404, 404, 404, 404, values=_RELATIVE),
    "POST /my/family/<int:patient_id>/change": row(
        SIGN_IN, 303, 404, 404, 404, 404, 404, values=_RELATIVE, send=_person
    ),
    "GET /my/family/<int:patient_id>/remove": row(SIGN_IN, 200, 404, 404, 404, 404, 404, values=_RELATIVE),
    "POST /my/family/<int:patient_id>/remove": row(SIGN_IN, 303, 404, 404, 404, 404, 404, values=_RELATIVE),
    "GET /my/care-team": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "GET /my/care-team/add": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "GET /my/care-team/add/<int:doctor_id>": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    # Whoever does not act for the patient cannot choose the patient.
    "POST /my/care-team/add/<int:doctor_id>": row(
        SIGN_IN, 303, 400, 400, 400, 400, 400, send=lambda scene: {"patient": scene.patient.id}
    ),
    "GET /my/care-team/<int:patient_id>/<int:doctor_id>/end": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    "POST /my/care-team/<int:patient_id>/<int:doctor_id>/end": row(SIGN_IN, 303, 404, 404, 404, 404, 404),
    # The scene's doctor has earlier times free, and the patient a visit: to wait would be in vain.
    "GET /my/appointments/<int:appointment_id>/earlier": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    "POST /my/appointments/<int:appointment_id>/earlier": row(
        SIGN_IN, 409, 404, 404, 404, 404, 404, send=lambda _scene: {"half_day": "any"}
    ),
    "GET /my/waiting/doctors/<int:doctor_id>": row(SIGN_IN, 200, 200, 403, 403, 403, 403),
    "POST /my/waiting/doctors/<int:doctor_id>": row(SIGN_IN, 409, 400, 403, 403, 403, 403, send=_first_visit),
    "GET /my/waiting": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "GET /my/waiting/<int:entry_id>/leave": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    "POST /my/waiting/<int:entry_id>/leave": row(SIGN_IN, 303, 404, 404, 404, 404, 404),
    "GET /my/waiting/offers/<int:offer_id>": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    "POST /my/waiting/offers/<int:offer_id>/accept": row(SIGN_IN, 303, 404, 404, 404, 404, 404),
    "POST /my/waiting/offers/<int:offer_id>/decline": row(SIGN_IN, 303, 404, 404, 404, 404, 404),
    "GET /my/appointments/<int:appointment_id>/move": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    "GET /my/appointments/<int:appointment_id>/move/check": row(SIGN_IN, 200, 404, 404, 404, 404, 404, query=_at),
    "POST /my/appointments/<int:appointment_id>/move/check": row(SIGN_IN, 303, 404, 404, 404, 404, 404, send=_new_time),
    "GET /my/appointments/<int:appointment_id>/reason": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    "POST /my/appointments/<int:appointment_id>/reason": row(SIGN_IN, 303, 404, 404, 404, 404, 404, send=_booking),
    "GET /my/appointments/<int:appointment_id>/visit.pdf": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    # The doctor who wrote the entry reads it elsewhere: here one reads for whom one acts.
    "GET /my/record": row(SIGN_IN, 200, 200, 200, 200, 200, 200),
    "GET /my/record/<int:record_id>": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    "GET /my/record/<int:record_id>/versions/<int:version>": row(
        SIGN_IN, 200, 404, 404, 404, 404, 404, values={"version": "1"}
    ),
    "GET /my/record/<int:record_id>/entry.pdf": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
    "GET /my/record/readers": row(SIGN_IN, 200, 404, 404, 404, 404, 404, query=_whose),
    "GET /my/record/download": row(SIGN_IN, 200, 404, 404, 404, 404, 404, query=_whose),
    "POST /my/record/download": row(SIGN_IN, 303, 404, 404, 404, 404, 404, send=_export),
    "GET /my/record/download/<int:export_id>/record.zip": row(SIGN_IN, 200, 404, 404, 404, 404, 404),
}
CLINIC: dict[str, Row] = {
    # For approved doctors; each sees the own visits only.
    "GET /clinic": row(SIGN_IN, 403, 403, 200, 200, 403, 403),
    "GET /clinic/week": row(SIGN_IN, 403, 403, 200, 200, 403, 403),
    "GET /clinic/requests": row(SIGN_IN, 403, 403, 200, 200, 403, 403),
    "POST /clinic/requests/<int:appointment_id>/confirm": row(SIGN_IN, 403, 403, 303, 404, 403, 403, values=_REQUEST),
    "GET /clinic/requests/<int:appointment_id>/decline": row(SIGN_IN, 403, 403, 200, 404, 403, 403, values=_REQUEST),
    "POST /clinic/requests/<int:appointment_id>/decline": row(
        SIGN_IN, 403, 403, 303, 404, 403, 403, values=_REQUEST, send=lambda _scene: {"reason": "Away that day."}
    ),
    "GET /clinic/hours": row(SIGN_IN, 403, 403, 200, 200, 403, 403),
    "GET /clinic/hours/add": row(SIGN_IN, 403, 403, 200, 200, 403, 403),
    "POST /clinic/hours/add": row(SIGN_IN, 403, 403, 303, 303, 403, 403, send=_hours),
    "GET /clinic/hours/check": row(SIGN_IN, 403, 403, 200, 200, 403, 403, query=_no_hours),
    "POST /clinic/hours/check": row(SIGN_IN, 403, 403, 303, 303, 403, 403, query=_new_hours),
    "GET /clinic/hours/copy/<int:weekday>": row(SIGN_IN, 403, 403, 200, 200, 403, 403, values={"weekday": "0"}),
    "POST /clinic/hours/copy/<int:weekday>": row(
        SIGN_IN, 403, 403, 303, 303, 403, 403, values={"weekday": "0"}, send=lambda _scene: {"days": "5"}
    ),
    "GET /clinic/hours/<int:hours_id>": row(SIGN_IN, 403, 403, 200, 404, 403, 403),
    "POST /clinic/hours/<int:hours_id>": row(SIGN_IN, 403, 403, 303, 404, 403, 403, send=_hours),
    "GET /clinic/hours/<int:hours_id>/remove": row(SIGN_IN, 403, 403, 200, 404, 403, 403),
    "POST /clinic/hours/<int:hours_id>/remove": row(SIGN_IN, 403, 403, 303, 404, 403, 403),
    "GET /clinic/time-off": row(SIGN_IN, 403, 403, 200, 200, 403, 403),
    "GET /clinic/time-off/add": row(SIGN_IN, 403, 403, 200, 200, 403, 403),
    "POST /clinic/time-off/add": row(SIGN_IN, 403, 403, 303, 303, 403, 403, send=_time_off),
    "GET /clinic/time-off/check": row(SIGN_IN, 403, 403, 200, 200, 403, 403, query=_period),
    "POST /clinic/time-off/check": row(SIGN_IN, 403, 403, 303, 303, 403, 403, query=_period),
    "GET /clinic/time-off/<int:time_off_id>": row(SIGN_IN, 403, 403, 200, 404, 403, 403),
    "POST /clinic/time-off/<int:time_off_id>": row(SIGN_IN, 403, 403, 303, 404, 403, 403, send=_time_off),
    "GET /clinic/time-off/<int:time_off_id>/check": row(SIGN_IN, 403, 403, 200, 404, 403, 403, query=_period),
    "POST /clinic/time-off/<int:time_off_id>/check": row(SIGN_IN, 403, 403, 303, 404, 403, 403, query=_period),
    "GET /clinic/time-off/<int:time_off_id>/remove": row(SIGN_IN, 403, 403, 200, 404, 403, 403),
    "POST /clinic/time-off/<int:time_off_id>/remove": row(SIGN_IN, 403, 403, 303, 404, 403, 403),
    # Each sees the own department: there is no other to ask for.
    "GET /clinic/department": row(SIGN_IN, 403, 403, 200, 200, 403, 403),
    "GET /clinic/department/patients": row(SIGN_IN, 403, 403, 200, 200, 403, 403),
    "GET /clinic/department/doctors": row(SIGN_IN, 403, 403, 200, 200, 403, 403),
    f"POST {_STEP}": row(SIGN_IN, 403, 403, 303, 404, 403, 403, values={**_REQUEST, "step": "confirm"}),
    "POST /clinic/appointments/<int:appointment_id>/steps/<int:step_id>/undo": row(
        SIGN_IN, 403, 403, 303, 404, 403, 403
    ),
    # Who treats the patient needs none.
    f"GET {_EMERGENCY}": row(SIGN_IN, 403, 403, 200, 200, 403, 403),
    f"POST {_EMERGENCY}": row(
        SIGN_IN, 403, 403, 409, 303, 403, 403, send=lambda _scene: {"reason": "Brought in unconscious"}
    ),
    f"POST {_EMERGENCY}/end": row(SIGN_IN, 403, 403, 303, 303, 403, 403),
    "GET /clinic/figures": row(SIGN_IN, 403, 403, 200, 200, 403, 403),
    "GET /clinic/reviews": row(SIGN_IN, 403, 403, 200, 200, 403, 403),
    f"GET {_REPLY}": row(SIGN_IN, 403, 403, 200, 404, 403, 403),
    f"POST {_REPLY}": row(SIGN_IN, 403, 403, 303, 404, 403, 403, send=_reply),
    f"GET {_REPLY}/delete": row(SIGN_IN, 403, 403, 200, 404, 403, 403),
    f"POST {_REPLY}/delete": row(SIGN_IN, 403, 403, 303, 404, 403, 403),
    # Every doctor finds every patient of the directory, and may write about each; the record is another matter.
    "GET /clinic/patients": row(SIGN_IN, 403, 403, 200, 200, 403, 403),
    "GET /clinic/patients/<int:patient_id>": row(SIGN_IN, 403, 403, 200, 200, 403, 403),
    "GET /clinic/patients/<int:patient_id>/note": row(SIGN_IN, 403, 403, 303, 303, 403, 403),
    "GET /clinic/appointments/<int:appointment_id>/note": row(SIGN_IN, 403, 403, 303, 404, 403, 403),
    "GET /clinic/records/<int:record_id>": row(SIGN_IN, 403, 403, 200, 404, 403, 403),
    "GET /clinic/records/<int:record_id>/versions/<int:version>": row(
        SIGN_IN, 403, 403, 200, 404, 403, 403, values={**_AMENDED, "version": "1"}
    ),
    "GET /clinic/records/<int:record_id>/changes": row(SIGN_IN, 403, 403, 200, 404, 403, 403, values=_AMENDED),
    "GET /clinic/records/<int:record_id>/amend": row(SIGN_IN, 403, 403, 303, 404, 403, 403),
    "GET /clinic/records/<int:record_id>/void": row(SIGN_IN, 403, 403, 200, 404, 403, 403),
    "POST /clinic/records/<int:record_id>/void": row(
        SIGN_IN, 403, 403, 303, 404, 403, 403, send=lambda _scene: {"reason": "The wrong patient.", "version": 1}
    ),
    "GET /clinic/records/<int:record_id>/voided": row(
        SIGN_IN, 403, 403, 200, 404, 403, 403, values={"record_id": "voided_record"}
    ),
    f"GET {_NOTE}": row(SIGN_IN, 403, 403, 200, 404, 403, 403, values=_DRAFT_OF_NOTE),
    f"POST {_NOTE}": row(SIGN_IN, 403, 403, 303, 404, 403, 403, values=_DRAFT_OF_NOTE, send=_note),
    f"POST {_NOTE}/keep": row(SIGN_IN, 403, 403, 204, 404, 403, 403, values=_DRAFT_OF_NOTE, send=_note),
    f"GET {_NOTE}/discard": row(SIGN_IN, 403, 403, 200, 404, 403, 403, values=_DRAFT_OF_NOTE),
    # Whose draft it was does not matter once it is gone: a double click is answered like the first.
    f"POST {_NOTE}/discard": row(SIGN_IN, 403, 403, 303, 303, 403, 403, values=_DRAFT_OF_NOTE),
}
ADMIN: dict[str, Row] = {
    "GET /admin": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/doctors": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/doctors/<int:doctor_id>": row(SIGN_IN, 403, 403, 403, 403, 403, 200, values=_PENDING),
    "POST /admin/doctors/<int:doctor_id>/approve": row(SIGN_IN, 403, 403, 403, 403, 403, 303, values=_PENDING),
    "GET /admin/doctors/<int:doctor_id>/reject": row(SIGN_IN, 403, 403, 403, 403, 403, 200, values=_PENDING),
    "POST /admin/doctors/<int:doctor_id>/reject": row(
        SIGN_IN, 403, 403, 403, 403, 403, 303, values=_PENDING, send=lambda _scene: _REASON
    ),
    "GET /admin/appointments": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/appointments/appointments.csv": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/appointments/<int:appointment_id>": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/appointments/<int:appointment_id>/cancel": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/appointments/<int:appointment_id>/cancel": row(
        SIGN_IN, 403, 403, 403, 403, 403, 303, send=lambda _scene: {"reason": "The room is flooded."}
    ),
    "GET /admin/appointments/overbook": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/appointments/overbook/<int:patient_id>": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/appointments/overbook/<int:patient_id>": row(SIGN_IN, 403, 403, 403, 403, 403, 303, send=_overbooking),
    "GET /admin/doctors/doctors.csv": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/doctors/approve": row(
        SIGN_IN, 403, 403, 403, 403, 403, 303, send=lambda scene: {"doctors": scene.pending_doctor.id}
    ),
    "GET /admin/doctors/add": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/doctors/add": row(SIGN_IN, 403, 403, 403, 403, 403, 303, send=_new_person),
    "GET /admin/doctors/<int:doctor_id>/edit": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/doctors/<int:doctor_id>/edit": row(SIGN_IN, 403, 403, 403, 403, 403, 303, send=_new_person),
    "GET /admin/doctors/<int:doctor_id>/remove": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/doctors/<int:doctor_id>/remove": row(SIGN_IN, 403, 403, 403, 403, 403, 303),
    "GET /admin/patients": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/patients/patients.csv": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/patients/add": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/patients/add": row(SIGN_IN, 403, 403, 403, 403, 403, 303, send=_new_person),
    "GET /admin/patients/<int:patient_id>": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/patients/<int:patient_id>/edit": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/patients/<int:patient_id>/edit": row(SIGN_IN, 403, 403, 403, 403, 403, 303, send=_new_person),
    "GET /admin/patients/<int:patient_id>/void": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/patients/<int:patient_id>/void": row(SIGN_IN, 403, 403, 403, 403, 403, 303),
    "GET /admin/accounts": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/accounts/accounts.csv": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/accounts/deactivate": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/accounts/deactivate": row(
        SIGN_IN, 403, 403, 403, 403, 403, 303, send=lambda scene: {"accounts": scene.account.id}
    ),
    "GET /admin/accounts/add": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/accounts/add": row(SIGN_IN, 403, 403, 403, 403, 403, 303, send=_new_account),
    "GET /admin/accounts/<int:account_id>": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    f"GET {_ACT}": row(SIGN_IN, 403, 403, 403, 403, 403, 200, values={"act": "sign-out"}),
    f"POST {_ACT}": row(SIGN_IN, 403, 403, 403, 403, 403, 303, values={"act": "sign-out"}),
    "GET /admin/imports": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/imports/new": row(SIGN_IN, 403, 403, 403, 403, 403, 200, query=_of_patients),
    "POST /admin/imports/new": row(SIGN_IN, 403, 403, 403, 403, 403, 303, query=_of_patients, send=_file_of_patients),
    "GET /admin/imports/template/<any('doctors', 'patients'):of>.csv": row(
        SIGN_IN, 403, 403, 403, 403, 403, 200, values={"of": "doctors"}
    ),
    "GET /admin/imports/<int:batch_id>": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/imports/<int:batch_id>/problems.csv": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/imports/<int:batch_id>/import": row(SIGN_IN, 403, 403, 403, 403, 403, 303),
    "POST /admin/imports/<int:batch_id>/check": row(SIGN_IN, 403, 403, 403, 403, 403, 303),
    "POST /admin/imports/<int:batch_id>/delete": row(SIGN_IN, 403, 403, 403, 403, 403, 303),
    "GET /admin/messages": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/messages/<int:message_id>/retry": row(SIGN_IN, 403, 403, 403, 403, 403, 303),
    "GET /admin/messages/messages.csv": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/messages/retry": row(SIGN_IN, 403, 403, 403, 403, 403, 303),
    "GET /admin/contacts": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/contacts": row(
        SIGN_IN, 403, 403, 403, 403, 403, 303, send=lambda scene: {"messages": scene.contact.id, "handled": "yes"}
    ),
    "GET /admin/contacts/questions.csv": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/contacts/delete": row(
        SIGN_IN, 403, 403, 403, 403, 403, 200, query=lambda scene: {"messages": scene.contact.id}
    ),
    "POST /admin/contacts/delete": row(
        SIGN_IN, 403, 403, 403, 403, 403, 303, send=lambda scene: {"messages": scene.contact.id}
    ),
    "GET /admin/reviews": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/reviews/reviews.csv": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/reviews/<int:review_id>": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/reviews/hide": row(
        SIGN_IN, 403, 403, 403, 403, 403, 200, query=lambda scene: {"reviews": scene.review.id}
    ),
    "POST /admin/reviews/hide": row(SIGN_IN, 403, 403, 403, 403, 403, 303, send=_hiding),
    "POST /admin/reviews/<int:review_id>/show": row(
        SIGN_IN, 403, 403, 403, 403, 403, 303, values={"review_id": "hidden_review"}
    ),
    "GET /admin/emergency-accesses": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/emergency-accesses/emergency-accesses.csv": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/emergency-accesses/<int:access_id>": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/emergency-accesses/<int:access_id>": row(SIGN_IN, 403, 403, 403, 403, 403, 303),
    "GET /admin/audit": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/audit/events.csv": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/audit/seals": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/lists": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    f"GET {_LIST}": row(SIGN_IN, 403, 403, 403, 403, 403, 200, values=_ENTRY),
    f"GET {_LIST}/entries.csv": row(SIGN_IN, 403, 403, 403, 403, 403, 200, values=_ENTRY),
    f"GET {_LIST}/add": row(SIGN_IN, 403, 403, 403, 403, 403, 200, values=_ENTRY),
    f"POST {_LIST}/add": row(
        SIGN_IN, 403, 403, 403, 403, 403, 303, values=_ENTRY, send=lambda _scene: {"name": "Sleep", "key": str(uuid4())}
    ),
    f"GET {_LIST}/<int:key>": row(SIGN_IN, 403, 403, 403, 403, 403, 200, values=_ENTRY),
    f"POST {_LIST}/<int:key>": row(
        SIGN_IN, 403, 403, 403, 403, 403, 303, values=_ENTRY, send=lambda _scene: {"name": "Sleep"}
    ),
    "GET /admin/hospital": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/hospital": row(SIGN_IN, 403, 403, 403, 403, 403, 303, send=_settings),
    "GET /admin/closures": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "GET /admin/closures/add": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    "POST /admin/closures/add": row(SIGN_IN, 403, 403, 403, 403, 403, 303, send=_time_off),
    "GET /admin/closures/check": row(SIGN_IN, 403, 403, 403, 403, 403, 200, query=_period),
    "POST /admin/closures/check": row(SIGN_IN, 403, 403, 403, 403, 403, 303, query=_period, send=_closure),
    f"GET {_CLOSURE}": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    f"POST {_CLOSURE}": row(SIGN_IN, 403, 403, 403, 403, 403, 303, send=_time_off),
    f"GET {_CLOSURE}/check": row(SIGN_IN, 403, 403, 403, 403, 403, 200, query=_period),
    f"POST {_CLOSURE}/check": row(SIGN_IN, 403, 403, 403, 403, 403, 303, query=_period, send=_closure),
    f"GET {_CLOSURE}/remove": row(SIGN_IN, 403, 403, 403, 403, 403, 200),
    f"POST {_CLOSURE}/remove": row(SIGN_IN, 403, 403, 403, 403, 403, 303),
    f"GET {_LIST}/<int:key>/delete": row(SIGN_IN, 403, 403, 403, 403, 403, 200, values=_ENTRY),
    f"POST {_LIST}/<int:key>/delete": row(SIGN_IN, 403, 403, 403, 403, 403, 303, values=_ENTRY),
}
# A doctor's hours and time off: an admin is answered as the doctor is.
CALENDARS: dict[str, Row] = {
    route.replace("/clinic/", "/admin/doctors/<int:doctor_id>/"): replace(
        asked, answers=(SIGN_IN, 403, 403, 403, 403, 403, asked.answers[3])
    )
    for route, asked in CLINIC.items()
    if "/clinic/hours" in route or "/clinic/time-off" in route
}
ROWS: dict[str, Row] = {**PUBLIC, **ACCOUNT, **PATIENT, **CLINIC, **ADMIN, **CALENDARS}
