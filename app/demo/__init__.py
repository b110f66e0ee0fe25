"""A made-up hospital for trying the portal out: the same people each time, with visits around today."""

from __future__ import annotations

from sqlalchemy import exists, select

from app.clock import now
from app.extensions import db, settings
from app.models import Account

PASSWORD = "demo-portal-2026"  # noqa: S105 (published on purpose: demo data are refused in production)

KNOWN_ACCOUNTS = (
    ("patient", "books visits, for herself and her child"),
    ("doctor", "has a full day, and requests to answer"),
    ("newdoctor", "waits to be approved as a doctor"),
    ("admin", "approves doctors and runs the hospital's data"),
)
"""Usernames of the accounts that `welcome` tells of, and what each is for."""


def seed() -> bool:
    """Fill an empty database in the caller's transaction; False, and nothing done, where there is any account."""
    if db.session.scalar(select(exists(select(Account.id)))):
        return False
    # Loaded here: the libraries that invent names and draw pictures would slow down every start of the portal.
    from app.demo import seeding  # noqa: PLC0415

    seeding.fill(now(), PASSWORD)
    return True


def welcome() -> str:
    """The portal's address and, where they are, the known demo accounts, for somebody at a terminal."""
    names = [name for name, _ in KNOWN_ACCOUNTS]
    present = set(db.session.scalars(select(Account.username_key).where(Account.username_key.in_(names))))
    lines = [f"{settings.hospital_name}: {settings.public_url}"]
    if present:
        width = max(map(len, present))
        lines += ["", f"Demo accounts, all with the password {PASSWORD}:"]
        lines += [f"  {name:<{width}}  {purpose}" for name, purpose in KNOWN_ACCOUNTS if name in present]
    return "\n".join(lines)
