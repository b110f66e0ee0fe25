"""Departments, and the vocabularies that describe doctors."""

from __future__ import annotations

from datetime import time

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates

from app.extensions import Base
from app.models.types import name_key, pk, text


class _Named:
    """A vocabulary entry: its name is unique without regard to case."""

    id: Mapped[pk]
    name: Mapped[text]
    name_key: Mapped[text] = mapped_column(unique=True)

    @validates("name")
    def _keep_key(self, _column: str, value: str) -> str:
        self.name_key = name_key(value)
        return value


class Department(_Named, Base):
    """A part of the hospital; clinical records belong to one."""

    __tablename__ = "department"

    location: Mapped[text] = mapped_column(default="")
    description: Mapped[text] = mapped_column(default="")


class Designation(_Named, Base):
    """A doctor's grade, such as Consultant."""

    __tablename__ = "designation"

    slug: Mapped[text] = mapped_column(unique=True)


class Specialisation(_Named, Base):
    """A doctor's field, such as Cardiology."""

    __tablename__ = "specialisation"

    slug: Mapped[text] = mapped_column(unique=True)


class AvailableTime(Base):
    """A catalogue entry of document 001: a start time, or a range, kept as people typed it."""

    __tablename__ = "available_time"
    __table_args__ = (CheckConstraint("ends IS NULL OR ends > starts", name="ends_after_start"),)

    id: Mapped[pk]
    label: Mapped[text] = mapped_column(unique=True)
    starts: Mapped[time] = mapped_column(index=True)
    ends: Mapped[time | None]
