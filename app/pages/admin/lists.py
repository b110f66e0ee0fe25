"""The lists of the catalogue: searched, added to, changed, emptied, saved as CSV. Each entry of catalogue.py is one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any

from flask import Response, flash, request
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, SearchField, SelectField, StringField, TextAreaField

from app.errors import NotFound
from app.identity import actor
from app.pages.admin.entrance import blueprint
from app.pages.downloads import download_csv
from app.pages.filters import FilterForm
from app.pages.forms import PortalForm, as_typed
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.services import catalogue_lists, vocabularies
from app.services.catalogue import CATALOGUE, Vocabulary
from app.services.catalogue_lists import Order
from app.services.idempotency import once_for_form
from app.services.listing import MOST_IN_FILE
from app.services.pictures import read_upload

PAGE_SIZE = 20
LISTS: Mapping[str, Vocabulary[Any]] = {entry.plural.replace(" ", "-"): entry for entry in CATALOGUE}
"""By the name in the address."""

_LIST = "/lists/<name>"
_USED: Mapping[str, tuple[str, bool | None]] = {
    "": ("All", None),
    "yes": ("In use", True),
    "no": ("Not in use", False),
}
_ORDERS = {Order.USUAL.value: "Name", Order.MOST_USED.value: "Most used", Order.NEWEST.value: "Newest"}


class Filters(FilterForm):
    """Which entries a list shows, and in which order."""

    search = SearchField("Search")
    used = SelectField("Show", choices={value: label for value, (label, _) in _USED.items()})
    order = SelectField("Sort by", choices=_ORDERS)


class EntryForm(PortalForm):
    """What all entries have. `key` comes with the form that adds: however often it is sent, it adds one entry."""

    key = HiddenField()


@blueprint.get("/lists")
def lists() -> Response:
    """All lists, with how many entries each has."""
    found = catalogue_lists.overviews(actor(), list(LISTS.values()))
    return render("admin/lists.html", lists=dict(zip(LISTS, found, strict=True)))


@blueprint.get(_LIST)
def entries(name: str) -> Response:
    """The entries of a list."""
    listed = _listed(name)
    filters, asked = _filters()
    found, paging = paged(
        PAGE_SIZE,
        lambda limit, offset: catalogue_lists.find(actor(), listed, **asked, limit=limit, offset=offset),
        shrinks=True,
    )
    return render("admin/entries.html", name=name, list=listed, filters=filters, lines=found.rows, paging=paging)


@blueprint.get(f"{_LIST}/entries.csv")
def entries_file(name: str) -> Response:
    """The entries that the filters leave, as CSV."""
    listed = _listed(name)
    _, asked = _filters()
    found = catalogue_lists.find(actor(), listed, **asked, limit=MOST_IN_FILE, offset=0)
    rows = [
        [line.row.id, *(getattr(line.row, text) for text in listed.texts), "; ".join(line.uses)] for line in found.rows
    ]
    return download_csv(name, ["id", *listed.texts, "in use by"], rows)


@blueprint.route(f"{_LIST}/add", methods=["GET", "POST"])
def add_entry(name: str) -> Response:
    """Ask for a new entry on GET; on POST add it, once."""
    listed = _listed(name)
    form = _form_of(listed)()
    if form.validate_on_submit():
        with form.refusals():
            values = _values(listed, form)
            texts = {text: values[text] for text in listed.texts if text in values}
            once_for_form(
                actor(),
                key=form.key.data or "",
                values=[name, texts],
                act=lambda: {"id": vocabularies.add(actor(), listed, **values).id},
            )
            flash(f"{values[listed.title].strip()} is added.")
            return see_other("admin.entries", name=name)
    form.key.data = form.key.data or str(uuid.uuid4())
    return render("admin/add_entry.html", name=name, list=listed, form=form)


@blueprint.route(f"{_LIST}/<int:key>", methods=["GET", "POST"])
def entry(name: str, key: int) -> Response:
    """Show an entry on GET, to be changed; on POST change it."""
    listed = _listed(name)
    line = catalogue_lists.get(actor(), listed, key)
    title = getattr(line.row, listed.title)
    form = _form_of(listed)(obj=line.row)
    if form.validate_on_submit():
        with form.refusals():
            row = vocabularies.change(actor(), listed, key, **_values(listed, form))
            flash(f"{getattr(row, listed.title)} is saved.")
            return see_other("admin.entries", name=name)
    return render("admin/entry.html", name=name, list=listed, form=form, line=line, title=title)


@blueprint.route(f"{_LIST}/<int:key>/delete", methods=["GET", "POST"])
def delete_entry(name: str, key: int) -> Response:
    """Say on GET what has an entry, and ask; on POST delete it."""
    listed, form = _listed(name), PortalForm()
    if form.validate_on_submit():
        with form.refusals():
            title = getattr(vocabularies.get(actor(), listed, key), listed.title)
            vocabularies.remove(actor(), listed, key)
            flash(f"{title} is deleted.")
            return see_other("admin.entries", name=name)
    line = catalogue_lists.get(actor(), listed, key)
    title = getattr(line.row, listed.title)
    return render("admin/delete_entry.html", name=name, list=listed, form=form, line=line, title=title)


def _listed(name: str) -> Vocabulary[Any]:
    """The list of that name in the address. Raises NotFound."""
    if name not in LISTS:
        raise NotFound
    return LISTS[name]


def _filters() -> tuple[Filters, dict[str, Any]]:
    """The filters of the address, those that are none left out, and what they ask of the list."""
    filters = Filters(request.args)
    _, is_used = _USED[filters.used.data]
    return filters, {"search": filters.search.data or "", "is_used": is_used, "order": Order(filters.order.data)}


@cache
def _form_of(listed: Vocabulary[Any]) -> type[EntryForm]:
    """The form of a list's entries: its texts, and a picture where it has them."""
    fields: dict[str, Any] = {
        name: (TextAreaField if rule.is_prose else StringField)(
            rule.label, description=rule.about, filters=[as_typed] if rule.is_prose else []
        )
        for name, rule in listed.texts.items()
    }
    if listed.has_picture:
        fields["picture"] = FileField(
            "Picture (optional)",
            description="A JPEG, PNG or WebP file of at most 10 MB.",
            render_kw={"accept": "image/jpeg,image/png,image/webp"},
        )
        fields["without_picture"] = BooleanField("Remove the picture")
    return type("ListedForm", (EntryForm,), fields)


def _values(listed: Vocabulary[Any], form: Any) -> dict[str, Any]:
    """What was typed, as the services take it: what may be left out and follows a pattern is left out where empty."""
    typed = {name: form[name].data or "" for name in listed.texts}
    values: dict[str, Any] = {
        name: typed[name] for name, rule in listed.texts.items() if typed[name] or rule.is_required or not rule.pattern
    }
    if listed.has_picture:
        if form.picture.data:
            values["picture"] = read_upload(form.picture.data.read())
        elif form.without_picture.data:
            values["picture"] = None
    return values
