"""Reminders: mail before a visit, written when it is confirmed, which follows the visit and what the account wants.

Each version of a visit has reminders of its own. Whether one still holds, and is wanted, is asked when it is due.
How long before a visit they come is a setting of the hospital; the templates are named after its usual values.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select, update

from app import policy
from app.clock import now
from app.extensions import db, settings
from app.models import Account, Appointment, Message, MessageState, ReminderChoice, VisitState
from app.policy import Actor, Permission
from app.services import audit, outbox
from app.services.local_days import Later
from app.services.outbox import Template

REMINDERS = (Template.REMINDER_DAY, Template.REMINDER_HOURS)
"""The first and the second reminder of a visit."""

_NAMES = frozenset(template.value for template in REMINDERS)


def leads() -> Mapping[Template, int]:
    """How many hours before a visit each reminder is due, the earlier first."""
    return dict(zip(REMINDERS, (settings.reminder_first_hours, settings.reminder_second_hours), strict=True))


def retime(former: Mapping[Template, int]) -> None:
    """Have reminders that wait be due as the hospital now wants, which was as `former` says: a statement each.

    One whose new time has passed keeps its own, so that nobody goes without, and no mail for days goes out in one go.
    """
    moment = now()
    for template, hours in leads().items():
        due_at = Later(Message.due_at, former[template] - hours)
        if former[template] != hours:
            db.session.execute(
                update(Message)
                .where(
                    Message.template == template.value,
                    Message.state == MessageState.WAITING,
                    Message.attempts == 0,
                    Message.due_at > moment,
                    due_at > moment,
                )
                .values(due_at=due_at)
            )


def follow(visit: Appointment, account: Account, *, is_new: bool = False) -> None:
    """Have the reminders of a visit, which must be flushed, fit how it stands: in the transaction of what changed it.

    Those of an earlier version, and of a visit that is off, are dropped. None is written for a visit that waits for
    confirmation, nor one whose time has passed. A visit that `is_new` has none yet.
    """
    present = set() if is_new else _drop_stale(visit, account)
    for template, hours in leads().items():
        due_at = visit.starts_at - timedelta(hours=hours)
        if visit.state is VisitState.CONFIRMED and template.value not in present and due_at > now():
            outbox.schedule_about_visit(template, visit, account, due_at)


def drop(visits: Sequence[tuple[Appointment, Account]]) -> None:
    """Drop what would remind accounts of visits that are off, in one statement."""
    query = update(Message).where(
        Message.account_id.in_({account.id for _, account in visits}),
        Message.subject_id.in_([visit.id for visit, _ in visits]),
        Message.template.in_(_NAMES),
        Message.state == MessageState.WAITING,
    )
    db.session.execute(query.values(state=MessageState.DROPPED, lease_until=None))


def is_reminder(message: Message) -> bool:
    """Whether a message reminds of a visit."""
    return message.template in _NAMES


def visit_of(message: Message) -> Appointment | None:
    """The visit that a due message reminds of, as `outbox.visit_of`; None also where it has begun or nobody wants it.

    It goes to the address that the account has now: it was written weeks before.
    """
    visit = outbox.visit_of(message)
    account = db.session.get(Account, message.account_id) if message.account_id else None
    if visit is None or account is None or not account.is_active or visit.starts_at <= now():
        return None
    if visit.patient.manager_id != account.id or Template(message.template) not in chosen(Actor(account_id=account.id)):
        return None
    message.recipient = account.email
    return visit


def chosen(actor: Actor) -> frozenset[Template]:
    """The reminders that the actor gets. Raises Unauthorized for a stranger."""
    policy.require(actor, Permission.MANAGE_ACCOUNT)
    row = _choice_of(actor)
    if row is None:
        return frozenset(REMINDERS)
    wanted = {Template.REMINDER_DAY: row.day_before, Template.REMINDER_HOURS: row.hours_before}
    return frozenset(template for template, is_wanted in wanted.items() if is_wanted)


def choose(actor: Actor, templates: Collection[Template]) -> None:
    """Have the actor get these reminders and no others, from now on. Raises Unauthorized for a stranger."""
    policy.require(actor, Permission.MANAGE_ACCOUNT)
    # Two tabs that choose for the first time queue up here.
    db.session.scalar(select(Account.id).where(Account.id == actor.account_id).with_for_update(key_share=True))
    row = _choice_of(actor) or ReminderChoice(account_id=actor.account_id)
    row.day_before = Template.REMINDER_DAY in templates
    row.hours_before = Template.REMINDER_HOURS in templates
    db.session.add(row)
    db.session.flush()
    audit.record(actor, "reminders.chosen", row)


def _drop_stale(visit: Appointment, account: Account) -> set[str]:
    """Drop the reminders that no longer fit a visit; the templates of those that are there for its present version."""
    mine = (Message.account_id == account.id, Message.subject_id == visit.id, Message.template.in_(_NAMES))
    rows = db.session.execute(select(Message.id, Message.template, Message.subject_version).where(*mine)).all()
    stale = [row.id for row in rows if row.subject_version != visit.version or not visit.is_open]
    if stale:
        waiting = update(Message).where(Message.id.in_(stale), Message.state == MessageState.WAITING)
        db.session.execute(waiting.values(state=MessageState.DROPPED, lease_until=None))
    return {row.template for row in rows if row.subject_version == visit.version}


def _choice_of(actor: Actor) -> ReminderChoice | None:
    return db.session.scalars(policy.visible(actor, ReminderChoice)).one_or_none()
