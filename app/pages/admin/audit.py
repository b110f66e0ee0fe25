"""The audit trail: searched, saved as CSV, and its seals verified."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from wtforms import Form, SearchField, SelectField, StringField

from app.http import writes
from app.identity import actor
from app.pages.admin.entrance import blueprint
from app.pages.downloads import download_csv
from app.pages.free_times import read_date
from app.pages.render import render
from app.pages.wording import isodate
from app.services import audit_seals, audit_search
from app.services.audit_search import MOST_COUNTED, Filters, Line
from app.services.audit_words import ACTIONS
from app.services.listing import MOST_IN_FILE

PAGE_SIZE = 50
MOST_DIGITS = 18
MOST_VERIFIED = 100_000
"""How many events a page verifies, which takes some seconds; more are left to the command."""
_COLUMNS = (
    "time (UTC)",
    "account",
    "name",
    "role",
    "act",
    "act in words",
    "patient number",
    "patient",
    "about",
    "details",
    "origin",
)


class FilterForm(Form):
    """What the trail is narrowed by."""

    patient = SearchField("Patient name or number")
    account = SearchField("Username")
    act = SelectField("What was done", validate_choice=False)
    since = StringField("From")
    until = StringField("Until")

    def asked(self) -> Filters:
        """The filters of the address; an act that has no words can be asked for, too."""
        words = dict(sorted(ACTIONS.items(), key=lambda act: act[1]))
        chosen = self.act.data or ""
        self.act.choices = {"": "Anything"} | ({} if not chosen or chosen in words else {chosen: chosen}) | words
        return Filters(
            patient=self.patient.data or "",
            username=self.account.data or "",
            action=chosen,
            since=read_date(self.since.data or ""),
            until=read_date(self.until.data or ""),
        )


@blueprint.get("/audit")
@writes
def audit() -> Response:
    """Show what was done, the newest first."""
    filters = FilterForm(request.args)
    before = request.args.get("before", "")
    key = int(before) if before.isascii() and before.isdigit() and len(before) <= MOST_DIGITS else None
    page = audit_search.find(actor(), filters.asked(), before=key, limit=PAGE_SIZE)
    narrowed = {name: value for name, value in filters.data.items() if value}
    return render(
        "admin/audit.html",
        filters=filters,
        narrowed=narrowed,
        page=page,
        is_first=key is None,
        acts=ACTIONS,
        in_words=details_in_words,
        most_counted=MOST_COUNTED,
        most_in_file=MOST_IN_FILE,
    )


@blueprint.get("/audit/events.csv")
@writes
def audit_file() -> Response:
    """What the filters leave, as CSV."""
    lines = audit_search.file_of(actor(), FilterForm(request.args).asked())
    return download_csv("audit", _COLUMNS, map(_cells, lines))


@blueprint.get("/audit/seals")
def seals() -> Response:
    """How much of the trail is sealed; `?verify=yes` works the seals out anew, as far as that is quick."""
    state = audit_seals.state(actor())
    is_long = state.events > MOST_VERIFIED
    is_asked = request.args.get("verify") == "yes" and not is_long
    verdict = audit_seals.verify_for(actor()) if is_asked else None
    return render("admin/audit_seals.html", state=state, verdict=verdict, is_long=is_long, most_verified=MOST_VERIFIED)


def details_in_words(details: dict[str, Any]) -> str:
    """What an event tells beside the rest, on one line."""
    return "; ".join(f"{name.replace('_', ' ')}: {_plain(value)}" for name, value in details.items())


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _cells(line: Line) -> list[object]:
    words = ACTIONS.get(line.action, "")
    who = [isodate(line.at), line.username, line.who, line.role]
    return [
        *who,
        line.action,
        words,
        line.patient_id,
        line.patient,
        line.about,
        details_in_words(line.details),
        line.origin,
    ]
