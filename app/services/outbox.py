"""The outbox: mail written with the event it tells of, claimed by lease, sent once it is due and still true."""

from __future__ import annotations

import enum
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import joinedload

from app import unit_of_work
from app.clock import now
from app.extensions import db
from app.models import (
    EXPORT_KEPT,
    Account,
    Appointment,
    Doctor,
    Message,
    MessageState,
    OfferState,
    VisitState,
    WaitingOffer,
)
from app.services.inserting import add_row, add_rows

LEASE = timedelta(seconds=20)
"""How long a message stays with a worker that no longer says that it is at work on it: one that was killed."""
LATE = timedelta(minutes=5)
MAXIMUM_ATTEMPTS = 10
FIRST_PAUSE = timedelta(seconds=15)
SWEEP_BATCH = 100
DELIVER = "app.jobs.mail.deliver"
MANY_AT_ONCE, MANY_EVERY = 50, timedelta(seconds=15)
"""How many of a thousand mails become due, and how often."""


class Template(enum.Enum):
    """What a mail tells: the name of its template, and its subject line, without anything clinical."""

    BOOKED = "booked"
    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    MOVED = "moved"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    CLINIC_BOOKED = "clinic_booked"
    CLINIC_CHANGED = "clinic_changed"
    CLINIC_CANCELLED = "clinic_cancelled"
    CLINIC_CALLED_OFF = "clinic_called_off"
    WAITING_OFFER = "waiting_offer"
    REMINDER_DAY = "reminder_day"
    REMINDER_HOURS = "reminder_hours"
    DOCTOR_APPROVED = "doctor_approved"
    DOCTOR_REJECTED = "doctor_rejected"
    SET_PASSWORD = "set_password"  # noqa: S105 (no password)
    RESET_PASSWORD = "reset_password"  # noqa: S105 (no password)
    CONFIRM_EMAIL = "confirm_email"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 (no password)
    EMAIL_CHANGED = "email_changed"
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"
    RECOVERY_CODE_USED = "recovery_code_used"
    NEW_DEVICE = "new_device"
    RECORD_READY = "record_ready"
    EMERGENCY_OPENED = "emergency_opened"
    REVIEW_REPLIED = "review_replied"


TRUE_WHILE: dict[Template, frozenset[VisitState]] = {
    Template.BOOKED: frozenset({VisitState.PENDING, VisitState.CONFIRMED, VisitState.IN_PROGRESS}),
    Template.CONFIRMED: frozenset({VisitState.CONFIRMED, VisitState.IN_PROGRESS}),
    Template.UNCONFIRMED: frozenset({VisitState.PENDING}),
    Template.MOVED: frozenset({VisitState.PENDING, VisitState.CONFIRMED, VisitState.IN_PROGRESS}),
    Template.CHANGED: frozenset({VisitState.PENDING, VisitState.CONFIRMED, VisitState.IN_PROGRESS}),
    Template.CANCELLED: frozenset({VisitState.CANCELLED}),
    Template.DECLINED: frozenset({VisitState.CANCELLED}),
    Template.CLINIC_BOOKED: frozenset({VisitState.PENDING, VisitState.CONFIRMED}),
    Template.CLINIC_CHANGED: frozenset({VisitState.PENDING, VisitState.CONFIRMED}),
    Template.CLINIC_CANCELLED: frozenset({VisitState.CANCELLED}),
    Template.CLINIC_CALLED_OFF: frozenset({VisitState.CANCELLED}),
    Template.REMINDER_DAY: frozenset({VisitState.CONFIRMED}),
    Template.REMINDER_HOURS: frozenset({VisitState.CONFIRMED}),
}
"""The states of the visit in which a mail about it still holds. One about another version of the visit never does."""


HOLDS: dict[Template, Callable[[Account, Message], bool]] = {
    Template.SET_PASSWORD: lambda account, message: (
        account.password_hash is None and account.email == message.recipient
    ),
    Template.RESET_PASSWORD: lambda account, message: account.email == message.recipient,
    Template.CONFIRM_EMAIL: lambda account, message: account.pending_email == message.recipient,
    Template.PASSWORD_CHANGED: lambda _account, _message: True,
    Template.EMAIL_CHANGED: lambda _account, _message: True,
    Template.SECOND_FACTOR_ON: lambda _account, _message: True,
    Template.SECOND_FACTOR_OFF: lambda _account, _message: True,
    Template.RECOVERY_CODE_USED: lambda _account, _message: True,
    Template.RECORD_READY: lambda _account, message: now() < message.created_at + EXPORT_KEPT,
}
"""Whether a mail about an account still holds. What its link is, is only made when the mail is sent."""


def tell_about_visit(template: Template, appointment: Appointment, account: Account) -> None:
    """Have an account told of a visit, which must be flushed: the row is saved or lost with the event."""
    _put(**_about(template, account, appointment.id, appointment.version))


def tell_about_visits(template: Template, visits: Sequence[tuple[Appointment, Account]]) -> None:
    """As `tell_about_visit`, of many in a few statements: the sweep finds them."""
    add_rows(Message, [_about(template, account, visit.id, visit.version) for visit, account in visits])


def schedule_about_visit(template: Template, appointment: Appointment, account: Account, due_at: datetime) -> None:
    """As `tell_about_visit`, at a later moment: the sweep finds it then."""
    add_row(Message, **_about(template, account, appointment.id, appointment.version), due_at=due_at)


def withdraw_about_visit(template: Template, appointment: Appointment, account: Account) -> bool:
    """Drop a message about a visit that nobody has begun to send; False where its reader may have been told."""
    key = _about(template, account, appointment.id, appointment.version)["key"]
    unsent = (Message.key == key, Message.state == MessageState.WAITING, Message.attempts == 0)
    dropped = update(Message).where(*unsent).values(state=MessageState.DROPPED).returning(Message.id)
    return db.session.execute(dropped).scalar_one_or_none() is not None


def tell_about_offer(offer: WaitingOffer, account: Account) -> None:
    """Have an account told of a time that is held for one of its patients; the offer must be flushed."""
    _put(**_about(Template.WAITING_OFFER, account, offer.id, 1))


def tell_about_row(template: Template, row_id: int, account: Account) -> None:
    """Have an account told once of something that has happened and stays so, by its key."""
    _put(**_about(template, account, row_id, 1))


def tell_about_application(template: Template, doctor: Doctor, account: Account) -> None:
    """Have an applicant told how the hospital decided."""
    moment = int(doctor.decided_at.timestamp()) if doctor.decided_at else 0
    _put(**_about(template, account, doctor.id, moment))


def tell_about_account(template: Template, account: Account, recipient: str) -> None:
    """Have an account, which must be flushed, told of itself at an address; each time it is another mail."""
    key = f"{template.value}.{account.id}.{secrets.token_hex(8)}"
    _put(key=key, template=template.value, account_id=account.id, recipient=recipient)


def tell_accounts(template: Template, accounts: Sequence[tuple[int, str]]) -> None:
    """Have many accounts, each its key and its address, told of themselves, little by little, by the sweep.

    Some are due at each sweep: other mail never waits behind all of them, and no mail server takes them for a flood.
    """
    moment = now()
    rows = [
        {
            "key": f"{template.value}.{account_id}.{secrets.token_hex(8)}",
            "template": template.value,
            "account_id": account_id,
            "recipient": email,
            "due_at": moment + number // MANY_AT_ONCE * MANY_EVERY,
        }
        for number, (account_id, email) in enumerate(accounts)
    ]
    add_rows(Message, rows)


def tell_nobody(template: Template) -> None:
    """Do what telling an account does, and have it dropped: nobody can time whether there is such an account."""
    _put(key=f"{template.value}.0.{secrets.token_hex(8)}", template=template.value, recipient="")


def count_sent_to(account: Account | None, template: Template, *, since: datetime) -> int:
    """How many mails of a kind an account has caused since a moment; None for nobody has caused none."""
    key = account.id if account else 0
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Message)
            .where(Message.account_id == key, Message.template == template.value, Message.created_at >= since)
        )
        or 0
    )


def _about(template: Template, account: Account, subject_id: int, version: int) -> dict[str, Any]:
    """The columns of a message that is one for its template, subject, version and reader."""
    return {
        "key": f"{template.value}.{subject_id}.{version}.{account.id}",
        "template": template.value,
        "account_id": account.id,
        "recipient": account.email,
        "subject_id": subject_id,
        "subject_version": version,
    }


def _put(**values: str | int) -> None:
    unit_of_work.after_commit(DELIVER, add_row(Message, **values))


def due(moment: datetime) -> list[int]:
    """The ids of messages that are due and that no worker holds, oldest first, at most SWEEP_BATCH."""
    return list(
        db.session.scalars(
            select(Message.id)
            .where(Message.state == MessageState.WAITING, Message.due_at <= moment, _unclaimed(moment))
            .order_by(Message.due_at)
            .limit(SWEEP_BATCH)
        )
    )


def count_undelivered(moment: datetime) -> int:
    """How many messages should be out and are not: given up, failed and tried again, or LATE."""
    late = and_(Message.state == MessageState.WAITING, or_(Message.error != "", Message.due_at <= moment - LATE))
    query = select(func.count()).select_from(Message).where(or_(Message.state == MessageState.FAILED, late))
    return db.session.scalar(query) or 0


def claim(message_id: int) -> Message | None:
    """Take the lease of a due message; None where another worker has it, or it is done. Commit before sending."""
    moment = now()
    claimed = db.session.execute(
        update(Message)
        .where(
            Message.id == message_id,
            Message.state == MessageState.WAITING,
            Message.due_at <= moment,
            _unclaimed(moment),
        )
        .values(lease_until=moment + LEASE, attempts=Message.attempts + 1)
        .returning(Message.id)
    ).scalar_one_or_none()
    return None if claimed is None else db.session.get_one(Message, claimed, populate_existing=True)


def renew(message_id: int) -> None:
    """Keep the lease of a message that is still being sent."""
    held = update(Message).where(Message.id == message_id, Message.state == MessageState.WAITING)
    db.session.execute(held.values(lease_until=now() + LEASE))


def visit_of(message: Message) -> Appointment | None:
    """The visit that a message tells of, with doctor, department and patient, if what it says still holds."""
    states = TRUE_WHILE.get(Template(message.template))
    if states is None:
        return None
    return db.session.scalars(
        select(Appointment)
        .where(
            Appointment.id == message.subject_id,
            Appointment.version == message.subject_version,
            Appointment.state.in_(states),
        )
        .options(
            joinedload(Appointment.doctor).joinedload(Doctor.department),
            joinedload(Appointment.patient),
        )
    ).one_or_none()


def offer_of(message: Message) -> WaitingOffer | None:
    """The offer that a message tells of, with the held time's doctor and department; None once it has ended."""
    return db.session.scalars(
        select(WaitingOffer)
        .join(Appointment, Appointment.id == WaitingOffer.held_id)
        .where(
            WaitingOffer.id == message.subject_id,
            WaitingOffer.state == OfferState.OPEN,
            WaitingOffer.expires_at > now(),
            Appointment.state == VisitState.HELD,
        )
        .options(joinedload(WaitingOffer.held).joinedload(Appointment.doctor).joinedload(Doctor.department))
    ).one_or_none()


def tells_of_an_offer(message: Message) -> bool:
    """Whether the message is about a held time, and so may have become untrue."""
    return Template(message.template) is Template.WAITING_OFFER


def tells_of_a_visit(message: Message) -> bool:
    """Whether the message is about a visit, and so may have become untrue."""
    return Template(message.template) in TRUE_WHILE


def account_of(message: Message) -> Account | None:
    """The account that a message is about, if it still holds; None for a closed one."""
    account = db.session.get(Account, message.account_id) if message.account_id else None
    holds = HOLDS[Template(message.template)]
    return account if account is not None and account.is_active and holds(account, message) else None


def tells_of_an_account(message: Message) -> bool:
    """Whether the message is about an account itself, and so may have become untrue."""
    return Template(message.template) in HOLDS


def mark_sent(message: Message) -> None:
    """The mail is out."""
    message.state, message.sent_at, message.lease_until, message.error = MessageState.SENT, now(), None, ""


def mark_dropped(message: Message) -> None:
    """What the message says is no longer true: it is not sent."""
    message.state, message.lease_until = MessageState.DROPPED, None


def mark_unreached(message: Message, error: str) -> None:
    """There was no mail server to give it to, which is not the message's fault: it is tried again, however often."""
    message.error, message.lease_until = error, None
    message.attempts -= 1
    message.due_at = now() + FIRST_PAUSE


def mark_failed(message: Message, error: str) -> None:
    """Sending failed: try again later, each pause twice as long, until the tries are used up."""
    message.error, message.lease_until = error[:500], None
    if message.attempts >= MAXIMUM_ATTEMPTS:
        message.state = MessageState.FAILED
    else:
        message.due_at = now() + FIRST_PAUSE * 2 ** (message.attempts - 1)


def _unclaimed(moment: datetime) -> ColumnElement[bool]:
    return or_(Message.lease_until.is_(None), Message.lease_until < moment)
