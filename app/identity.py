"""Who is asking: a browser's session cookie or a program's bearer token, made into the same Actor."""

from __future__ import annotations

from flask import current_app, g, request
from flask import session as cookie
from flask_login import UserMixin, current_user, login_user, logout_user
from sqlalchemy.exc import OperationalError

from app import unit_of_work
from app.extensions import login_manager, settings
from app.http import face
from app.models import Account, SessionKind
from app.policy import Actor
from app.services import audit, sessions

_SCHEMES = ("bearer", "token")


class SignedIn(UserMixin):
    """What Flask-Login keeps for a request: the actor, and the secret by which the cookie names the session."""

    def __init__(self, actor: Actor, secret: str = "") -> None:
        self.actor = actor
        self.secret = secret

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
    found = sessions.actor_by_secret(secret, origin=origin())
    return SignedIn(found, secret) if found else None


def _by_token() -> Actor | None:
    header = request.headers.get("Authorization", "").strip()
    scheme, _, rest = header.partition(" ")
    token = rest.strip() if scheme.lower() in _SCHEMES and rest else header
    return sessions.actor_by_access_token(token, origin=origin()) if token else None


def sign_in(account: Account) -> None:
    """Start a browser session for an account that has just proved who it is. What the cookie held before is dropped."""
    row, secret = sessions.open_session(
        account, SessionKind.BROWSER, origin=origin(), user_agent=request.headers.get("User-Agent", "")
    )
    cookie.clear()
    found = sessions.actor_by_secret(secret, origin=origin())
    if found is None:
        message = f"session {row.id} was opened but cannot be found"
        raise RuntimeError(message)
    login_user(SignedIn(found, secret))


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
