"""Mail that brings a link for an account: made when it is sent, and only while it holds."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.jobs import mail
from app.models import Account, Message, MessageState
from app.services import account_links, outbox
from app.services.account_links import Purpose
from app.services.outbox import Template
from config import Settings
from tests.factories import AccountFactory
from tests.support.databases import Database
from tests.support.letters import text, written

PURPOSES = {Template.SET_PASSWORD: Purpose.SET_PASSWORD, Template.CONFIRM_EMAIL: Purpose.CONFIRM_EMAIL}
PLACES = {Template.SET_PASSWORD: "set-password", Template.CONFIRM_EMAIL: "confirm-email"}
ADDRESS = "new@example.org"


@pytest.fixture
def account(database: Database) -> Account:
    """Somebody who was invited, and who asked for another address."""
    return AccountFactory(username="kim", email=ADDRESS, password_hash=None, pending_email=ADDRESS)


def tell(database: Database, template: Template, account: Account) -> int:
    """A mail as a service writes it; its key."""
    with database.unit_of_work() as session:
        outbox.tell_about_account(template, account, ADDRESS)
        key = session.scalars(select(Message.id).order_by(Message.id.desc())).first()
    assert key is not None
    return key


def deliver(database: Database, key: int) -> Message:
    with database.app.app_context():
        mail.deliver(key)
    with database.unit_of_work() as session:
        return session.get_one(Message, key)


@pytest.mark.parametrize("template", PURPOSES)
class TestDeliver:
    def test_it_brings_a_link_that_works(
        self, database: Database, settings: Settings, account: Account, template: Template
    ) -> None:
        message = deliver(database, tell(database, template, account))

        assert message.state is MessageState.SENT
        (sent,) = written(settings)
        assert sent["To"] == ADDRESS
        (token,) = re.findall(rf"^http://localhost/{PLACES[template]}/(\S+)$", text(sent), re.MULTILINE)
        with database.unit_of_work():
            assert account_links.owner(PURPOSES[template], token).id == account.id

    def test_the_link_is_in_no_row(self, database: Database, account: Account, template: Template) -> None:
        message = deliver(database, tell(database, template, account))

        columns = [str(getattr(message, column.key)) for column in Message.__table__.columns]
        with database.unit_of_work():
            parts = account_links.token(PURPOSES[template], account).split(".")
        assert not any(part in column for part in parts[:1] for column in columns)

    @pytest.mark.parametrize("change", ["address", "closed"])
    def test_what_no_longer_holds_is_not_sent(
        self, database: Database, settings: Settings, account: Account, template: Template, change: str
    ) -> None:
        key = tell(database, template, account)
        with database.unit_of_work() as session:
            row = session.get_one(Account, account.id)
            if change == "closed":
                row.is_active = False
            else:
                row.email, row.pending_email = "third@example.org", "third@example.org"

        assert deliver(database, key).state is MessageState.DROPPED
        assert written(settings) == []

    def test_each_is_a_mail_of_its_own(
        self, database: Database, settings: Settings, account: Account, template: Template
    ) -> None:
        for _ in range(2):
            deliver(database, tell(database, template, account))
        assert len({sent["Message-ID"] for sent in written(settings)}) == 2


class TestInvitation:
    def test_it_names_the_username(self, database: Database, settings: Settings, account: Account) -> None:
        deliver(database, tell(database, Template.SET_PASSWORD, account))
        assert "Your username is kim." in text(written(settings)[0])

    def test_who_has_chosen_a_password_gets_none(
        self, database: Database, settings: Settings, account: Account
    ) -> None:
        key = tell(database, Template.SET_PASSWORD, account)
        with database.unit_of_work() as session:
            session.get_one(Account, account.id).password_hash = "chosen"
        assert deliver(database, key).state is MessageState.DROPPED


class TestSecondFactor:
    @pytest.mark.parametrize(
        ("template", "subject"),
        [
            (Template.SECOND_FACTOR_ON, "Two-step sign-in for Larkfield Hospital was turned on"),
            (Template.SECOND_FACTOR_OFF, "Two-step sign-in for Larkfield Hospital was turned off"),
            (Template.RECOVERY_CODE_USED, "A recovery code for Larkfield Hospital was used"),
        ],
    )
    def test_the_account_is_told_also_after_it_has_changed_again(
        self, database: Database, settings: Settings, account: Account, template: Template, subject: str
    ) -> None:
        key = tell(database, template, account)
        with database.unit_of_work() as session:
            session.get_one(Account, account.id).email = "third@example.org"
        assert deliver(database, key).state is MessageState.SENT
        (sent,) = written(settings)
        assert (sent["Subject"], sent["To"]) == (subject, ADDRESS)
        assert text(sent).count("http://localhost/") == 1
