"""Where somebody goes on after signing in: back to the page that asked for it, and never to another site."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from flask import request, url_for

LONGEST = 2000
_SECRET = frozenset({"account.set_password", "account.confirm_email", "public.calendar_feed"})
"""Pages whose addresses are secrets: they are passed on nowhere."""

_NOT_AFTER_SIGNING_IN = frozenset(
    {
        "account.sign_in",
        "account.sign_in_code",
        "account.sign_up",
        "account.sign_out",
        "account.forgotten_password",
        "account.forgotten_password_sent",
        "account.closed",
    }
)


def wanted() -> str | None:
    """The own path that `?next=` names, or None where it names none."""
    address = request.args.get("next", "")
    return address if is_own_path(address) else None


def is_own_path(address: str) -> bool:
    """Whether an address is a path of this site, however a browser may read it.

    Backslashes and control characters are refused: browsers read them as, or out of, the slashes before another host.
    """
    if not address.startswith("/") or len(address) > LONGEST or "\\" in address or not address.isprintable():
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    is_elsewhere = bool(parts.scheme or parts.netloc) or address.startswith("//") or unquote(parts.path)[:2] == "//"
    return not is_elsewhere and parts.path not in {url_for(endpoint) for endpoint in _NOT_AFTER_SIGNING_IN}


def way_back() -> str | None:
    """What the header's links to sign in and up pass on as `next`: this page, or where a sign-in page leads already."""
    if request.endpoint in _NOT_AFTER_SIGNING_IN:
        return wanted()
    is_a_page = request.endpoint not in (None, "public.home", *_SECRET) and request.method == "GET"
    return request.full_path.rstrip("?") if is_a_page else None


def is_booking(address: str | None) -> bool:
    """Whether somebody is on the way to book a time."""
    return address is not None and address.startswith("/book/")
