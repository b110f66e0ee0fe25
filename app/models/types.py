"""The vocabulary of column types: keys, UTC moments, names that are unique without regard to case."""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, ForeignKey, Identity, Integer, Text, TypeDecorator
from sqlalchemy.orm import mapped_column

KEY = BigInteger().with_variant(Integer(), "sqlite")
BIGGEST_KEY = 2**63 - 1


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment: `timestamptz` on PostgreSQL, UTC without an offset on SQLite. Naive values are refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """PostgreSQL's own type knows the time zone."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Into the database, in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "A moment without a time zone reached the database."
            raise ValueError(message)
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:  # noqa: ARG002 (SQLAlchemy)
        """Out of the database, aware, in UTC; in one step, since lists have hundreds of moments."""
        return _from_text if dialect.name == "sqlite" else _from_moment


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(f"{value}+00:00")


def _from_moment(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


def is_key(number: int) -> bool:
    """Whether a row could have this key. The databases refuse to compare their keys with anything larger."""
    return 0 < number <= BIGGEST_KEY


def enum_type(kind: type[enum.Enum], name: str) -> Enum:
    """A text column that holds the enum's values, guarded by a named CHECK on both databases."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=20,
        values_callable=lambda members: [member.value for member in members],
    )


def name_key(text: str) -> str:
    """The form of a name that is compared: what people read as the same name has the same key."""
    return unicodedata.normalize("NFKC", " ".join(text.split())).casefold()


def foreign_key(target: str, *, ondelete: str | None = None) -> ForeignKey:
    """A reference to another table's key; deletes are refused by the database unless said otherwise."""
    return ForeignKey(target, ondelete=ondelete or "RESTRICT")


pk = Annotated[int, mapped_column(KEY, Identity(), primary_key=True)]
utc = Annotated[datetime, mapped_column(UtcDateTime())]
text = Annotated[str, mapped_column(Text())]
document = Annotated[dict[str, Any], mapped_column(JSON())]
