"""Which clinical records contain the words that somebody looks for (docs/adr/0009)."""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import ColumnElement, Dialect, String, TypeDecorator, bindparam, column, false, func, select, table
from sqlalchemy import literal_column as written

from app.extensions import db
from app.models import ClinicalRecord
from app.models.record_words import ACCENTS, SEPARATORS, TABLE
from app.services.search import words

_ACCENTS = re.compile(f"[{ACCENTS}]")
_SEPARATORS = re.compile(f"[{SEPARATORS}]+")
_WORDS = table(TABLE, column("rowid"), column("record_id"), column("words"), column(TABLE))

LONGEST_WORD = 200
"""How many characters of a word are looked for: PostgreSQL refuses to look for one of more than 2,046 bytes."""
NEWEST_FIRST = (ClinicalRecord.created_at.desc(), ClinicalRecord.id.desc())


def matching(search: str) -> list[ColumnElement[bool]]:
    """The conditions of a search: none for one without words.

    Every word must be the beginning of a word in one of the five texts, without regard to case and accents: "pneumo"
    finds "Pneumonia". What one writes without a blank, such as "120/80" or "x-ray", must stand there one after the
    other. No sign has a meaning of its own; a search of signs alone finds nothing.
    """
    wanted = pieces_of(search)
    if not wanted:
        return [false()] if words(search) else []
    query = bindparam(None, wanted, type_=_Query(), unique=True)
    if db.engine.dialect.name == "postgresql":
        found = select(_WORDS.c.record_id).where(
            _WORDS.c.words.op("@@")(func.to_tsquery(written("'pg_catalog.simple'"), query))
        )
    else:
        found = select(_WORDS.c.rowid).where(_WORDS.c[TABLE].op("MATCH")(query))
    return [ClinicalRecord.id.in_(found)]


def page(*conditions: ColumnElement[bool], limit: int, offset: int) -> tuple[list[int], int]:
    """The keys of one page of the records that fit, newest first, and how many fit.

    One statement, in which the database goes once through what a search finds: told of the limit at that point, it
    would rather try one record after the other. Another one counts for a page that does not exist.
    """
    found = select(ClinicalRecord.id, ClinicalRecord.created_at).where(*conditions).cte("found")
    count = select(func.count()).select_from(found)
    newest = select(found.c.id, count.scalar_subquery()).order_by(found.c.created_at.desc(), found.c.id.desc())
    rows = db.session.execute(newest.limit(limit).offset(offset)).all()
    if rows or not offset:
        return [key for key, _ in rows], rows[0][1] if rows else 0
    return [], db.session.scalar(count) or 0


def pieces_of(search: str) -> list[list[str]]:
    """The words that are looked for, as both databases have them: without accents, in pieces where signs are."""
    split = (_SEPARATORS.split(without_accents(word[:LONGEST_WORD])) for word in words(search))
    wanted = ([piece for piece in pieces if any(map(str.isalnum, piece))] for pieces in split)
    return [pieces for pieces in wanted if pieces]


def without_accents(text: str) -> str:
    """The text with its letters only: "é" is "e"."""
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text)))


class _Query(TypeDecorator[list[list[str]]]):
    """Words in pieces, as a query in the language of the database; quoted, so that none of them is an operator."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: list[list[str]] | None, dialect: Dialect) -> str:
        """All words, of each the pieces one after the other, of which the last may be longer in the text."""
        if dialect.name == "postgresql":
            return " & ".join(" <-> ".join(f"'{piece}'" for piece in pieces) + ":*" for pieces in value or ())
        return " AND ".join(f'"{" ".join(pieces)}" *' for pieces in value or ())
