"""The form that all pages build on: what a service refuses appears at its field, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from flask_wtf import FlaskForm

from app import unit_of_work
from app.errors import Conflict, Invalid, TooMany
from app.http import refusal_of


def _storable(value: Any) -> Any:
    """What was typed, without NUL, which PostgreSQL refuses."""
    return value.replace("\0", "") if isinstance(value, str) else value


def as_typed(text: str | None) -> str:
    """A filter for several lines: browsers send two characters for a new line, which people count as one."""
    return (text or "").replace("\r\n", "\n")


class PortalForm(FlaskForm):
    """A form that shows what the services refuse: `refusal` is the last one, `status` what the page answers with."""

    refusal: Invalid | Conflict | TooMany | None = None

    class Meta(FlaskForm.Meta):
        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            """Have every field drop what no database stores."""
            filters = [*unbound_field.kwargs.get("filters", ()), _storable]
            return unbound_field.bind(form=form, filters=filters, **options)

    @property
    def status(self) -> HTTPStatus:
        """200 for a page that only shows the form, 400, 409 or 429 for one that shows what is wrong."""
        if self.refusal is not None:
            return refusal_of(self.refusal).status
        return HTTPStatus.BAD_REQUEST if self.errors else HTTPStatus.OK

    @contextmanager
    def refusals(self, *also: type[TooMany], keeps: bool = False) -> Iterator[None]:
        """Show what a service refuses on this form, instead of an error page; what it had begun is rolled back.

        Of TooMany there is an error page, unless a form with much to type names it too. `keeps`: what was written
        before stays, such as a draft; the service has to refuse before it writes anything.
        """
        shown: tuple[type[Invalid | Conflict | TooMany], ...] = (Invalid, Conflict, *also)
        try:
            yield
        except shown as refusal:
            if not keeps:
                unit_of_work.mark_rollback_only()
            self.refusal = refusal
            placed = False
            for name, sentences in getattr(refusal, "errors", {}).items():
                if name in self._fields:
                    self._fields[name].errors = list(sentences)
                    placed = True
            if not placed:
                self.form_errors.append(refusal.message)
