"""The filters of a list, as the address has them."""

from __future__ import annotations

from typing import Any

from wtforms import Form, SelectField


class FilterForm(Form):
    """What a list is narrowed by. A choice that there is not counts as the first one, which is the usual."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for field in self:
            if isinstance(field, SelectField) and field.choices:
                values = [choice[0] for choice in field.iter_choices()]
                if field.data not in values:
                    field.data = values[0]
