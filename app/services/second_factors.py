"""Second factors: the codes of an account's app (TOTP, RFC 6238), and recovery codes for when the app is lost."""

from __future__ import annotations

import base64
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import delete, func, select, update

from app import unit_of_work
from app.clock import now
from app.errors import Unauthorized
from app.extensions import db, settings
from app.models import Account, RecoveryCode, SecondFactor
from app.policy import Actor
from app.services import attempts, audit, outbox
from app.services.outbox import Template

STEP_SECONDS = 30
DRIFT_STEPS = 1
"""How far the clock of somebody's telephone may be wrong, either way (RFC 6238, section 5.2)."""

RECOVERY_CODES = 10
FEW_CODES = 3
"""So many recovery codes are left when it is time for new ones."""

_SECRET_BYTES = 20
_APP_CODE = re.compile(r"[0-9]{6}")
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no letter is taken for another, or for a digit
_RECOVERY_CODE_LENGTH = 10
_LOOK_ALIKES = str.maketrans("oil", "011")


class CodeRefused(Unauthorized):
    """The second factor is missing or wrong, after the right password."""

    default = "That code is not right, or was used before. Use the code that your app shows now, or a recovery code."


@dataclass(frozen=True, slots=True)
class State:
    """A second factor that counts: since when, and how many recovery codes are left."""

    since: datetime
    codes_left: int


def is_on(account_id: int) -> bool:
    """Whether an account signs in with a second factor."""
    return of(account_id) is not None


def of(account_id: int | None) -> SecondFactor | None:
    """The second factor of an account that counts."""
    query = select(SecondFactor).where(SecondFactor.account_id == account_id, SecondFactor.confirmed_at.is_not(None))
    return db.session.scalars(query).one_or_none()


def state(account_id: int) -> State | None:
    """How the second factor of an account stands; None where there is none."""
    factor = of(account_id)
    if factor is None or factor.confirmed_at is None:
        return None
    return State(factor.confirmed_at, _codes_left(factor))


def check(actor: Actor, account: Account, code: str) -> int | None:
    """Take a code of the account's app or a recovery code: none is good twice.

    Gives the number of recovery codes that are left where one was used, else None. Raises CodeRefused, which is in
    the audit trail, and TooMany for an account for which too many were tried.
    """
    attempts.count_code(account.username_key)
    factor = of(account.id)
    if factor is not None and take_app_code(factor, code):
        return None
    if factor is None or not _take_recovery_code(factor, code):
        _note_refusal(actor, account.id)
        raise CodeRefused
    left = _codes_left(factor)
    audit.record(actor, "second_factor.recovery_code_used", factor, account_id=account.id, left=left)
    outbox.tell_about_account(Template.RECOVERY_CODE_USED, account, account.email)
    return left


def take_app_code(factor: SecondFactor, code: str) -> bool:
    """Whether the app shows this code now, or has just shown it: that step and all before it are used up then.

    The step is compared in the update, so that of two who send the same code at once one is refused.
    """
    digits = _normal(code)
    if not _APP_CODE.fullmatch(digits):
        return False
    generator = pyotp.TOTP(secret(factor), interval=STEP_SECONDS)
    present = int(now().timestamp()) // STEP_SECONDS
    nearby = range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1)
    shown = [step for step in nearby if hmac.compare_digest(generator.at(step * STEP_SECONDS), digits)]
    if not shown:
        return False
    taking = update(SecondFactor).where(SecondFactor.id == factor.id, SecondFactor.last_step < shown[-1])
    return db.session.scalar(taking.values(last_step=shown[-1]).returning(SecondFactor.id)) is not None


def secret(factor: SecondFactor) -> str:
    """What the app and the portal share, in Base32: 160 bits, as RFC 4226 recommends (section 4)."""
    digest = hmac.digest(_key(b"second factor"), factor.seed.encode(), "sha256")
    return base64.b32encode(digest[:_SECRET_BYTES]).decode()


def app_address(factor: SecondFactor, account: Account) -> str:
    """What an app reads from the QR code: an address of the scheme `otpauth`."""
    generator = pyotp.TOTP(secret(factor), interval=STEP_SECONDS)
    return generator.provisioning_uri(name=account.username, issuer_name=settings.hospital_name)


def new_seed() -> str:
    """What another secret is derived from."""
    return secrets.token_hex(_SECRET_BYTES)


def new_recovery_codes(factor: SecondFactor) -> list[str]:
    """Other recovery codes in place of all that there were: shown once, kept as hashes."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.factor_id == factor.id))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_CODE_LENGTH)) for _ in range(RECOVERY_CODES)]
    db.session.add_all(RecoveryCode(factor_id=factor.id, code_hash=_hash(factor, code)) for code in codes)
    db.session.flush()
    half = _RECOVERY_CODE_LENGTH // 2
    return [f"{code[:half]}-{code[half:]}" for code in codes]


def remove(account_id: int) -> bool:
    """Take the second factor of an account away, with its recovery codes; False where there was none that counted."""
    removing = delete(SecondFactor).where(SecondFactor.account_id == account_id)
    return any(db.session.scalars(removing.returning(SecondFactor.confirmed_at)))


def _take_recovery_code(factor: SecondFactor, code: str) -> bool:
    found = (
        RecoveryCode.factor_id == factor.id,
        RecoveryCode.code_hash == _hash(factor, _normal(code).translate(_LOOK_ALIKES)),
        RecoveryCode.used_at.is_(None),
    )
    return (
        db.session.scalar(update(RecoveryCode).where(*found).values(used_at=now()).returning(RecoveryCode.id))
        is not None
    )


def _codes_left(factor: SecondFactor) -> int:
    unused = select(func.count()).where(RecoveryCode.factor_id == factor.id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(unused) or 0


def _note_refusal(actor: Actor, account_id: int) -> None:
    unit_of_work.rollback()
    with unit_of_work.transaction():
        audit.record(actor, "second_factor.refused", account_id=account_id)


def _normal(code: str) -> str:
    """A code as it is compared: without the spaces and hyphens by which people read it."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", code)).lower()


def _hash(factor: SecondFactor, code: str) -> str:
    return hmac.digest(_key(b"recovery codes"), f"{factor.id}:{code}".encode(errors="replace"), "sha256").hex()


def _key(use: bytes) -> bytes:
    return hmac.digest(settings.secret_key.encode(), use, "sha256")
