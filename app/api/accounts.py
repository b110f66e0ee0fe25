"""Registration, sign-in, refresh and sign-out, in the spellings of all five documents (contract, section 2)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import request

from app.api.resource import JsonBlueprint, Resource, public, refuses
from app.api.schemas.account import (
    CLINICAL_TEXTS,
    DOCTOR_ROLE,
    AccessOut,
    MessageOut,
    RefreshIn,
    RegistrationIn,
    RegistrationOut,
    RoleRegistrationIn,
    SignInIn,
    SignInOut,
    SignOutIn,
    registration,
)
from app.errors import Invalid, Unauthorized
from app.extensions import settings
from app.identity import actor, origin
from app.models import Account, SessionKind
from app.services import accounts, devices, second_factors, sessions, vocabularies
from app.services.second_factors import CodeRefused
from app.services.sessions import Tokens

blp = JsonBlueprint("accounts", __name__, description="Registration, sign-in and sign-out.")

_WAITING = "You are registered. An administrator will look at your application to be listed as a doctor."
_WELCOME = "You are registered."
_SEND_CODE = "This account has two-step sign-in: send the code that its app shows, or a recovery code, as `code`."


@blp.route("/registrations/", documents=("004",), alias_of="/api/user/register/")
@blp.route("/api/register/", documents=("003",), alias_of="/api/user/register/")
@blp.route("/auth/register/", documents=("002",), alias_of="/api/user/register/")
@blp.route("/api/user/register/", documents=("001",))
class Registrations(Resource):
    """Patients register."""

    @public
    @blp.arguments(RegistrationIn)
    @blp.response(201, RegistrationOut)
    def post(self, data: dict[str, Any]) -> dict[str, Any]:
        """Register as a patient.

        Makes the account, its profile and its patient, and signs in.
        """
        account = accounts.register(actor(), **data)
        return registration(account, _open(account), _WELCOME)


@blp.route("/register", documents=("000",))
class RoleRegistrations(Resource):
    """Patients register, and doctors apply."""

    @public
    @blp.arguments(RoleRegistrationIn)
    @blp.response(201, RegistrationOut)
    def post(self, data: dict[str, Any]) -> dict[str, Any]:
        """Register as a patient, or apply as a doctor.

        A doctor waits for an administrator's approval, unless the hospital approves automatically. The clinical
        texts of a patient become a first record, marked as reported by the patient.
        """
        texts = {name: data.pop(name) for name in CLINICAL_TEXTS if name in data}
        entry = data.pop("department", None)
        if data.pop("role") == DOCTOR_ROLE:
            department = None if entry is None else vocabularies.department(actor(), entry)
            account = accounts.register(actor(), **data, role="doctor", department=department)
            message = _WELCOME if settings.doctor_approval == "automatic" else _WAITING
            return registration(account, _open(account), message)
        account = accounts.register(actor(), **data, clinical_texts=texts)
        return registration(account, _open(account), _WELCOME)


@blp.route("/api/token/", documents=("003", "004"), alias_of="/api/user/login/")
@blp.route("/auth/login/", documents=("002",), alias_of="/api/user/login/")
@blp.route("/api/user/login/", documents=("001",))
class SignIns(Resource):
    """People sign in."""

    @public
    @refuses(HTTPStatus.UNAUTHORIZED)
    @blp.arguments(SignInIn)
    @blp.response(200, SignInOut)
    def post(self, data: dict[str, Any]) -> dict[str, Any]:
        """Sign in, and get the tokens of a new session."""
        return _sign_in(**data)


@blp.route("/login", documents=("000",))
class DocumentedSignIns(Resource):
    """People sign in as in document 000, where wrong credentials are 400."""

    @public
    @refuses(HTTPStatus.UNAUTHORIZED)
    @blp.arguments(SignInIn)
    @blp.response(200, SignInOut)
    def post(self, data: dict[str, Any]) -> dict[str, Any]:
        """Sign in, and get the tokens of a new session; wrong credentials are 400 here.

        A second step that is missing or wrong is 401, as everywhere: the document has none.
        """
        try:
            return _sign_in(**data)
        except CodeRefused:
            raise
        except Unauthorized as error:
            raise Invalid(error.message) from error


@blp.route("/api/token/refresh/", documents=("003",), alias_of="/api/user/token/refresh/")
@blp.route("/api/user/token/refresh/", documents=("001",))
class Refreshes(Resource):
    """Programs stay signed in."""

    @public
    @refuses(HTTPStatus.UNAUTHORIZED)
    @blp.arguments(RefreshIn)
    @blp.response(200, AccessOut)
    def post(self, data: dict[str, Any]) -> dict[str, Any]:
        """Get a new access token."""
        return {"access": sessions.refresh(data["refresh"], origin=origin())}


@blp.route("/auth/logout/", documents=("002",), alias_of="/logout")
@blp.route("/api/user/logout/", documents=("001",), alias_of="/logout")
@blp.route("/logout", documents=("000",))
class SignOuts(Resource):
    """People sign out."""

    @public
    @refuses(HTTPStatus.UNAUTHORIZED)
    @blp.doc(security=[{"token": []}, {}])
    @blp.arguments(SignOutIn)
    @blp.response(200, MessageOut)
    def post(self, data: dict[str, Any]) -> dict[str, Any]:
        """End the session of the access token and, where sent, that of `refresh`.

        Either is enough, so an expired access token keeps nobody signed in.
        """
        who = actor()
        ended = sessions.end(who, refresh_token=data.get("refresh"))
        if not (ended or who.is_signed_in):
            raise Unauthorized
        return {"message": "You are signed out."}


def _open(account: Account) -> Tokens:
    session, _ = sessions.open_session(
        account, SessionKind.API, origin=origin(), user_agent=request.headers.get("User-Agent", "")
    )
    devices.tell_if_new(account, session)
    return sessions.issue(session)


def _sign_in(username: str, password: str, code: str = "") -> dict[str, Any]:
    try:
        account = accounts.authenticate(actor(), username=username, password=password)
    except Unauthorized:
        accounts.note_failed_sign_in(actor())
        raise
    if second_factors.is_on(account.id):
        if not code:
            raise CodeRefused(_SEND_CODE)
        second_factors.check(actor(), account, code)
    tokens = _open(account)
    return {"token": tokens.access, "access": tokens.access, "refresh": tokens.refresh}
