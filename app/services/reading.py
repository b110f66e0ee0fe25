"""Reading plain rows past the ORM, by statements that are made once: for what is asked all the time.

Making a statement anew and having the session run it costs several times what SQLite takes to answer it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVarTuple

from sqlalchemy import CompoundSelect, CursorResult, Select

from app.extensions import db

Columns = TypeVarTuple("Columns")


def read(
    statement: Select[*Columns] | CompoundSelect[*Columns], parameters: Mapping[str, object]
) -> CursorResult[*Columns]:
    """Run a statement in this unit of work with values for its `bindparam`s; others that come along are ignored.

    What is not flushed yet, it does not see.
    """
    return db.session.connection().execute(statement, parameters)
