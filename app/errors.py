"""What can go wrong, in the hospital's words. The edge turns these into a status and a face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime


class PortalError(Exception):
    """Anything that the portal refuses: one plain sentence for the person who asked."""

    default = "This could not be done."

    def __init__(self, message: str | None = None) -> None:
        self.message = message or self.default
        super().__init__(self.message)


class _FieldError(PortalError):
    """A refusal that may point at fields: `errors` maps field names to sentences."""

    def __init__(
        self,
        message: str | None = None,
        *,
        field: str | None = None,
        errors: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.errors: dict[str, list[str]] = {name: list(texts) for name, texts in (errors or {}).items()}
        if message is None and self.errors:
            message = next(iter(self.errors.values()))[0]
        super().__init__(message)
        if field is not None:
            self.errors.setdefault(field, []).append(self.message)


class Invalid(_FieldError):
    """What was sent is missing, malformed or impossible (400)."""

    default = "Check what you entered."


class Unauthorized(PortalError):
    """No valid sign-in came with the request (401)."""

    default = "Sign in to continue."


class Forbidden(PortalError):
    """This role may never do this (403)."""

    default = "You are not allowed to do this."


class NotFound(PortalError):
    """Absent, or hidden from this actor: the two are never told apart (404)."""

    default = "Not found."


class Conflict(_FieldError):
    """The state of things does not allow it now (409).

    `alternatives` are the next free times (aware UTC), where a time is at stake.
    """

    default = "This is no longer possible."

    def __init__(
        self,
        message: str | None = None,
        *,
        field: str | None = None,
        errors: Mapping[str, Sequence[str]] | None = None,
        alternatives: Sequence[datetime] | None = None,
    ) -> None:
        super().__init__(message, field=field, errors=errors)
        self.alternatives = None if alternatives is None else list(alternatives)


class Outdated(Conflict):
    """What the actor decided about was changed since the actor saw it (409)."""

    default = "This was changed meanwhile. See how it is now, and decide again."


class TooMany(PortalError):
    """Too many tries in too short a time (429). `retry_after` is in seconds."""

    default = "Too many tries. Wait a little and try again."

    def __init__(self, message: str | None = None, *, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(PortalError):
    """The database or another part cannot serve right now (503)."""

    default = "The service is busy. Try again in a moment."
