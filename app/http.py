"""The HTTP edge of both faces: the end of the unit of work, errors made into a status and a face, security headers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from flask import Flask, Request, Response, current_app, g, request
from flask import session as cookie
from flask.globals import request_ctx
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.exceptions import NotFound as NoRoute

from app import errors, unit_of_work
from app.extensions import read_only
from app.services import reading

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Headers = list[tuple[str, str]]
FaceName = Literal["page", "api"]
View = TypeVar("View", bound=Callable[..., Any])

ATTEMPTS = 4
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_RETRYABLE_SQLSTATES = frozenset({"40001", "40P01"})  # serialization failure, deadlock detected
_RETRY_AFTER_SECONDS = 5
_CHUNK = 2**16

STATUS: tuple[tuple[type[errors.PortalError], HTTPStatus], ...] = (
    (errors.Invalid, HTTPStatus.BAD_REQUEST),
    (errors.Unauthorized, HTTPStatus.UNAUTHORIZED),
    (errors.Forbidden, HTTPStatus.FORBIDDEN),
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.Conflict, HTTPStatus.CONFLICT),
    (errors.TooMany, HTTPStatus.TOO_MANY_REQUESTS),
    (errors.Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)

_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
CONTENT_SECURITY_POLICY = "; ".join(f"{what} {where}" for what, where in _SOURCES.items())
_SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
_OVER_TLS_ONLY = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as the edge tells it: what a face renders."""

    status: HTTPStatus
    detail: str
    errors: dict[str, list[str]]
    headers: dict[str, str]
    extra: dict[str, Any]


class RenderRefusal(Protocol):
    """How a face shows a refusal: a whole response, its status and headers included."""

    def __call__(self, refusal: Refusal) -> Response:
        """The whole response."""
        ...


class CookieSessions(SecureCookieSessionInterface):
    """Flask's session in a signed cookie, which costs nothing where there is none: programs never send one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie holds, or an empty session."""
        if "HTTP_COOKIE" not in request.environ or self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set or clear the cookie; an empty session that was empty before is no work, and needs no `Vary: Cookie`."""
        if session or session.modified:
            super().save_session(app, session, response)


class Portal(Flask):
    """Flask, with the unit of work around the view: view, commit, and only then the response.

    An error while committing so takes the same way as one in the view, and no cookie or banner goes out for what
    was not saved. A deadlock or serialization failure runs the whole view again, a bounded number of times.
    """

    session_interface = CookieSessions()
    security_headers: Headers

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The same function: none of ours is a coroutine, and Flask asks ten times a request."""
        return func

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, with the security headers that the answer does not have already."""

        def start(status: str, headers: Headers, error: OptExcInfo | None = None) -> Callable[[bytes], object]:
            present = {name.lower() for name, _ in headers}
            headers += [(name, value) for name, value in self.security_headers if name.lower() not in present]
            return start_response(status, headers, error)

        return super().wsgi_app(environ, start)

    def preprocess_request(self) -> ResponseReturnValue | None:
        """Say, before anything asks the database, whether this request writes."""
        view = self.view_functions.get(request.endpoint or "")
        read_only.set(request.method in _SAFE_METHODS and not getattr(view, "writes", False))
        return super().preprocess_request()

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view and commit; after a deadlock or serialization failure, run it again."""
        known = dict(vars(g._get_current_object()))  # noqa: SLF001 (the only way to all of it)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                result = super().dispatch_request()
                unit_of_work.commit()
            except BaseException as error:
                unit_of_work.rollback()
                reading.release()
                self._undo_view(known)
                if attempt == ATTEMPTS or not _is_retryable(error):
                    raise
            else:
                return result
        raise AssertionError  # pragma: no cover (the last attempt returns or raises)

    def _undo_view(self, known: dict[str, Any]) -> None:
        """Forget what a view that failed has told the browser (its banner, its sign-in) and whom it found asking."""
        if cookie.modified:
            held = self.session_interface.open_session(self, request)
            cookie.clear()
            cookie.update(held or ())
            cookie.modified = False
            request_ctx.flashes = None
        remembered = vars(g._get_current_object())  # noqa: SLF001 (as above)
        remembered.clear()
        remembered.update(known)


def writes(view: View) -> View:
    """Mark a view that writes although it is a GET: it audits a reading, say. SQLite then begins IMMEDIATE."""
    view.writes = True  # type: ignore[attr-defined] # a mark on a function
    return view


def register_face(app: Flask, name: FaceName, render: RenderRefusal, *, blueprints: Iterable[str] = ()) -> None:
    """Tell the edge how a face shows refusals, and which blueprints belong to it; pages are all that is not named."""
    _faces(app)[name] = render
    for blueprint in blueprints:
        app.extensions.setdefault("face_of_blueprint", {})[blueprint] = name


def face() -> FaceName:
    """The face of this request: by the route; for a path with no route, pages only where Accept names HTML."""
    endpoint = request.endpoint or _endpoint_of_another_method()
    if endpoint is None:
        return "page" if "text/html" in request.headers.get("Accept", "") else "api"
    blueprint = endpoint.rpartition(".")[0]
    chosen: FaceName = current_app.extensions.get("face_of_blueprint", {}).get(blueprint, "page")
    return chosen


def init_app(app: Portal, note_refusal: Callable[[], None]) -> None:
    """Put the edge around an application; `note_refusal` is told of each access that a role does not have."""
    app.extensions["note_refusal"] = note_refusal
    is_production = app.extensions["settings"].is_production
    app.security_headers = list((_SECURITY_HEADERS | (_OVER_TLS_ONLY if is_production else {})).items())
    app.register_error_handler(errors.PortalError, answer_refusal)
    app.register_error_handler(HTTPException, _on_http_exception)
    app.register_error_handler(Exception, _on_surprise)
    app.teardown_appcontext(lambda _error: reading.release())
    app.teardown_request(_may_write_again)
    app.after_request(_read_the_rest)


def _may_write_again(_error: BaseException | None) -> None:
    """What the thread does after the request is no longer bound by it."""
    read_only.set(False)


def refusal_of(error: errors.PortalError) -> Refusal:
    """A refusal of the hospital, with the status that it has over HTTP."""
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    headers: dict[str, str] = {}
    extra: dict[str, Any] = {}
    if isinstance(error, errors.Unauthorized):
        headers["WWW-Authenticate"] = 'Bearer realm="hospital portal"'
    if isinstance(error, errors.TooMany):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.Unavailable):
        headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    if isinstance(error, errors.Conflict) and error.alternatives is not None:
        extra["alternatives"] = error.alternatives
    fields = error.errors if isinstance(error, (errors.Invalid, errors.Conflict)) else {}
    return Refusal(status, error.message, fields, headers, extra)


def _faces(app: Flask) -> dict[FaceName, RenderRefusal]:
    faces: dict[FaceName, RenderRefusal] = app.extensions.setdefault("faces", {})
    return faces


def _render(refusal: Refusal) -> Response:
    return _faces(current_app)[face()](refusal)


def answer_refusal(error: errors.PortalError) -> Response:
    """Roll back, note an access that a role does not have, and show the refusal on the face that was asked."""
    unit_of_work.rollback()
    if isinstance(error, errors.Forbidden):
        read_only.set(False)
        current_app.extensions["note_refusal"]()
    return _render(refusal_of(error))


def _on_http_exception(error: HTTPException) -> ResponseReturnValue:
    unit_of_work.rollback()
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    if status < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    headers: dict[str, str] = {}
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    if isinstance(error, RateLimitExceeded):
        headers["Retry-After"] = str(error.limit.limit.get_expiry() if error.limit else _RETRY_AFTER_SECONDS)
    return _render(Refusal(status, _DETAILS.get(status, status.description + "."), {}, headers, {}))


def _on_surprise(error: Exception) -> Response:
    unit_of_work.rollback()
    if isinstance(error, (OperationalError, PoolTimeoutError)):
        current_app.logger.error("the database cannot serve: %s", type(error.__cause__ or error).__name__)
        return _render(refusal_of(errors.Unavailable()))
    if isinstance(error, IntegrityError):
        # Found by a flush that nobody expected to be refused: the same as one found by the commit.
        current_app.logger.warning("the database refused a row in %s", request.endpoint)
        return _render(refusal_of(unit_of_work.explain(error)))
    if current_app.testing:
        raise error
    # The traceback names places, not people: no local values, and no message, which may quote what somebody typed.
    current_app.logger.error(
        "unexpected %s in %s", type(error).__name__, request.endpoint, exc_info=_without_message(error)
    )
    return _render(Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, _DETAILS[HTTPStatus.INTERNAL_SERVER_ERROR], {}, {}, {}))


def _without_message(error: Exception) -> tuple[type[Exception], Exception, Any]:
    return type(error), Exception(type(error).__name__), error.__traceback__


_DETAILS = {
    HTTPStatus.BAD_REQUEST: "The request could not be understood.",
    HTTPStatus.FORBIDDEN: errors.Forbidden.default,
    HTTPStatus.NOT_FOUND: errors.NotFound.default,
    HTTPStatus.METHOD_NOT_ALLOWED: "This cannot be done here.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "What was sent is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Send JSON, a form, or multipart.",
    HTTPStatus.TOO_MANY_REQUESTS: errors.TooMany.default,
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong on our side. Nothing was changed.",
}


def _is_retryable(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _RETRYABLE_SQLSTATES


def _endpoint_of_another_method() -> str | None:
    if not isinstance(request.routing_exception, MethodNotAllowed):
        return None
    adapter = current_app.create_url_adapter(request)
    for method in request.routing_exception.valid_methods or ():
        try:
            return str(adapter.match(method=method)[0]) if adapter else None
        except (NoRoute, MethodNotAllowed):
            continue
    return None


def _read_the_rest(response: Response) -> Response:
    """Read what a refusal has left of the body, up to what is taken of any.

    The server closes a connection on which something is unread: a program would lose this answer, or its next request.
    """
    if request.content_length or "HTTP_TRANSFER_ENCODING" in request.environ:
        with suppress(HTTPException, OSError):
            while request.stream.read(_CHUNK):
                pass
    return response
