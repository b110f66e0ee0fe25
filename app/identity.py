"""Who is asking: a browser's session cookie or a program's bearer token, made into the same Actor."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

from flask import Response, after_this_request, current_app, g, request
from flask import session as cookie
from flask_login import UserMixin, current_user, login_user, logout_user
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app import unit_of_work
from app.errors import NotFound
from app.extensions import login_manager, read_only, settings
from app.http import face
from app.models import Account, SessionKind
from app.policy import Actor
from app.services import account_links, audit, devices, sessions
from app.services.account_links import Purpose
from app.services.sessions import Presence

_SCHEMES = ("bearer", "token")
BACKGROUND = "X-Background"
"""The header of what a page asks by itself: it does not count as use."""

_FIRST_STEP = "first_step"
_MARKS_LAST = timedelta(days=400)
"""As long as browsers keep a cookie at most (RFC 6265bis)."""

_FILES = frozenset({None, "static", "public.media", "public.calendar_feed"})


class SignedIn(UserMixin):
    """What Flask-Login keeps for a request: the actor, and the secret by which the cookie names the session."""

    def __init__(self, found: Presence, secret: str) -> None:
        self.found = found
        self.secret = secret

    @property
    def actor(self) -> Actor:
        """Whose session it is."""
        return self.found.actor

    def get_id(self) -> str:
        """What goes into the cookie."""
        return self.secret


def actor() -> Actor:
    """Who is asking. A stranger is an actor without an account.

    On the JSON face the token alone says so, without Flask-Login: a cookie never counts, so none needs a CSRF token.
    """
    if face() == "api":
        if "program" not in g:
            g.program = _by_token() or Actor(origin=origin())
        program: Actor = g.program
        return program
    known = current_user._get_current_object()  # noqa: SLF001 (the way out of the proxy)
    return known.actor if isinstance(known, SignedIn) else Actor(origin=origin())


def origin() -> str:
    """The caller's network address, behind as many proxies as the settings trust."""
    return request.remote_addr or ""


@login_manager.user_loader
def _from_cookie(secret: str) -> SignedIn | None:
    found = sessions.presence(secret, origin=origin())
    if found is not None and found.is_over:
        g.left_alone = found.actor
        return None
    return SignedIn(found, secret) if found else None


def presence() -> Presence | None:
    """The session of the browser that asks, and until when it lasts; None for a stranger and for programs."""
    if face() == "api":
        return None
    known = current_user._get_current_object()  # noqa: SLF001 (the way out of the proxy)
    return known.found if isinstance(known, SignedIn) else None


def idle_minutes() -> int | None:
    """How many minutes the browser that asks was left alone for when its session ended by that; None if it did not."""
    left = left_alone()
    return None if left is None else int(sessions.idle_limit(left).total_seconds() // 60)


def left_alone() -> Actor | None:
    """Whose session ended because the browser that asks was left alone: nobody who may see or do anything any more."""
    return None if actor().is_signed_in else g.get("left_alone")


def note_use(response: Response) -> Response:
    """Write down, now and then, that the browser is in use: after the view, in a transaction of its own.

    What a page asks by itself (BACKGROUND) is no use, nor are files. If the database is too busy, the next one counts.
    """
    is_known = "_login_user" in g and request.endpoint not in _FILES and BACKGROUND not in request.headers
    found = presence() if is_known else None
    if found is not None and sessions.is_use_due(found):
        unit_of_work.rollback()  # an error page may have begun to read
        read_only.set(False)
        try:
            with unit_of_work.transaction():
                sessions.note_use(found)
        except (OperationalError, PoolTimeoutError):
            current_app.logger.warning("the use of a session could not be noted")
    return response


def stay() -> Presence | None:
    """Write down at once that somebody is there; the session as it is now, None for a stranger."""
    found = presence()
    return None if found is None else sessions.note_use(found)


def _by_token() -> Actor | None:
    header = request.headers.get("Authorization", "").strip()
    scheme, _, rest = header.partition(" ")
    token = rest.strip() if scheme.lower() in _SCHEMES and rest else header
    return sessions.actor_by_access_token(token, origin=origin()) if token else None


def sign_in(account: Account) -> None:
    """Start a browser session for an account that has just proved who it is, by its second factor too where it has one.

    What the cookie held before is dropped. The browser keeps for long that the account has signed in there: the account
    is told of sign-ins elsewhere.
    """
    row, secret = sessions.open_session(
        account, SessionKind.BROWSER, origin=origin(), user_agent=request.headers.get("User-Agent", "")
    )
    marks = request.cookies.get(_device_cookie(), "").split(".")
    devices.tell_if_new(account, row, marks)
    kept = ".".join(devices.marks_with(account, marks))
    after_this_request(lambda response: _keep_marks(response, kept))
    cookie.clear()
    found = sessions.presence(secret, origin=origin())
    if found is None:
        message = f"session {row.id} was opened but cannot be found"
        raise RuntimeError(message)
    login_user(SignedIn(found, secret))


def _device_cookie() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-device"


def _keep_marks(response: Response, marks: str) -> Response:
    """Give the browser its marks, unless the sign-in came to nothing after all."""
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        return response
    config = current_app.config
    response.set_cookie(
        _device_cookie(),
        marks,
        max_age=_MARKS_LAST,
        secure=config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return response


def begin_sign_in(account: Account) -> None:
    """Keep in the browser, for some minutes, that the password of an account was right: its second factor follows."""
    cookie[_FIRST_STEP] = account_links.token(Purpose.SECOND_STEP, account)


def half_signed_in() -> Account | None:
    """The account whose password was right in this browser a moment ago, and is the same still."""
    try:
        return account_links.owner(Purpose.SECOND_STEP, cookie.get(_FIRST_STEP, ""))
    except NotFound:
        return None


def sign_out() -> None:
    """End the browser session, on the server and in the cookie."""
    sessions.end(actor())
    logout_user()
    cookie.clear()


def note_refusal() -> None:
    """Note in the audit trail, after the refusal's rollback, that the actor may not do what was asked.

    Where the database cannot serve, the refusal still goes out.
    """
    try:
        with unit_of_work.transaction():
            audit.record(actor(), "access.refused", endpoint=request.endpoint)
    except OperationalError:
        current_app.logger.error("a refused access to %s could not be noted", request.endpoint)  # noqa: TRY400 (no trace)


def rate_limit_key() -> str:
    """Whom a rate limit counts: the account, or the network address of a stranger (contract, section 13)."""
    who = actor()
    return f"account:{who.account_id}" if who.is_signed_in else f"address:{who.origin}"


def default_rate_limit() -> str:
    """The limit for whoever is asking."""
    return settings.ratelimit_signed_in if actor().is_signed_in else settings.ratelimit_anonymous
