"""Who gets what from every route, as data: the permission matrix. test_permissions.py calls each route as each actor.

A route without a row fails, and so does a row without a route. To add one, write into `api.py` or `pages.py`:

    "GET /appointments/<int:appointment_id>": row(401, 200, 404, 200, 404, 404, 200),

The key is the method and the rule as `flask routes` prints it. The seven answers are those to these actors of one
scene (`scene.py`), all asking for the same objects:

    anonymous  nobody signed in
    patient    the account that manages `scene.patient`, whom the objects concern
    stranger   a patient's account that has nothing to do with them
    doctor     the approved doctor `scene.doctor`, who treats the patient
    outsider   an approved doctor of another department who does not
    pending    a doctor who waits for approval
    admin      an admin

`SIGN_IN` means a redirect to the sign-in page. A URL's `<int:doctor_id>` is `scene.doctor.id`, and so on for every
`<…_id>`; where another object is meant, say so: `values={"department_id": "unused_department"}`. What is sent:
`send=lambda scene: {"doctor": scene.doctor.id}` (JSON to the API, a form to pages), and a query string likewise with
`query=`. With nothing sent, an actor who is let in sees 400 from a route that needs a body: that is a fine answer
here. Pages are called without CSRF tokens, which have a test of their own.

Each actor asks on the untouched scene, so that a DELETE by one does not turn the next one's answer into 404.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

ACTORS = ("anonymous", "patient", "stranger", "doctor", "outsider", "pending", "admin")
SIGN_IN = "sign in"

Answer = int | str


@dataclass(frozen=True)
class Row:
    """One route's answers, by actor, and how it is asked."""

    answers: tuple[Answer, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    send: Callable[[Any], Mapping[str, Any]] | None = None
    query: Callable[[Any], Mapping[str, Any]] | None = None


def row(*answers: Answer, **asked: Any) -> Row:
    """The answers to the seven actors, in the order of ACTORS."""
    if len(answers) != len(ACTORS):
        raise ValueError(f"A row has {len(ACTORS)} answers, not {len(answers)}: {answers}")
    return Row(answers, **asked)


def same(answer: Answer, **asked: Any) -> Row:
    """A route that answers everybody alike: a public one."""
    return Row((answer,) * len(ACTORS), **asked)
