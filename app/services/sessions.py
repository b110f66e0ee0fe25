"""Server-side sessions: opened at sign-in, found by a cookie's secret or a token, ended at once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import jwt
from jwt.types import Options
from sqlalchemy import Select, bindparam, exists, or_, select, update

from app.clock import now
from app.errors import NotFound, Unauthorized
from app.extensions import db, given_settings, settings
from app.models import Account, Approval, Doctor, HospitalSettings, SecondFactor, Session, SessionKind
from app.models.types import is_key
from app.policy import Actor, without_staff_rights
from app.services import audit
from app.services.reading import fixed, read
from app.services.statements import Fixed

_ALGORITHM = "HS256"

_LIVE = (
    select(
        Session.id,
        Account.id,
        Account.first_name,
        Account.last_name,
        Account.username,
        Account.is_admin,
        Doctor.id,
        Doctor.department_id,
        Session.last_seen_at,
        exists().where(SecondFactor.account_id == Account.id, SecondFactor.confirmed_at.is_not(None)),
        # Not by a statement of its own: programs of staff ask all the time.
        select(HospitalSettings.second_factor_required).scalar_subquery(),
    )
    .join(Account, Account.id == Session.account_id)
    .outerjoin(
        Doctor,
        (Doctor.account_id == Account.id) & (Doctor.approval == Approval.APPROVED) & Doctor.deleted_at.is_(None),
    )
    .where(
        Session.kind == bindparam("kind"),
        Session.ended_at.is_(None),
        Session.expires_at > bindparam("now"),
        Account.is_active,
    )
)
_BY_KEY = fixed(_LIVE.where(Session.id == bindparam("key")))
_BY_SECRET = fixed(_LIVE.where(Session.token_hash == bindparam("key")))


SEEN_EVERY = timedelta(minutes=2)
"""How often at most it is written down that a browser is in use: reading a page is no reason to write each time."""


@dataclass(frozen=True, slots=True)
class Presence:
    """A browser's session: whose it is, and until when it lasts unless the browser is used again."""

    actor: Actor
    seen_at: datetime

    @property
    def ends_at(self) -> datetime:
        """The end of the idle time that the actor may take."""
        return self.seen_at + idle_limit(self.actor)

    @property
    def is_over(self) -> bool:
        """Whether the browser was left alone for too long."""
        return now() >= self.ends_at


@dataclass(frozen=True, slots=True)
class Tokens:
    """A pair of JWTs of one session (documents 001 and 003)."""

    access: str
    refresh: str


def open_session(account: Account, kind: SessionKind, *, origin: str, user_agent: str = "") -> tuple[Session, str]:
    """A new session of a flushed account, and the secret that a browser's cookie keeps; only its hash is stored."""
    secret = secrets.token_urlsafe(32)
    lifetime = (
        timedelta(hours=settings.browser_session_hours)
        if kind is SessionKind.BROWSER
        else timedelta(days=settings.refresh_token_days)
    )
    session = Session(
        account_id=account.id,
        kind=kind,
        token_hash=_hash(secret),
        origin=origin,
        user_agent=user_agent[:300],
        expires_at=now() + lifetime,
    )
    db.session.add(session)
    db.session.flush()
    actor = Actor(account_id=account.id, origin=origin)
    audit.record(actor, "session.opened", session, kind=kind.value)
    return session, secret


def actor_by_secret(secret: str, *, origin: str) -> Actor | None:
    """The actor of a browser's live session, or None."""
    found = presence(secret, origin=origin)
    return None if found is None or found.is_over else found.actor


def presence(secret: str, *, origin: str) -> Presence | None:
    """A browser's session, also one that was left alone for too long; None for one that has ended otherwise."""
    return _presence(_BY_SECRET, _hash(secret), SessionKind.BROWSER, origin)


def idle_limit(actor: Actor) -> timedelta:
    """For how long somebody may leave a browser alone: staff sees more, and leaves desks more often."""
    is_staff = actor.is_admin or actor.is_doctor
    return timedelta(minutes=settings.idle_minutes_staff if is_staff else settings.idle_minutes_patient)


def is_use_due(found: Presence) -> bool:
    """Whether it is time to write down again that a browser is in use."""
    return now() - found.seen_at >= min(SEEN_EVERY, idle_limit(found.actor) / 4)


def note_use(found: Presence) -> Presence:
    """Write down that a browser is in use now."""
    moment = now()
    live = (Session.id == found.actor.session_id, Session.ended_at.is_(None), Session.last_seen_at < moment)
    db.session.execute(update(Session).where(*live).values(last_seen_at=moment))
    return Presence(found.actor, moment)


def own(actor: Actor) -> Sequence[Session]:
    """The actor's live sessions, the latest first: browsers and programs."""
    return db.session.scalars(_live_of(actor).order_by(Session.last_seen_at.desc(), Session.id.desc())).all()


def end_one(actor: Actor, session_id: int) -> Session:
    """End one of the actor's live sessions. Raises NotFound for any other."""
    if not is_key(session_id):
        raise NotFound
    session = db.session.scalars(_live_of(actor).where(Session.id == session_id)).one_or_none()
    if session is None:
        raise NotFound
    session.ended_at = now()
    db.session.flush()
    audit.record(actor, "session.ended", session)
    return session


def end_others(actor: Actor) -> int:
    """End all live sessions of the actor but the one in which this is asked, and say how many there were."""
    others = [session for session in own(actor) if session.id != actor.session_id]
    for session in others:
        session.ended_at = now()
        audit.record(actor, "session.ended", session)
    db.session.flush()
    return len(others)


def _live_of(actor: Actor) -> Select[Session]:
    moment = now()
    in_use = or_(Session.kind == SessionKind.API, Session.last_seen_at > moment - idle_limit(actor))
    mine = (Session.account_id.is_not(None), Session.account_id == actor.account_id)
    return select(Session).where(*mine, Session.ended_at.is_(None), Session.expires_at > moment, in_use)


def actor_by_access_token(token: str, *, origin: str) -> Actor | None:
    """The actor of a live session that a valid access token belongs to, or None."""
    key = _session_of(token, "access")
    return None if key is None else _actor(_BY_KEY, key, SessionKind.API, origin)


def issue(session: Session) -> Tokens:
    """The tokens of an API session: access for `access_token_hours`, refresh as long as the session."""
    return Tokens(
        access=_sign(session.id, "access", timedelta(hours=settings.access_token_hours)),
        refresh=_sign(session.id, "refresh", timedelta(days=settings.refresh_token_days)),
    )


def refresh(token: str, *, origin: str) -> str:
    """A new access token for a refresh token. Raises Unauthorized for a token that is not, or no longer, good."""
    key = _session_of(token, "refresh")
    if key is None or _actor(_BY_KEY, key, SessionKind.API, origin) is None:
        message = "The refresh token is invalid or has expired. Sign in again."
        raise Unauthorized(message)
    return _sign(key, "access", timedelta(hours=settings.access_token_hours))


def end(actor: Actor, *, refresh_token: str | None = None) -> bool:
    """Sign out: end the actor's session and, where given, a refresh token's. Says whether any was there to end."""
    keys = {actor.session_id, _session_of(refresh_token, "refresh") if refresh_token else None} - {None}
    live = db.session.scalars(select(Session).where(Session.id.in_(keys), Session.ended_at.is_(None))).all()
    for session in live:
        session.ended_at = now()
        audit.record(actor, "session.ended", session, account_id=session.account_id)
    return bool(live)


def end_all(account_id: int, *, keep: int | None = None) -> None:
    """End every session of an account, but for the session `keep`."""
    query = update(Session).where(Session.account_id == account_id, Session.ended_at.is_(None))
    db.session.execute((query if keep is None else query.where(Session.id != keep)).values(ended_at=now()))


def _actor(which: Fixed[*tuple[Any, ...]], key: int | str, kind: SessionKind, origin: str) -> Actor | None:
    found = _presence(which, key, kind, origin)
    return found.actor if found else None


def _presence(which: Fixed[*tuple[Any, ...]], key: int | str, kind: SessionKind, origin: str) -> Presence | None:
    """One statement: the live session, its active account, and the approved doctor and the second factor of that."""
    rows = read(which, {"key": key, "kind": kind, "now": now()})
    if not rows:
        return None
    (row,) = rows
    session_id, account_id, first_name, last_name, username, is_admin, doctor_id, department_id, *others = row
    seen_at, has_factor, chosen = others
    actor = Actor(
        account_id=account_id,
        session_id=session_id,
        display_name=f"{first_name} {last_name}".strip() or username,
        is_admin=is_admin,
        doctor_id=doctor_id,
        department_id=department_id,
        origin=origin,
    )
    is_staff = actor.is_admin or actor.is_doctor
    owes = is_staff and not has_factor and (chosen or given_settings.second_factor_required) == "staff"
    return Presence(without_staff_rights(actor) if owes else actor, seen_at)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _key() -> bytes:
    return _derived(settings.secret_key)


@lru_cache(maxsize=4)
def _derived(secret_key: str) -> bytes:
    return hmac.digest(secret_key.encode(), b"api tokens", "sha256")


def _sign(session_id: int, use: str, lifetime: timedelta) -> str:
    claims = {"sid": session_id, "use": use, "exp": now() + lifetime, "iat": now(), "jti": secrets.token_hex(8)}
    return jwt.encode(claims, _key(), algorithm=_ALGORITHM)


def _session_of(token: str, use: str) -> int | None:
    try:
        claims = _signed(token, _key())
    except (jwt.InvalidTokenError, UnicodeError):
        return None
    key = claims["sid"]
    is_good = claims["use"] == use and claims["exp"] > now().timestamp()
    return key if is_good and isinstance(key, int) else None


@lru_cache(maxsize=4096)
def _signed(token: str, key: bytes) -> dict[str, Any]:
    """What a token says, whether it has run out or not. Raises jwt.InvalidTokenError for one that was not signed here.

    Kept, since programs send the same token again and again, and a signature that is right stays right.
    """
    options: Options = {"require": ["exp", "sid", "use"], "verify_exp": False}
    return jwt.decode(token, key, algorithms=[_ALGORITHM], options=options)
