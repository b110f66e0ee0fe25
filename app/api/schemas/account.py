"""Accounts and tokens on the wire (contract, section 2)."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from app.api.schemas.fields import Entry, Incoming, Moment, Text, WholeNumber
from app.models import Account
from app.services.identities import MAXIMUM_NAME
from app.services.passwords import MAXIMUM_PASSWORD, MINIMUM_PASSWORD
from app.services.sessions import Tokens

DOCTOR_ROLE, PATIENT_ROLE = 1, 2
LONGEST_USERNAME = 150
LONGEST_EMAIL = 254
LONGEST_CODE = 100
LONGEST_TOKEN = 4096
LONGEST_CLINICAL_TEXT = 20_000
CLINICAL_TEXTS = ("diagnostics", "observations", "treatments", "misc")


class RegistrationIn(Incoming):
    """A new account (documents 001 to 004): always a patient's."""

    username = Text(
        longest=LONGEST_USERNAME,
        required=True,
        metadata={
            "description": "Unique without regard to case. Letters, digits and `. _ + -`.",
            "minLength": 1,
            "examples": ["ada.byron"],
        },
    )
    email = Text(
        longest=LONGEST_EMAIL, required=True, metadata={"format": "email", "examples": ["ada.byron@example.org"]}
    )
    password = Text(
        longest=MAXIMUM_PASSWORD,
        required=True,
        metadata={
            "format": "password",
            "minLength": MINIMUM_PASSWORD,
            "examples": ["correct horse battery staple"],
        },
    )
    confirm_password = Text(
        longest=MAXIMUM_PASSWORD, metadata={"format": "password", "description": "Must match where it is sent."}
    )
    first_name = Text(longest=MAXIMUM_NAME)
    last_name = Text(longest=MAXIMUM_NAME)


class RoleRegistrationIn(RegistrationIn):
    """A new account of document 000: a doctor's application or a patient's registration."""

    role = WholeNumber(
        required=True,
        validate=validate.OneOf((DOCTOR_ROLE, PATIENT_ROLE)),
        metadata={"description": f"{DOCTOR_ROLE} for a doctor, {PATIENT_ROLE} for a patient."},
    )
    department = Entry(
        allow_none=True, metadata={"description": "For doctors, then required: the department's name or id."}
    )
    diagnostics = Text(longest=LONGEST_CLINICAL_TEXT)
    observations = Text(longest=LONGEST_CLINICAL_TEXT)
    treatments = Text(longest=LONGEST_CLINICAL_TEXT)
    misc = Text(longest=LONGEST_CLINICAL_TEXT)


class UserOut(Schema):
    """An account as its owner sees it."""

    id = WholeNumber(required=True)
    username = fields.String(required=True)
    email = fields.String(required=True)
    first_name = fields.String(required=True)
    last_name = fields.String(required=True)
    is_staff = fields.Boolean(required=True)
    is_active = fields.Boolean(required=True)
    date_joined = Moment(required=True)


class TokenPairOut(Schema):
    """The two tokens of a session."""

    refresh = fields.String(required=True)
    access = fields.String(required=True)


class RegistrationOut(Schema):
    """A new account, signed in: the union of what the documents answer."""

    message = fields.String(required=True)
    token = fields.String(required=True, metadata={"description": "The access token."})
    tokens = fields.Nested(TokenPairOut, required=True)
    id = WholeNumber(required=True)
    username = fields.String(required=True)
    email = fields.String(required=True)
    user = fields.Nested(UserOut, required=True)


class SignInIn(Incoming):
    """Who signs in."""

    username = Text(longest=LONGEST_EMAIL, required=True, metadata={"description": "Or the e-mail address."})
    password = Text(longest=1000, required=True, metadata={"format": "password"})
    code = Text(
        longest=LONGEST_CODE,
        metadata={
            "description": "Only of an account with two-step sign-in, then required: the 6 digits that its app shows, "
            "or a recovery code. None is good twice."
        },
    )


class SignInOut(TokenPairOut):
    """A session's tokens; `token` is the access token."""

    token = fields.String(required=True)


class RefreshIn(Incoming):
    """What a new access token is asked for with."""

    refresh = Text(longest=LONGEST_TOKEN, required=True)


class SignOutIn(Incoming):
    """Which session ends beside that of the access token."""

    refresh = Text(longest=LONGEST_TOKEN, allow_none=True)


class AccessOut(Schema):
    """A new access token."""

    access = fields.String(required=True)


class MessageOut(Schema):
    """What happened, in one sentence."""

    message = fields.String(required=True)


def user(account: Account) -> dict[str, Any]:
    """An account as UserOut."""
    return {
        "id": account.id,
        "username": account.username,
        "email": account.email,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "is_staff": account.is_admin,
        "is_active": account.is_active,
        "date_joined": account.created_at,
    }


def registration(account: Account, tokens: Tokens, message: str) -> dict[str, Any]:
    """A new account as RegistrationOut."""
    return {
        "message": message,
        "token": tokens.access,
        "tokens": {"refresh": tokens.refresh, "access": tokens.access},
        "id": account.id,
        "username": account.username,
        "email": account.email,
        "user": user(account),
    }
