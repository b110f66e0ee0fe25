"""Records that were opened in an emergency: by whom, why, what was read, and whether somebody has looked into it."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, request
from wtforms import SearchField, SelectField, StringField, TextAreaField

from app.clock import to_local
from app.http import writes
from app.identity import actor
from app.models import EmergencyAccess
from app.pages.admin.entrance import blueprint
from app.pages.downloads import download_csv
from app.pages.filters import FilterForm
from app.pages.forms import PortalForm, as_typed
from app.pages.free_times import read_date
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.services import emergency_oversight as service

PAGE_SIZE = 20
_STATES: dict[str, tuple[str, bool | None]] = {
    "": ("All", None),
    "waiting": ("Waiting", False),
    "checked": ("Looked into", True),
}
_COLUMNS = (
    "id",
    "opened",
    "ended",
    "doctor",
    "account",
    "patient number",
    "patient",
    "reason",
    "looked into",
    "by",
    "note",
)


class Filters(FilterForm):
    """Which accesses the list shows, and in which order."""

    search = SearchField("Doctor, patient or reason")
    state = SelectField("Show", choices={value: label for value, (label, _) in _STATES.items()})
    since = StringField("From")
    until = StringField("Until")
    order = SelectField("Sort by", choices={"newest": "Newest", "oldest": "Oldest"})


class CheckForm(PortalForm):
    """What came of looking into it."""

    note = TextAreaField(
        "What did you find? (optional)",
        filters=[as_typed],
        description="Admins read it. Leave out what the record says.",
    )


@blueprint.get("/emergency-accesses")
def emergencies() -> Response:
    """All accesses, or those that the filters leave."""
    filters, asked = _filters()
    found, paging = paged(
        PAGE_SIZE,
        lambda limit, offset: service.find(actor(), **asked, limit=limit, offset=offset),
        shrinks=True,
    )
    return render("admin/emergencies.html", filters=filters, accesses=found.rows, paging=paging)


@blueprint.get("/emergency-accesses/emergency-accesses.csv")
@writes
def emergencies_file() -> Response:
    """The accesses that the filters leave, as CSV."""
    _, asked = _filters()
    rows = [
        [
            access.id,
            access.opened_at.isoformat(),
            access.ends_at.isoformat(),
            access.doctor.name,
            access.doctor.account.username if access.doctor.account else None,
            access.patient_id,
            access.patient.name,
            access.reason,
            access.check.checked_at.isoformat() if access.check else None,
            access.check.account.username if access.check else None,
            access.check.note if access.check else None,
        ]
        for access in service.export(actor(), **asked)
    ]
    return download_csv("emergency-accesses", _COLUMNS, rows)


@blueprint.route("/emergency-accesses/<int:access_id>", methods=["GET", "POST"])
def emergency(access_id: int) -> Response:
    """Show on GET one access, and what leads to what was read; on POST note that it was looked into."""
    form = CheckForm()
    if form.validate_on_submit():
        with form.refusals():
            service.check(actor(), access_id, note=form.note.data or "")
            flash("It is noted that you have looked into it.")
            return see_other("admin.emergency", access_id=access_id)
    access = service.get(actor(), access_id)
    return render(
        "admin/emergency.html",
        form=form,
        access=access,
        is_own=service.is_own(actor(), access),
        read=_what_was_read(access),
        longest=service.LONGEST_NOTE,
    )


def _what_was_read(access: EmergencyAccess) -> dict[str, Any]:
    """The filters of the audit trail that lead to what the doctor did with the record on those days."""
    return {
        "patient": access.patient_id,
        "account": access.doctor.account.username if access.doctor.account else None,
        "since": to_local(access.opened_at).date().isoformat(),
        "until": to_local(access.ends_at).date().isoformat(),
    }


def _filters() -> tuple[Filters, dict[str, Any]]:
    """The filters of the address, those that are none left out, and what they ask of the list."""
    filters = Filters(request.args)
    return filters, {
        "search": filters.search.data or "",
        "is_checked": _STATES[filters.state.data][1],
        "since": read_date(filters.since.data or ""),
        "until": read_date(filters.until.data or ""),
        "is_oldest_first": filters.order.data == "oldest",
    }
