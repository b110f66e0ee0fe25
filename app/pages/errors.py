"""The pages that say what went wrong: one table of texts, one template. They need no database."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from flask import Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError

from app import identity, unit_of_work
from app.extensions import request_id, use_known_choices
from app.http import Refusal
from app.pages.render import see_other
from app.policy import Actor


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an error page says: its heading, what happened, what one can do now, and where: endpoints and labels."""

    title: str
    happened: str
    advice: str
    ways: tuple[tuple[str, str], ...] = ()


_FIND = ("public.find_doctors", "Find a doctor")
_APPOINTMENTS = ("patient.appointments", "See my appointments")
_ASK = ("public.contact", "Ask the hospital")

EXPLANATIONS = {
    HTTPStatus.BAD_REQUEST: Explanation(
        "That did not work",
        "We could not understand what your browser sent.",
        "Go back, load the page again, and retry. If a form was open for a long time, it may have expired.",
    ),
    HTTPStatus.FORBIDDEN: Explanation(
        "You cannot see this page",
        "Your account is not allowed to do this.",
        "Sign in with another account if you have one, or ask the hospital.",
        (_APPOINTMENTS, _ASK),
    ),
    HTTPStatus.NOT_FOUND: Explanation(
        "Page not found",
        "There is no such page, or it is not for your account.",
        "Check the address if you typed it. If a link brought you here, what it led to may be gone.",
        (_FIND, _APPOINTMENTS, _ASK),
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: Explanation(
        "That did not work",
        "This page cannot be used in this way.",
        "Go back, and use the links and buttons of the page.",
        (_FIND, _APPOINTMENTS),
    ),
    HTTPStatus.CONFLICT: Explanation(
        "This has changed meanwhile",
        "Somebody else was quicker, or it is no longer possible.",
        "Go back, load the page again to see how things stand, and choose again.",
        (_FIND, _APPOINTMENTS),
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Explanation(
        "That is too big",
        "What you sent is bigger than we can take.",
        "Go back, and choose a smaller file, or write less.",
    ),
    HTTPStatus.TOO_MANY_REQUESTS: Explanation(
        "Too many tries",
        "There were too many tries from you in a short time.",
        "Wait a minute, then try again.",
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: Explanation(
        "Sorry, something went wrong",
        "The mistake is ours. What you were doing may not have been saved.",
        "Try again in a few minutes, and look whether it was saved. If it goes on, tell the hospital.",
        (_APPOINTMENTS, _ASK),
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: Explanation(
        "The portal is busy",
        "We could not finish what you asked for. Nothing was changed.",
        "Try again in a moment.",
    ),
}
"""By status. A status without a text of its own is explained as 400 or, from 500 on, as 500."""

_SPOKEN = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS})
"""Where the refusal's own sentence knows more than the table's."""


def error_page(status: int, detail: str | None = None) -> str:
    """The page for a status; `detail` says what happened in place of the table's sentence.

    Never fails for want of a database: from 500 on nobody is looked up, and below that a look-up may fail.
    """
    ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if ours:
        use_known_choices()
    fallback = HTTPStatus.INTERNAL_SERVER_ERROR if ours else HTTPStatus.BAD_REQUEST
    return render_template(
        "errors/error.html",
        status=status,
        explanation=EXPLANATIONS.get(HTTPStatus(status), EXPLANATIONS[fallback]),
        detail=detail,
        actor=Actor() if ours else _actor(),
        header_is_bare=ours,
        request_id=request_id.get() if ours else "",
    )


def render_refusal(refusal: Refusal) -> Response:
    """A refusal of the edge as a page. Its own sentence is shown where the hospital, not the protocol, said no.

    A stranger is led to the sign-in page, and from there (`next`) back to where the stranger wanted to be. So is who
    owes a second factor to the page where it is turned on.
    """
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        return see_other("account.sign_in", next=_place())
    if refusal.status == HTTPStatus.FORBIDDEN and _actor().owes_second_factor:
        return see_other("own_account.second_factor", next=_place())
    detail = refusal.detail if refusal.status in _SPOKEN else None
    answer = make_response(error_page(refusal.status, detail), refusal.status, refusal.headers)
    if "HX-Request" in request.headers:
        # A whole page takes the place of the page, not of the part that htmx would have replaced.
        answer.headers.update({"HX-Retarget": "body", "HX-Reswap": "innerHTML"})
    return answer


def refuse_form(_: CSRFError) -> Response:
    """A form that was not made for this session: mostly one that stayed open while somebody signed out or in elsewhere.

    A stranger signs in again, as with any page; only who is signing in already is told to load the page again.
    """
    unit_of_work.rollback()
    is_signing_in = (request.endpoint or "").startswith("account.")
    if not _actor().is_signed_in and not is_signing_in:
        return render_refusal(Refusal(HTTPStatus.UNAUTHORIZED, "", {}, {}, {}))
    detail = "This form is from before you signed in or out. Nothing was changed."
    return render_refusal(Refusal(HTTPStatus.BAD_REQUEST, detail, {}, {}, {}))


def _place() -> str | None:
    """Where to go on after signing in: this page; for a form the page at its address, if there is one."""
    methods = request.url_rule.methods if request.url_rule else None
    return request.full_path.rstrip("?") if "GET" in (methods or ()) else None


def _actor() -> Actor:
    try:
        return identity.actor()
    except Exception:  # noqa: BLE001 (whatever ails the database, the page about the first error must be shown)
        return Actor()
