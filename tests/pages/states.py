"""Every page of the portal in each of its states, as data: what test_html.py and the browser's walk visit.

A GET route that answers somebody with a page and stands neither in STATES nor in NO_PAGES fails a test. To add a page,
write the route as in the permission matrix (where its placeholders and its query come from), and who sees it:

    "GET /my/account/email": (at("patient"), refused("patient")),

    at("patient", show="past")      the page as it opens, with this query instead of the matrix's
    empty("patient")                in a hospital that has only its people
    refused("patient", name="x")    its form, sent with these fields and all others as they are: it is shown again
    sent("patient", lambda scene: …) its form, sent: what comes then is another page
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

Fields = Callable[[Any], Mapping[str, object]]


@dataclass(frozen=True, kw_only=True)
class State:
    """One state of a page: who looks, at which hospital, and what is sent (None: nothing)."""

    who: str
    query: Mapping[str, str]
    values: Mapping[str, str]
    is_empty: bool = False
    fields: Fields | None = None
    is_refused: bool = False

    def __str__(self) -> str:
        sent = " refused" if self.is_refused else " sent" if self.fields else ""
        query = "?" + "&".join(f"{name}={value}" for name, value in self.query.items()) if self.query else ""
        return f"{'empty ' if self.is_empty else ''}{self.who}{query}{sent}"


def at(who: str, *, values: Mapping[str, str] | None = None, **query: str) -> State:
    """The page as it opens."""
    return State(who=who, query=query, values=values or {})


def empty(who: str, **query: str) -> State:
    """The page in a hospital that has only its people."""
    return State(who=who, query=query, values={}, is_empty=True)


def refused(who: str, **fields: str) -> State:
    """The page as it comes again when its form is not right."""
    return State(who=who, query={}, values={}, fields=lambda _scene: fields, is_refused=True)


def sent(who: str, fields: Fields) -> State:
    """The page that comes when the form is right."""
    return State(who=who, query={}, values={}, fields=fields)


def _message(_scene: Any) -> Mapping[str, object]:
    return {"name": "Ruth Baker", "phone": "020 7946 0018", "message": "When are visiting hours?"}


PUBLIC: dict[str, tuple[State, ...]] = {
    "GET /": (at("anonymous"), at("patient"), empty("anonymous")),
    "GET /find-a-doctor": (at("anonymous"), at("anonymous", q="nobody of this name"), empty("anonymous")),
    "GET /find-a-doctor/<int:doctor_id>": (at("anonymous"), at("patient")),
    "GET /our-services": (at("anonymous"), empty("anonymous")),
    "GET /contact": (at("anonymous"), refused("anonymous"), sent("anonymous", _message)),
    "GET /accessibility": (at("anonymous"),),
    "GET /privacy": (at("anonymous"),),
    "GET /docs/clients": (at("anonymous"),),
}
ACCOUNT: dict[str, tuple[State, ...]] = {
    "GET /sign-in": (at("anonymous"), refused("anonymous")),
    "GET /sign-up": (at("anonymous"), refused("anonymous", email="nowhere")),
    "GET /forgotten-password": (at("anonymous"), refused("anonymous")),
    "GET /forgotten-password/sent": (at("anonymous"),),
    "GET /set-password/<token>": (at("anonymous"), refused("anonymous"), at("anonymous", values={"token": "forged"})),
    "GET /confirm-email/<token>": (at("anonymous"), at("anonymous", values={"token": "forged"})),
    "GET /account-closed": (at("anonymous"),),
    "GET /my/account": (at("patient"), at("doctor"), at("admin")),
    "GET /my/account/application": (at("patient"), refused("patient")),
    "GET /my/account/password": (at("patient"), refused("patient")),
    "GET /my/account/email": (at("patient"), refused("patient", email="nowhere")),
    "GET /my/account/devices": (at("patient"), at("stranger")),
    "GET /my/account/profile": (at("patient"), refused("patient", first_name="")),
    "GET /my/account/picture": (at("patient"), refused("patient")),
    "GET /my/account/second-factor": (at("patient"), refused("patient")),
    "GET /my/account/reminders": (at("patient"),),
    "GET /my/account/calendar": (at("patient"), at("stranger")),
    "GET /my/account/close": (at("patient"), refused("patient"), at("doctor")),
    "GET /sign-out": (at("patient"),),
}
PATIENT: dict[str, tuple[State, ...]] = {
    "GET /my": (at("patient"), at("stranger"), at("doctor"), empty("patient")),
    "GET /my/family": (at("patient"), at("stranger")),
    "GET /my/family/add": (at("patient"), refused("patient")),
    "GET /my/family/<int:patient_id>": (at("patient"),),
    "GET /my/family/<int:patient_id>/change": (at("patient"), refused("patient", name="")),
    "GET /my/family/<int:patient_id>/remove": (at("patient"),),
    "GET /my/care-team": (at("patient"), at("stranger")),
    "GET /my/care-team/add": (at("patient"), at("patient", q="nobody of this name"), empty("patient")),
    "GET /my/care-team/add/<int:doctor_id>": (at("patient"),),
    "GET /my/care-team/<int:patient_id>/<int:doctor_id>/end": (at("patient"),),
    # In this order: the details, refused, leave the draft without its reason.
    "GET /book/<int:doctor_id>/<uuid:draft_id>/check": (at("patient"),),
    "GET /book/<int:doctor_id>/<uuid:draft_id>/time": (at("patient"),),
    "GET /book/<int:doctor_id>/<uuid:draft_id>": (at("patient"), refused("patient", symptoms="")),
    "GET /my/appointments": (at("patient"), at("patient", show="past"), at("stranger")),
    "GET /my/appointments/<int:appointment_id>": (at("patient"),),
    "GET /my/appointments/<int:appointment_id>/booked": (at("patient"),),
    "GET /my/appointments/<int:appointment_id>/cancel": (at("patient"),),
    "GET /my/appointments/<int:appointment_id>/move": (at("patient"),),
    "GET /my/appointments/<int:appointment_id>/move/check": (at("patient"),),
    "GET /my/appointments/<int:appointment_id>/reason": (at("patient"), refused("patient", symptoms="")),
    "GET /my/appointments/<int:appointment_id>/earlier": (at("patient"),),
    "GET /my/waiting": (at("patient"), at("stranger")),
    "GET /my/waiting/doctors/<int:doctor_id>": (at("patient"), refused("patient")),
    "GET /my/waiting/<int:entry_id>/leave": (at("patient"),),
    "GET /my/waiting/offers/<int:offer_id>": (at("patient"),),
    "GET /my/reviews": (at("patient"), at("stranger"), empty("patient")),
    "GET /my/reviews/of/<int:doctor_id>": (at("stranger"), refused("stranger")),
    "GET /my/reviews/<int:review_id>": (at("patient"),),
    "GET /my/reviews/<int:review_id>/delete": (at("patient"),),
    "GET /my/record": (at("patient"), at("stranger")),
    "GET /my/record/<int:record_id>": (at("patient"),),
    "GET /my/record/<int:record_id>/versions/<int:version>": (at("patient"),),
    "GET /my/record/readers": (at("patient"),),
    "GET /my/record/download": (at("patient"),),
}
CLINIC: dict[str, tuple[State, ...]] = {
    "GET /clinic": (at("doctor"), at("outsider"), at("pending")),
    "GET /clinic/week": (at("doctor"), at("doctor", day="2030-01-02"), at("outsider")),
    "GET /clinic/requests": (at("doctor"), at("outsider")),
    "GET /clinic/requests/<int:appointment_id>/decline": (at("doctor"), refused("doctor")),
    "GET /clinic/hours": (at("doctor"), empty("doctor")),
    "GET /clinic/hours/add": (at("doctor"), refused("doctor", starts="nine")),
    "GET /clinic/hours/check": (at("doctor"), refused("doctor"), at("doctor", new="5,09:00,12:00,30,,")),
    "GET /clinic/hours/copy/<int:weekday>": (at("doctor"), refused("doctor")),
    "GET /clinic/hours/<int:hours_id>": (at("doctor"), refused("doctor", ends="4pm")),
    "GET /clinic/hours/<int:hours_id>/remove": (at("doctor"),),
    "GET /clinic/time-off": (at("doctor"), at("doctor", show="past"), empty("doctor")),
    "GET /clinic/time-off/add": (at("doctor"), refused("doctor")),
    "GET /clinic/time-off/check": (at("doctor"), refused("doctor", reason="x" * 501)),
    "GET /clinic/time-off/<int:time_off_id>": (at("doctor"), refused("doctor", until_time="late")),
    "GET /clinic/time-off/<int:time_off_id>/check": (at("doctor"), refused("doctor", reason="x" * 501)),
    "GET /clinic/time-off/<int:time_off_id>/remove": (at("doctor"),),
    "GET /clinic/patients/<int:patient_id>/emergency": (
        at("outsider"),
        refused("outsider"),
        at("outsider", values={"patient_id": "opened_patient"}),
        at("doctor"),
    ),
    "GET /clinic/figures": (at("doctor"), at("doctor", weeks="52"), at("outsider")),
    "GET /clinic/reviews": (at("doctor"), at("doctor", unanswered="y"), at("outsider")),
    "GET /clinic/reviews/<int:review_id>/reply": (at("doctor"), refused("doctor", body="")),
    "GET /clinic/reviews/<int:review_id>/reply/delete": (at("doctor"),),
    "GET /clinic/department": (at("doctor"), at("doctor", q="bronch"), at("doctor", author="1"), at("outsider")),
    "GET /clinic/department/patients": (at("doctor"), at("doctor", q="nobody of this name"), at("outsider")),
    "GET /clinic/department/doctors": (at("doctor"), at("doctor", q="nobody of this name")),
    "GET /clinic/patients": (
        at("doctor"),
        at("doctor", q="nobody of this name"),
        at("outsider", q="a"),
        empty("doctor"),
    ),
    "GET /clinic/patients/<int:patient_id>": (at("doctor"), at("doctor", q="nothing like it"), at("outsider")),
    "GET /clinic/records/<int:record_id>": (at("doctor"), at("doctor", values={"record_id": "amended_record"})),
    "GET /clinic/records/<int:record_id>/versions/<int:version>": (at("doctor"),),
    "GET /clinic/records/<int:record_id>/changes": (at("doctor"),),
    "GET /clinic/records/<int:record_id>/void": (at("doctor"), refused("doctor")),
    "GET /clinic/records/<int:record_id>/voided": (at("doctor"),),
    "GET /clinic/notes/<uuid:draft_id>/discard": (at("doctor"), at("doctor", values={"draft_id": "change"})),
    "GET /clinic/notes/<uuid:draft_id>": (
        at("doctor"),
        refused("doctor"),
        at("doctor", values={"draft_id": "change"}),
    ),
}
_LIST = "/admin/lists/<name>"
_CLOSURE = "/admin/closures/<int:closure_id>"
_SERVICE = {"name": "services", "key": "service"}
_ACTS = "'send-link', 'sign-out', 'second-factor-off', 'make-admin', 'remove-admin', 'reactivate'"
ADMIN: dict[str, tuple[State, ...]] = {
    "GET /admin/doctors": (at("admin"), at("admin", state="all"), at("admin", search="nobody"), empty("admin")),
    "GET /admin": (
        at("admin"),
        at("admin", days="90"),
        at("admin", days="other", since="2026-05-01", until="2026-05-31"),
        empty("admin"),
    ),
    # Looking is noted, too: without a filter no two looks are alike.
    "GET /admin/audit": (
        at("admin", act="calendar_feed.turned_on"),
        at("admin", account="nobody"),
        at("admin", act="unknown.act"),
        empty("admin", act="appointment.booked"),
    ),
    "GET /admin/audit/seals": (at("admin"), at("admin", verify="yes"), empty("admin")),
    "GET /admin/doctors/<int:doctor_id>": (at("admin"), at("admin", values={"doctor_id": "doctor"})),
    "GET /admin/doctors/<int:doctor_id>/reject": (at("admin"), refused("admin")),
    "GET /admin/appointments": (
        at("admin"),
        at("admin", search="nobody of this name"),
        at("admin", show="cancelled"),
        empty("admin"),
    ),
    "GET /admin/appointments/<int:appointment_id>": (at("admin"),),
    "GET /admin/appointments/<int:appointment_id>/cancel": (at("admin"),),
    "GET /admin/appointments/overbook": (at("admin", q="a"), at("admin", q="nobody of this name"), at("admin")),
    "GET /admin/appointments/overbook/<int:patient_id>": (at("admin"), refused("admin")),
    "GET /admin/doctors/add": (at("admin"), refused("admin")),
    "GET /admin/doctors/<int:doctor_id>/edit": (at("admin"), refused("admin", name="")),
    "GET /admin/doctors/<int:doctor_id>/remove": (at("admin"),),
    "GET /admin/patients": (at("admin"), at("admin", search="nobody of this name"), empty("admin")),
    "GET /admin/patients/add": (at("admin"), refused("admin")),
    "GET /admin/patients/<int:patient_id>": (at("admin"),),
    "GET /admin/patients/<int:patient_id>/edit": (at("admin"), refused("admin", name="")),
    "GET /admin/patients/<int:patient_id>/void": (at("admin"),),
    "GET /admin/accounts": (at("admin"), at("admin", search="nobody of this name"), at("admin", role="doctor")),
    "GET /admin/accounts/deactivate": (at("admin"), at("admin", accounts="1")),
    "GET /admin/accounts/add": (at("admin"), refused("admin")),
    "GET /admin/accounts/<int:account_id>": (at("admin"),),
    f"GET /admin/accounts/<int:account_id>/<any({_ACTS}):act>": (at("admin"),),
    "GET /admin/imports": (at("admin"), empty("admin")),
    "GET /admin/imports/new": (at("admin"), at("admin", of="doctors"), refused("admin")),
    "GET /admin/imports/<int:batch_id>": (
        at("admin"),
        at("admin", show="refused"),
        at("admin", values={"batch_id": "refused_batch"}),
        at("admin", values={"batch_id": "running_batch"}),
        at("admin", values={"batch_id": "imported_batch"}),
    ),
    "GET /admin/messages": (at("admin"), at("admin", state="all"), at("admin", search="nobody"), empty("admin")),
    "GET /admin/contacts": (
        at("admin"),
        at("admin", show="handled"),
        at("admin", search="nobody"),
        empty("admin"),
        refused("admin"),
    ),
    "GET /admin/contacts/delete": (at("admin"), at("admin", messages="0")),
    "GET /admin/reviews": (
        at("admin"),
        at("admin", state="hidden"),
        at("admin", search="nobody of this name"),
        empty("admin"),
    ),
    "GET /admin/reviews/<int:review_id>": (at("admin"), at("admin", values={"review_id": "hidden_review"})),
    "GET /admin/reviews/hide": (at("admin"), at("admin", reviews="0"), refused("admin")),
    "GET /admin/emergency-accesses": (
        at("admin"),
        at("admin", state="checked"),
        empty("admin"),
    ),
    "GET /admin/emergency-accesses/<int:access_id>": (at("admin"), refused("admin", note="x" * 1001)),
    "GET /admin/lists": (at("admin"), empty("admin")),
    f"GET {_LIST}": (
        at("admin"),
        at("admin", search="no such entry"),
        at("admin", values={"name": "services"}),
        empty("admin"),
    ),
    f"GET {_LIST}/add": (at("admin"), refused("admin"), at("admin", values={"name": "services"})),
    f"GET {_LIST}/<int:key>": (at("admin"), refused("admin", name=""), at("admin", values=_SERVICE)),
    f"GET {_LIST}/<int:key>/delete": (at("admin"), at("admin", values={"key": "department"})),
    "GET /admin/hospital": (at("admin"), refused("admin", hospital_name="", brand_colour="#ffd54a")),
    "GET /admin/closures": (at("admin"), at("admin", show="past"), empty("admin")),
    "GET /admin/closures/add": (at("admin"), refused("admin")),
    "GET /admin/closures/check": (at("admin"), refused("admin", reason="")),
    f"GET {_CLOSURE}": (at("admin"), refused("admin", **{"since-day": "99"})),
    f"GET {_CLOSURE}/check": (at("admin"),),
    f"GET {_CLOSURE}/remove": (at("admin"),),
}
# A doctor's hours and time off, which look alike for the doctor and for admins.
CALENDARS: dict[str, tuple[State, ...]] = {
    route.replace("/clinic/", "/admin/doctors/<int:doctor_id>/"): (replace(states[0], who="admin"),)
    for route, states in CLINIC.items()
    if "/clinic/hours" in route or "/clinic/time-off" in route
}
STATES: dict[str, tuple[State, ...]] = {**PUBLIC, **ACCOUNT, **PATIENT, **CLINIC, **ADMIN, **CALENDARS}

ELSEWHERE: dict[str, tuple[State, ...]] = {
    "/no-such-place": (at("anonymous"), at("patient")),
    "/admin": (at("patient"),),
}
"""Addresses that are no page, and what they answer with."""

NO_PAGES: dict[str, str] = {
    "GET /media/<token>": "a picture",
    "GET /brand/<colour>.css": "a style sheet",
    "GET /static/<path:filename>": "a file",
    "GET /presence": "seconds, for a script",
    "GET /contact/sent": "where a sent message leads",
    f"GET {_LIST}/entries.csv": "a table",
    "GET /admin/accounts/accounts.csv": "a table",
    "GET /admin/doctors/doctors.csv": "a table",
    "GET /admin/patients/patients.csv": "a table",
    "GET /admin/imports/template/<any('doctors', 'patients'):of>.csv": "a table",
    "GET /admin/imports/<int:batch_id>/problems.csv": "a table",
    "GET /admin/audit/events.csv": "a table",
    "GET /admin/appointments/appointments.csv": "a table",
    "GET /admin/contacts/questions.csv": "a table",
    "GET /admin/emergency-accesses/emergency-accesses.csv": "a table",
    "GET /admin/messages/messages.csv": "a table",
    "GET /admin/reviews/reviews.csv": "a table",
    "GET /calendar/<token>.ics": "a calendar",
    "GET /my/appointments/<int:appointment_id>/calendar.ics": "a calendar",
    "GET /my/record/<int:record_id>/entry.pdf": "a PDF",
    "GET /my/appointments/<int:appointment_id>/visit.pdf": "a PDF",
    "GET /my/record/download/<int:export_id>/record.zip": "a ZIP",
}
"""GET routes of people's face that are no page of ours, and what they are."""
