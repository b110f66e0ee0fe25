"""The components: what they show, that markup in data is only text, and that nothing typed is lost."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, render_template
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FileField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired

from app.models import Approval, VisitKind, VisitState
from app.pages.fields import DateInputField
from app.pages.paging import Paging
from tests.support.frame import make_frame

HOSTILE = "\"'><script>alert(1)</script>"
NINE = datetime(2030, 1, 8, 9, 0, tzinfo=UTC)
FORM = """
{{ forms.error_summary(form) }}
{% call forms.form() %}
  {{ forms.text(form.name, autocomplete="name") }}
  {{ forms.password(form.password) }}
  {{ forms.textarea(form.reason, limit=200) }}
  {{ forms.textarea(form.notes) }}
  {{ forms.select(form.department) }}
  {{ forms.radios(form.kind, hints={"online": "By a link"}) }}
  {{ forms.checkboxes(form.languages) }}
  {{ forms.checkbox(form.agree) }}
  {{ forms.date(form.born) }}
  {{ forms.number(form.fee) }}
  {{ forms.file(form.picture) }}
{% endcall %}
"""

Show = Callable[..., str]


class Everything(FlaskForm):
    """A form with a field of each kind."""

    name = StringField("Full name", [InputRequired("Enter the full name")], description="As in the passport")
    password = PasswordField("Password")
    reason = TextAreaField("Reason", [InputRequired("Enter a reason")])
    notes = TextAreaField("Notes")
    department = SelectField("Department", choices={"": "Choose", "1": "Cardiology", "2": HOSTILE})
    kind = RadioField("Kind", [InputRequired("Choose")], choices={"in_person": "In person", "online": "Video call"})
    languages = SelectMultipleField("Languages", choices={"en": "English", "ar": "Arabic"})
    agree = BooleanField("I agree")
    born = DateInputField("Date of birth")
    fee = IntegerField("Fee")
    picture = FileField("Picture", render_kw={"accept": "image/png"})


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Show:
    """Render a template's text, with names that it may use."""

    def render(source: str, **names: object) -> str:
        app = make_frame(monkeypatch, tmp_path, {"shown.html": source})
        with app.test_request_context("/somewhere?q=heart"):
            return render_template("shown.html", **names)

    return render


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[dict[str, object]], str]:
    """Send values to the form with all fields, and get the page back."""
    app: Flask = make_frame(monkeypatch, tmp_path, {"form.html": FORM})
    app.config["WTF_CSRF_ENABLED"] = False

    def view() -> str:
        form = Everything()
        form.validate()
        return render_template("form.html", form=form)

    app.add_url_rule("/form", "form", view, methods=["POST"])
    return lambda values: app.test_client().post("/form", data=values).text


class TestForms:
    def test_an_error_stands_on_top_and_at_its_field(self, send: Callable[[dict[str, object]], str]) -> None:
        page = send({})

        assert '<a href="#name">Enter the full name</a>' in page
        assert '<a href="#kind">Choose</a>' in page
        assert re.search(r'id="name"[^>]*aria-describedby="name-hint name-error"', page)
        assert re.search(r'<input[^>]*id="kind" name="kind" type="radio"', page), (
            "the summary's link leads to the first radio"
        )

    def test_an_unreadable_date_leads_to_its_first_box(self, send: Callable[[dict[str, object]], str]) -> None:
        page = send({"born-day": "31", "born-month": "2", "born-year": "1984"})

        assert '<a href="#born-day">Date of birth must be a real date</a>' in page
        assert re.search(r'<input[^>]*id="born-day"[^>]*value="31"', page)

    def test_what_was_typed_is_kept(self, send: Callable[[dict[str, object]], str]) -> None:
        page = send(
            {"name": "Amira", "department": "1", "kind": "online", "languages": ["ar"], "agree": "y", "fee": "many"}
        )

        assert re.search(r'id="name"[^>]*value="Amira"', page)
        assert re.search(r'<option value="1" selected>', page)
        assert re.search(r'value="online" checked', page)
        assert re.search(r'value="ar" checked', page)
        assert not re.search(r'value="en" checked', page)
        assert re.search(r'name="agree"[^>]* checked', page)
        assert re.search(r'id="fee"[^>]*value="many"', page)

    @pytest.mark.parametrize("field", ["reason", "notes"])
    def test_lines_stay_as_they_were_typed(self, send: Callable[[dict[str, object]], str], field: str) -> None:
        lines = "Since Monday:\n  - cough\n\n  - fever <38°"

        page = send({field: lines})

        shown = re.search(rf'<textarea[^>]*name="{field}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
        assert shown
        assert html.unescape(shown[1]) == lines

    def test_a_file_says_which_kinds_it_may_be(self, send: Callable[[dict[str, object]], str]) -> None:
        assert re.search(r'id="picture" name="picture" type="file" accept="image/png"', send({}))

    def test_a_password_is_never_sent_back(self, send: Callable[[dict[str, object]], str]) -> None:
        assert "open sesame" not in send({"password": "open sesame"})

    def test_markup_that_was_typed_is_only_text(self, send: Callable[[dict[str, object]], str]) -> None:
        names = ("name", "reason", "notes", "department", "kind", "languages", "born-day", "born-year", "fee")

        page = send(dict.fromkeys(names, HOSTILE))

        assert "<script" not in page
        assert page.count("&lt;script&gt;") >= 6

    def test_a_post_carries_the_csrf_token_and_a_search_does_not(self, show: Show) -> None:
        assert 'name="csrf_token"' in show("{% call forms.form() %}{% endcall %}")
        assert 'name="csrf_token"' not in show('{% call forms.form(method="get") %}{% endcall %}')


class TestPieces:
    @pytest.mark.parametrize("state", list(VisitState))
    def test_every_state_of_a_visit_has_its_words(self, show: Show, state: VisitState) -> None:
        assert re.search(
            r'<strong class="nhsuk-tag nhsuk-tag--[a-z]+">[A-Z][a-z ]+</strong>',
            show("{{ ui.status_tag(s) }}", s=state),
        )
        assert show("{{ ui.status_tag(s) }}", s=state) == show("{{ ui.status_tag(s) }}", s=state.value)

    @pytest.mark.parametrize("approval", list(Approval))
    def test_every_approval_has_its_words(self, show: Show, approval: Approval) -> None:
        assert re.search(r">[A-Z][a-z ]+</strong>", show("{{ ui.approval_tag(a) }}", a=approval))

    @pytest.mark.parametrize("kind", list(VisitKind))
    def test_every_kind_of_visit_has_its_words(self, show: Show, kind: VisitKind) -> None:
        assert show("{{ k | visit_kind }}", k=kind) in {"In person", "Video call"}

    @pytest.mark.parametrize(
        "source",
        [
            "{{ ui.tag(x) }}",
            "{{ ui.inset(x) }}",
            "{{ ui.warning(x, x) }}",
            "{{ ui.panel(x, x) }}",
            "{{ ui.success(x) }}",
            "{{ ui.notice(x) }}",
            "{{ ui.button(x, value=x) }}",
            "{{ ui.button_link(x, '/' ~ x) }}",
            "{{ ui.post_button(x, '/', context=x, fields={'a': x}) }}",
            "{{ ui.breadcrumbs([(x, '/')]) }}",
            "{{ ui.back_link('/', x) }}",
            "{{ ui.summary_list([(x, x, '/', x)]) }}",
            "{% call ui.card(x) %}{{ x }}{% endcall %}",
            "{% call ui.details(x) %}{{ x }}{% endcall %}",
            "{{ ui.figure(x, x, '/') }}",
            "{{ ui.empty_state(x, x, (x, '/')) }}",
            "{% call ui.filters('/', x) %}{{ x }}{% endcall %}",
            "{% call(r) ui.table([x], x, [x, (x, 'numeric')]) %}{{ ui.cell(x, r) }}{% endcall %}",
            "{{ ui.picture(x, x) }}{{ ui.picture(none, x) }}",
        ],
    )
    def test_markup_in_data_is_only_text(self, show: Show, source: str) -> None:
        page = show(source, x=HOSTILE)

        assert "<script" not in page
        assert "&lt;script&gt;" in page

    def test_only_rows_that_can_change_say_so(self, show: Show) -> None:
        page = show('{{ ui.summary_list([("Who", "Amira", "/who", "who it is for"), ("Fee", "£85")]) }}')

        assert page.count("Change") == 1
        assert 'Change<span class="nhsuk-u-visually-hidden"> who it is for</span>' in page
        assert page.count("no-actions") == 1

    def test_a_table_names_the_column_in_every_cell(self, show: Show) -> None:
        page = show(
            '{% call(n) ui.table([1, 0], "Sums", [("How many", "numeric")]) %}{{ ui.cell("How many", n) }}{% endcall %}'
        )

        assert page.count("How many </span>") == 2
        assert re.findall(r"</span>(\d)", page) == ["1", "0"]


class TestLists:
    def test_a_single_page_needs_no_links(self, show: Show) -> None:
        assert show("{{ ui.pagination(paging) }}", paging=Paging(1, 10, 10)).strip() == ""

    @pytest.mark.parametrize(("page", "rels"), [(1, ["next"]), (2, ["prev", "next"]), (3, ["prev"])])
    def test_the_ends_lead_only_inwards(self, show: Show, page: int, rels: list[str]) -> None:
        app_page = show(
            "{{ ui.pagination(paging) }}", paging=SimpleNamespace(page=page, pages=3, numbers=[1, 2, 3], url=str)
        )

        assert re.findall(r'rel="(\w+)"', app_page) == rels
        assert re.findall(r'href="(\d)" aria-label="Page \d" aria-current="page"', app_page) == [str(page)]

    @pytest.mark.parametrize(
        ("paging", "words"),
        [
            (Paging(1, 10, 0), "0 doctors"),
            (Paging(1, 10, 1), "1 doctor"),
            (Paging(2, 10, 14), "11 to 14 of 14 doctors"),
        ],
    )
    def test_a_list_says_how_many_there_are(self, show: Show, paging: Paging, words: str) -> None:
        page = show('{{ ui.result_count(paging, "doctor") }}', paging=paging)

        assert re.sub(r"<[^>]+>", "", page).strip() == words

    def test_filters_work_with_and_without_htmx(self, show: Show) -> None:
        page = show('{% call ui.filters("/find", "Find") %}{% endcall %}')

        assert re.search(r'<form action="/find" method="get"', page)
        assert 'hx-get="/find" hx-target="#results"' in page


class TestDoctors:
    CARD = SimpleNamespace(
        id=7,
        name="Dr Samuel Okafor",
        department="Cardiology",
        specialisations=["Heart failure"],
        fee=85,
        rating=4.56,
        reviews=12,
        picture_id=None,
        free_times=[NINE, NINE + timedelta(minutes=30)],
    )

    def test_a_card_leads_to_the_doctor_and_straight_to_free_times(self, show: Show) -> None:
        page = show("{{ ui.doctor_card(card) }}", card=self.CARD)

        assert '<a href="/find-a-doctor/7">Dr Samuel Okafor</a>' in page
        assert "/book/7?at=2030-01-08T09:00:00Z" in page
        assert "Tue 8 Jan" in page
        assert "9:30am" in page
        assert "£85 a visit" in page
        assert ">SO</span>" in page

    def test_a_card_of_a_doctor_of_whom_little_is_known(self, show: Show) -> None:
        bare = SimpleNamespace(
            id=7,
            name="Dr Cher",
            department=None,
            specialisations=[],
            fee=None,
            rating=None,
            reviews=0,
            picture_id=None,
            free_times=[],
        )

        page = show("{{ ui.doctor_card(card) }}", card=bare)

        assert "No reviews yet" in page
        assert "No free times in the next 90 days" in page
        assert "None" not in page
        assert "a visit" not in page

    def test_markup_in_a_card_is_only_text(self, show: Show) -> None:
        hostile = SimpleNamespace(
            **(
                vars(self.CARD)
                | {"name": HOSTILE, "department": HOSTILE, "specialisations": [HOSTILE], "about": HOSTILE}
            )
        )

        assert "<script" not in show("{{ ui.doctor_card(card) }}", card=hostile)

    def test_free_times_stand_by_day_and_half_day(self, show: Show) -> None:
        days = [
            SimpleNamespace(date=date(2030, 1, 8), times=[NINE, NINE + timedelta(hours=2.5), NINE + timedelta(hours=3)])
        ]

        page = re.sub(r"<[^>]+>|\s+", " ", show("{{ ui.slot_list(days, 7) }}", days=days))

        words = re.sub(r"\s+", " ", page).strip()
        assert words.startswith("Tuesday 8 January 2030 3 free times Morning 9am")
        assert re.search(r"Morning 9am .* 11:30am .* Afternoon 12pm", words)

    def test_a_rating_says_how_many_rated(self, show: Show) -> None:
        assert "(1 review)" in show("{{ ui.rating(5.0, 1) }}")

    def test_reviews_that_are_not_verified_make_no_mean(self, show: Show) -> None:
        page = show("{{ ui.rating(none, 2) }}")

        assert "2 reviews" in page
        assert "Rated" not in page
