"""Imports of doctors and patients from files: brought in, looked at while and after they are checked, and decided."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Response, flash, request
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, SelectField

from app.errors import NotFound
from app.http import writes
from app.identity import actor
from app.models import ImportBatch, ImportKind, ImportRow
from app.pages.admin.entrance import blueprint
from app.pages.downloads import download_csv
from app.pages.filters import FilterForm
from app.pages.forms import PortalForm
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.policy import Actor
from app.services import imports as service
from app.services.idempotency import once_for_form
from app.services.import_checks import WHOLE_ROW
from app.services.import_columns import COLUMNS, PROBLEM
from app.services.import_files import MOST_BYTES, MOST_ROWS

PAGE_SIZE = 20
ROWS_ON_A_PAGE = 50
_SHOWN: dict[str, tuple[str, bool | None]] = {
    "all": ("All rows", None),
    "refused": ("Refused", False),
    "added": ("Would be added", True),
}
_LONGEST_QUOTED = 60
_KNOWN_BY = {ImportKind.DOCTORS: "department", ImportKind.PATIENTS: "date_of_birth"}
"""By what else, beside the name, people know whom a row is about."""


class Filters(FilterForm):
    """Which rows the outcome shows."""

    show = SelectField("Outcome", choices={value: label for value, (label, _) in _SHOWN.items()})


class UploadForm(PortalForm):
    """A file to be imported. `key` comes with the form: however often it is sent, it is one import."""

    file = FileField(
        "File",
        [FileRequired("Choose a file.")],
        description=f"An Excel file (.xlsx) or a CSV file in UTF-8, of at most {MOST_ROWS:,} rows and "
        f"{MOST_BYTES // 1024**2} MB.",
        render_kw={"accept": ".csv,.xlsx"},
    )
    key = HiddenField()


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a cell, or with a whole row: then `place` and `column` are empty."""

    place: str
    column: str
    sentence: str
    written: str


@blueprint.get("/imports")
def imports() -> Response:
    """All imports, the newest first."""
    found, paging = paged(PAGE_SIZE, lambda limit, offset: service.find(actor(), limit=limit, offset=offset))
    return render("admin/imports.html", batches=found.rows, who=service.who(actor(), found.rows), paging=paging)


@blueprint.route("/imports/new", methods=["GET", "POST"])
def new_import() -> Response:
    """Ask on GET for a file, and say what has to be in it; on POST have it checked, once."""
    kind, form = _asked_kind(request.args.get("of", "")), UploadForm()
    if form.validate_on_submit():
        with form.refusals():
            content, name = form.file.data.read(), form.file.data.filename or ""
            table = service.read(kind, content)
            made = once_for_form(
                actor(),
                key=form.key.data or "",
                values=["import", kind.value, hashlib.sha256(content).hexdigest()],
                act=lambda: {"id": service.start(actor(), kind, name, table).id},
            )
            return see_other("admin.import_batch", batch_id=made["id"])
    form.key.data = form.key.data or str(uuid.uuid4())
    return render("admin/new_import.html", form=form, kind=kind, columns=COLUMNS[kind])


@blueprint.get("/imports/template/<any('doctors', 'patients'):of>.csv")
def import_template(of: str) -> Response:
    """A file with the headings, to be filled in."""
    return download_csv(f"{of}-to-import", [column.title for column in COLUMNS[ImportKind(of)]], [])


@blueprint.get("/imports/<int:batch_id>")
def import_batch(batch_id: int) -> Response:
    """How an import stands: how far the work is, or what the check has found, or what was done."""
    return _show(batch_id, PortalForm(formdata=None))


@blueprint.get("/imports/<int:batch_id>/problems.csv")
@writes
def import_problems(batch_id: int) -> Response:
    """The file as it was brought in, with a column that says what is wrong with each row."""
    batch = service.get(actor(), batch_id)
    columns = [column for column in COLUMNS[batch.kind] if column.key in batch.letters]
    rows = [
        [
            *(row.cells.get(column.key, "") for column in columns),
            " ".join(f"{one.column}: {one.sentence}" if one.column else one.sentence for one in _problems(batch, row)),
        ]
        for row in service.all_rows(actor(), batch)
    ]
    return download_csv(f"{batch.kind.value}-checked", [*(column.title for column in columns), PROBLEM], rows)


@blueprint.post("/imports/<int:batch_id>/import")
def carry_out_import(batch_id: int) -> Response:
    """Add all that the rows are about."""
    return _decide(batch_id, service.carry_out)


@blueprint.post("/imports/<int:batch_id>/check")
def check_import(batch_id: int) -> Response:
    """Check the rows anew."""
    return _decide(batch_id, service.check_again)


@blueprint.post("/imports/<int:batch_id>/delete")
def abandon_import(batch_id: int) -> Response:
    """Delete the rows, and import nothing."""
    return _decide(batch_id, service.abandon, done="The rows are deleted. Nothing was imported.")


def _decide(batch_id: int, act: Callable[[Actor, int], None], done: str = "") -> Response:
    form = PortalForm()
    if form.validate_on_submit():
        with form.refusals():
            act(actor(), batch_id)
            if done:
                flash(done)
            return see_other("admin.import_batch", batch_id=batch_id)
    return _show(batch_id, form)


def _show(batch_id: int, form: PortalForm) -> Response:
    batch, filters = service.get(actor(), batch_id), Filters(request.args)
    _, is_accepted = _SHOWN[filters.show.data]
    found, paging = paged(
        ROWS_ON_A_PAGE,
        lambda limit, offset: service.rows(actor(), batch, is_accepted=is_accepted, limit=limit, offset=offset),
        shrinks=True,
    )
    titles = {column.key: column.title for column in COLUMNS[batch.kind]}
    return render(
        "admin/import.html",
        form=form,
        batch=batch,
        who=service.who(actor(), [batch]),
        filters=filters,
        rows=found.rows if batch.is_waiting else [],
        problems={row.id: _problems(batch, row) for row in found.rows},
        known_by=(_KNOWN_BY[batch.kind], titles[_KNOWN_BY[batch.kind]]),
        paging=paging,
    )


def _problems(batch: ImportBatch, row: ImportRow) -> Sequence[Problem]:
    """What is wrong with a row, in the order of the columns; what concerns all of it first."""
    whole = [Problem("", "", row.problems[WHOLE_ROW], "")] if WHOLE_ROW in row.problems else []
    return [
        *whole,
        *(
            Problem(
                f"{batch.letters[column.key]}{row.number}" if column.key in batch.letters else "",
                column.title,
                row.problems[column.key],
                _quoted(row.cells.get(column.key, "")),
            )
            for column in COLUMNS[batch.kind]
            if column.key in row.problems
        ),
    ]


def _quoted(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTED else f"{text[: _LONGEST_QUOTED - 1]}…"


def _asked_kind(of: str) -> ImportKind:
    try:
        return ImportKind(of)
    except ValueError:
        raise NotFound from None
