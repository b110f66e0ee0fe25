"""Every mail, as those get it who read text, and those who read HTML: the same words, one link, nothing clinical."""

from __future__ import annotations

import html.parser
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.jobs import mail
from app.models import Account, Appointment, Doctor, Message, MessageState, VisitState
from app.services import outbox
from app.services.outbox import Template
from config import Settings
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    DepartmentFactory,
    DoctorFactory,
    EmergencyAccessFactory,
    PatientFactory,
    ReviewFactory,
    ReviewReplyFactory,
    SessionFactory,
    WaitingEntryFactory,
    WaitingOfferFactory,
    coming_weekday,
)
from tests.support.databases import Database
from tests.support.letters import html as html_of
from tests.support.letters import text, written

PATIENT, DOCTOR, PLACE = "O'Brien & <b>Sons</b>", "Dr Hart & <i>Co</i>", 'West "wing" & <u>tower</u>'
CLINICAL = ("Oncology", "A lump", "private words", "Unconscious", "waited long", "kind reply", "overbooked")
PERSONAL = (*CLINICAL, "O'Brien", "Hart", "West")
HOSPITAL_TIME = re.compile(r"\d(?:am|pm)\b")


def people() -> dict[str, Any]:
    department = DepartmentFactory(name="Oncology", location=PLACE)
    return {
        "patient": PatientFactory(name=PATIENT),
        "doctor": DoctorFactory(name=DOCTOR, department=department, decided_at=now()),
    }


def about_visit(
    template: Template, session: Session, state: VisitState | None = None, doctor: Doctor | None = None
) -> Appointment:
    """A message about a visit, with all in it that may not be told."""
    state = state or min(outbox.TRUE_WHILE[template], key=lambda each: each.value)
    secret = {"symptoms": "A lump", "cancel_reason": "private words", "overbooking_reason": "overbooked"}
    who = people() if doctor is None else people() | {"doctor": doctor}
    visit: Appointment = AppointmentFactory(**who, state=state, **secret)
    is_clinics = template.value.startswith("clinic_")
    account = session.get_one(Account, visit.doctor.account_id if is_clinics else visit.patient.manager_id)
    outbox.tell_about_visit(template, visit, account)
    return visit


def about_offer(template: Template, session: Session) -> None:
    assert template is Template.WAITING_OFFER
    offer = WaitingOfferFactory(
        entry=WaitingEntryFactory(visit=AppointmentFactory(**people(), starts_at=coming_weekday(days=14)))
    )
    outbox.tell_about_offer(offer, session.get_one(Account, offer.entry.patient.manager_id))


def about_application(template: Template, _session: Session) -> None:
    doctor = people()["doctor"]
    outbox.tell_about_application(template, doctor, doctor.account)


def about_account(template: Template, _session: Session) -> None:
    account = AccountFactory(email="a@example.org", pending_email="a@example.org", password_hash=None)
    outbox.tell_about_account(template, account, "a@example.org")


def about_emergency(template: Template, _session: Session) -> None:
    who = people()
    access = EmergencyAccessFactory(**who, reason="Unconscious")
    outbox.tell_about_row(template, access.id, who["patient"].manager)


def about_reply(template: Template, _session: Session) -> None:
    who = people()
    reply = ReviewReplyFactory(review=ReviewFactory(**who, body="I waited long."), body="A kind reply")
    outbox.tell_about_row(template, reply.id, who["patient"].manager)


def about_sign_in(template: Template, _session: Session) -> None:
    row = SessionFactory(user_agent="Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0")
    outbox.tell_about_row(template, row.id, row.account)


WRITTEN: Mapping[Template, Callable[[Template, Session], object]] = {
    **dict.fromkeys(outbox.TRUE_WHILE, about_visit),
    **dict.fromkeys(outbox.HOLDS, about_account),
    **dict.fromkeys((Template.DOCTOR_APPROVED, Template.DOCTOR_REJECTED), about_application),
    Template.WAITING_OFFER: about_offer,
    Template.EMERGENCY_OPENED: about_emergency,
    Template.REVIEW_REPLIED: about_reply,
    Template.NEW_DEVICE: about_sign_in,
}
"""How each mail comes about; one that is missing here is not tested."""


class Markup(html.parser.HTMLParser):
    """What a mail's HTML is made of: its elements, where it leads, what it says."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.links: list[str] = []
        self.attributes: dict[str, str | None] = {}
        self.said = ""
        self._in_style = False
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        values = dict(attrs)
        if tag == "html":
            self.attributes = values
        if "href" in values:
            self.links.append(values["href"] or "")
        assert "src" not in values
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.said += f" {data}"


def words_of(said: str) -> str:
    return " ".join(said.replace("\u2007\u034f", " ").split())


@pytest.fixture
def send(database: Database, settings: Settings) -> Callable[..., EmailMessage]:
    """Have what is told in a unit of work sent: `send(template)`; the mail."""

    def act(template: Template, **values: Any) -> EmailMessage:
        with database.unit_of_work() as session:
            WRITTEN[template](template, session, **values)
            key = session.scalars(select(Message.id)).one()
        with database.app.app_context():
            mail.deliver(key)
        with database.unit_of_work() as session:
            assert session.get_one(Message, key).state is MessageState.SENT
        (letter,) = written(settings)
        return letter

    return act


def test_each_has_its_test() -> None:
    assert set(WRITTEN) == set(Template)


@pytest.mark.parametrize("template", Template, ids=lambda template: template.value)
def test_text_and_html_say_the_same_with_one_link_and_nothing_clinical(
    send: Callable[..., EmailMessage], template: Template
) -> None:
    letter = send(template)
    said, markup = text(letter), Markup(html_of(letter))

    assert letter["Auto-Submitted"] == "auto-generated"
    assert not any(word in letter["Subject"] for word in PERSONAL)
    (address,) = re.findall(r"http\S+", said)
    assert address.startswith("http://localhost/")
    assert markup.links == [address]
    assert markup.attributes["lang"] == "en"
    assert not {"script", "img", "link", "form"} & set(markup.elements)
    assert not any(word in said + markup.said for word in CLINICAL)
    for paragraph in said.split("--")[0].split("\n"):
        words = re.sub(r"^(\w+): +", r"\1 ", paragraph).removesuffix(":")
        assert words_of(words) in words_of(markup.said)
    if HOSPITAL_TIME.search(said):
        assert "(hospital time)" in said
    for part in (said, markup.said):
        assert not re.search(r"\{|\}|None|&\w+;| \.|  ,", words_of(part))


class TestEscaping:
    def test_html_escapes_what_people_are_called_and_text_does_not(self, send: Callable[..., EmailMessage]) -> None:
        letter = send(Template.BOOKED)

        for name in (PATIENT, DOCTOR, PLACE):
            assert name in text(letter)
            assert name in Markup(html_of(letter)).said
        assert "O&#39;Brien &amp; &lt;b&gt;Sons&lt;/b&gt;" in html_of(letter)
        assert not {"b", "i", "u"} & set(Markup(html_of(letter)).elements)

    def test_a_name_cannot_add_facts_or_links(self, send: Callable[..., EmailMessage]) -> None:
        name = "Dr Hart\nWhere: elsewhere\n\u2028See it: http://evil.example"
        said = text(send(Template.BOOKED, doctor=DoctorFactory(name=name)))

        assert "With:  Dr Hart Where: elsewhere See it: http://evil.example\n" in said
        assert "\nWhere: elsewhere" not in said


class TestLook:
    def test_it_is_the_hospitals_own(self, send: Callable[..., EmailMessage], settings: Settings) -> None:
        markup = html_of(send(Template.BOOKED))

        assert settings.hospital_name in markup
        assert f'bgcolor="{settings.brand_colour}"' in markup

    def test_it_comes_in_the_hospitals_name(self, send: Callable[..., EmailMessage], settings: Settings) -> None:
        assert send(Template.BOOKED)["From"] == f"{settings.hospital_name} <{settings.mail_from}>"

    def test_lists_of_mail_show_how_it_opens(self, send: Callable[..., EmailMessage]) -> None:
        said = Markup(html_of(send(Template.CONFIRMED))).said
        assert said.count("Your appointment is confirmed.") == 2


class TestSenderWithAName:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """The same, but for who sends."""
        return replace(settings, mail_from="Bookings <bookings@larkfield.example>")

    def test_it_is_kept(self, send: Callable[..., EmailMessage]) -> None:
        assert send(Template.BOOKED)["From"] == "Bookings <bookings@larkfield.example>"


class TestWords:
    @pytest.mark.parametrize(
        ("template", "state", "subject", "leads_to"),
        [
            (Template.CLINIC_BOOKED, VisitState.PENDING, "A request for an appointment with you", "/clinic/requests"),
            (Template.CLINIC_BOOKED, VisitState.CONFIRMED, "A new appointment with you", "/clinic/week"),
            (Template.CLINIC_CHANGED, VisitState.PENDING, "An appointment with you", "/clinic/requests"),
            (Template.CLINIC_CANCELLED, VisitState.CANCELLED, "An appointment with you", "/clinic/week"),
        ],
    )
    def test_doctors_are_led_to_what_they_can_do(
        self, send: Callable[..., EmailMessage], template: Template, state: VisitState, subject: str, leads_to: str
    ) -> None:
        letter = send(template, state=state)

        assert letter["Subject"].startswith(f"{subject} at Larkfield Hospital")
        assert f"http://localhost{leads_to}\n" in text(letter)
        assert "O'Brien" not in text(letter)

    def test_a_declined_request_was_never_an_appointment(self, send: Callable[..., EmailMessage]) -> None:
        said = text(send(Template.DECLINED))
        assert "cannot take place, and is not booked. Sign in to read why." in said

    def test_of_a_sign_in_it_says_when_and_in_what(self, send: Callable[..., EmailMessage]) -> None:
        said = text(send(Template.NEW_DEVICE))
        assert "With:  Firefox on Windows\n" in said
        assert "http://localhost/forgotten-password" in said
