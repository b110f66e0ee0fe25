"""The app of a test account: it shows the codes of a second factor as a telephone would."""

from __future__ import annotations

from typing import Any

import pyotp

from app.clock import now
from app.services import second_factors
from tests.support.databases import arranging

STEP_SECONDS = 30


def code_of(secret: str, steps: int = 0) -> str:
    """What an app with this secret shows now, or so many time steps later.

    Use 0 first, then 1: a step may end while the test runs, and what was shown before it is too old by then.
    """
    return pyotp.TOTP(secret).at(now().timestamp() + steps * STEP_SECONDS)


def app_code(factor: Any, steps: int = 0) -> str:
    """The same for a second factor of the running test's database."""
    with arranging().unit_of_work():
        return code_of(second_factors.secret(factor), steps)


def recovery_codes(factor: Any) -> list[str]:
    """New recovery codes of a second factor."""
    with arranging().unit_of_work():
        return second_factors.new_recovery_codes(factor)
