"""Links that a mail brings: signed, time-limited, and good for one use.

A link is the proof that somebody reads an account's mail. It names the account by its key, and carries a fingerprint
of what using it changes (the password, the address), so that it ends with its use and with every other such change.
The first of two steps of a sign-in is proved in the same way, by a token that only a cookie carries.
"""

from __future__ import annotations

import enum
import hmac
from collections.abc import Callable, Mapping
from datetime import timedelta

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select

from app.clock import now
from app.errors import NotFound
from app.extensions import db, settings
from app.models import Account


class Purpose(enum.Enum):
    """What a link lets somebody do."""

    SET_PASSWORD = "set password"  # noqa: S105 (no password)
    CONFIRM_EMAIL = "confirm e-mail"
    SECOND_STEP = "second step"


LIFETIMES: Mapping[Purpose, timedelta] = {
    Purpose.SET_PASSWORD: timedelta(days=7),
    Purpose.CONFIRM_EMAIL: timedelta(days=1),
    Purpose.SECOND_STEP: timedelta(minutes=5),
}
"""For how long a link is good, from the moment when it is made."""

FORGOTTEN_PASSWORD = timedelta(days=1)
"""The same for a link to another password: it opens an account that is in use."""

_BINDS: Mapping[Purpose, Callable[[Account], tuple[str, str]]] = {
    # The address, too: a link that was sent to a mistyped one is worth nothing once it is put right.
    Purpose.SET_PASSWORD: lambda account: (account.password_hash or "", account.email),
    Purpose.CONFIRM_EMAIL: lambda account: (account.email, account.pending_email or ""),
    # In the browser that has proved the password, as long as that is the password.
    Purpose.SECOND_STEP: lambda account: (account.password_hash or "", ""),
}


def token(purpose: Purpose, account: Account) -> str:
    """A new token for the end of a link. It tells nothing about the account but its key."""
    return _serializer(purpose).dumps([account.id, _fingerprint(purpose, account)])


def owner(purpose: Purpose, text: str, *, lock: bool = False) -> Account:
    """The account that a token is about. `lock` holds its row until the unit of work ends.

    Raises NotFound, alike for a token that is forged, has run out or was used, and for a closed account.
    """
    try:
        (key, fingerprint), made_at = _serializer(purpose).loads(
            text, max_age=int(LIFETIMES[purpose].total_seconds()), return_timestamp=True
        )
    except BadData:
        raise NotFound from None
    query = select(Account).where(Account.id == key, Account.is_active)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    account = db.session.scalars(query).one_or_none()
    if account is None or not hmac.compare_digest(fingerprint, _fingerprint(purpose, account)):
        raise NotFound
    if now() - made_at > lifetime(purpose, account):
        raise NotFound
    return account


def lifetime(purpose: Purpose, account: Account) -> timedelta:
    """For how long a link that is made now is good."""
    opens_what_is_used = purpose is Purpose.SET_PASSWORD and account.password_hash is not None
    return FORGOTTEN_PASSWORD if opens_what_is_used else LIFETIMES[purpose]


def _serializer(purpose: Purpose) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key, salt=purpose.value)


def _fingerprint(purpose: Purpose, account: Account) -> str:
    text = "\0".join(_BINDS[purpose](account))
    return hmac.digest(settings.secret_key.encode(), text.encode(), "sha256").hex()[:32]
