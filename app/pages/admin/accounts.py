"""The accounts as a list: searched, filtered, sorted, saved as CSV, and several deactivated at once."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, request
from wtforms import IntegerField, SearchField, SelectField, SelectMultipleField

from app.http import writes
from app.identity import actor
from app.pages.admin.entrance import blueprint
from app.pages.downloads import download_csv
from app.pages.filters import FilterForm
from app.pages.forms import PortalForm
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.pages.wording import count
from app.services import account_administration, account_lists
from app.services.account_lists import Order, Role

PAGE_SIZE = 20
_ROLES = {"": "All", Role.ADMIN.value: "Administrators", Role.DOCTOR.value: "Doctors", Role.PATIENT.value: "Patients"}
_STATES: dict[str, tuple[str, bool | None]] = {
    "": ("All", None),
    "active": ("Active", True),
    "deactivated": ("Deactivated", False),
}
_ORDERS = {Order.USERNAME.value: "Username", Order.NEWEST.value: "Newest", Order.LAST_SEEN.value: "Last seen"}
_COLUMNS = ("id", "username", "e-mail", "first name", "last name", "roles", "state", "created", "last seen")


class Filters(FilterForm):
    """Which accounts the list shows, and in which order."""

    search = SearchField("Username, e-mail or name")
    role = SelectField("Role", choices=_ROLES)
    state = SelectField("State", choices={value: label for value, (label, _) in _STATES.items()})
    order = SelectField("Sort by", choices=_ORDERS)


class ChosenForm(PortalForm):
    """The accounts that were ticked in the list, and how many visits the page said that it cancels."""

    accounts = SelectMultipleField("Accounts", coerce=int, validate_choice=False)
    seen = IntegerField()


@blueprint.get("/accounts")
def accounts() -> Response:
    """All accounts, or those that the filters leave."""
    filters, asked = _filters()
    found, paging = paged(
        PAGE_SIZE,
        lambda limit, offset: account_lists.find(actor(), **asked, limit=limit, offset=offset),
        shrinks=True,
    )
    return render("admin/accounts.html", filters=filters, lines=found.rows, paging=paging)


@blueprint.get("/accounts/accounts.csv")
@writes
def accounts_file() -> Response:
    """The accounts that the filters leave, as CSV."""
    _, asked = _filters()
    rows = [
        [
            line.id,
            line.username,
            line.email,
            line.first_name,
            line.last_name,
            "; ".join(role.value for role in line.roles),
            "active" if line.is_active else "deactivated",
            line.created_at.isoformat(),
            line.seen_at.isoformat() if line.seen_at else None,
        ]
        for line in account_lists.export(actor(), **asked)
    ]
    return download_csv("accounts", _COLUMNS, rows)


@blueprint.route("/accounts/deactivate", methods=["GET", "POST"])
def deactivate_accounts() -> Response:
    """Say on GET what happens to the accounts that were ticked; on POST deactivate them, all or none."""
    form = ChosenForm(formdata=request.form if request.method == "POST" else request.args)
    chosen = form.accounts.data or []
    if form.validate_on_submit():
        with form.refusals():
            cancelled = account_administration.deactivate_all(actor(), chosen, seen=form.seen.data or 0)
            told = f" {count(cancelled, 'visit')} cancelled; the patients are told." if cancelled else ""
            flash(f"{count(len(set(chosen)), 'account')} deactivated.{told}")
            return see_other("admin.accounts")
    lines = account_lists.chosen(actor(), chosen)
    visits = account_administration.coming_visits(actor(), [line.id for line in lines])
    return render("admin/deactivate_accounts.html", form=form, lines=lines, visits=visits)


def _filters() -> tuple[Filters, dict[str, Any]]:
    """The filters of the address, those that are none left out, and what they ask of the list."""
    filters = Filters(request.args)
    return filters, {
        "search": filters.search.data or "",
        "role": Role(filters.role.data) if filters.role.data else None,
        "is_active": _STATES[filters.state.data][1],
        "order": Order(filters.order.data),
    }
