"""Emergency accesses on the admin's pages: found, saved as CSV, looked into."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from tests.factories import AccountFactory, EmergencyAccessFactory, EmergencyCheckFactory
from tests.support.clients import sign_in, submit
from tests.support.databases import Database

PATH = "/admin/emergency-accesses"
MAY = datetime(2026, 5, 4, 10, tzinfo=UTC)


@pytest.fixture
def admins_client(client: FlaskClient, database: Database) -> FlaskClient:
    """An admin, signed in."""
    return sign_in(client, AccountFactory(is_admin=True))


def test_it_finds_by_people_reason_state_and_day(admins_client: FlaskClient) -> None:
    EmergencyAccessFactory(reason="Unconscious", opened_at=MAY)
    EmergencyCheckFactory(access__reason="Chest pain", access__opened_at=MAY.replace(day=8))

    def found(**query: str) -> list[str]:
        page = admins_client.get(PATH, query_string=query).text
        return [reason for reason in ("Unconscious", "Chest pain") if reason in page]

    assert found() == ["Unconscious", "Chest pain"]
    assert found(search="chest") == ["Chest pain"]
    assert found(state="waiting") == ["Unconscious"]
    assert found(since="2026-05-05", until="2026-05-08") == ["Chest pain"]
    assert found(since="2026-05-09") == []
    assert "Nothing found" in admins_client.get(f"{PATH}?search=nobody").text


def test_it_leads_to_what_was_read(admins_client: FlaskClient) -> None:
    access = EmergencyAccessFactory(opened_at=MAY)

    page = admins_client.get(f"{PATH}/{access.id}").text

    (address,) = re.findall(r'href="(/admin/audit\?[^"]+)"', page)
    username = access.doctor.account.username
    wanted = f"/admin/audit?patient={access.patient_id}&account={username}&since=2026-05-04&until=2026-05-04"
    assert html.unescape(address) == wanted
    assert admins_client.get(html.unescape(address)).status_code == 200


def test_one_is_marked_as_looked_into(admins_client: FlaskClient) -> None:
    path = f"{PATH}/{EmergencyAccessFactory(opened_at=MAY).id}"
    refused = submit(admins_client, path, note="x" * 1001)
    assert refused.status_code == 400
    assert "Use 1,000 characters or fewer." in refused.text

    assert submit(admins_client, path, note="The ward confirmed it.").status_code == 303

    page = admins_client.get(path).text
    assert "The ward confirmed it." in page
    assert "Mark as looked into" not in page


def test_the_own_one_is_for_somebody_else(client: FlaskClient, database: Database) -> None:
    access = EmergencyAccessFactory(opened_at=MAY, doctor__account=AccountFactory(is_admin=True))

    page = sign_in(client, access.doctor.account).get(f"{PATH}/{access.id}").text

    assert "You opened this record yourself" in page
    assert "Mark as looked into" not in page


def test_the_file_has_what_the_filters_leave(admins_client: FlaskClient) -> None:
    EmergencyCheckFactory(access__reason="=1+1", note="Fine")
    EmergencyAccessFactory(opened_at=MAY)

    answer = admins_client.get(f"{PATH}/emergency-accesses.csv?state=checked")

    (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert (row["reason"], row["note"]) == ("'=1+1", "Fine")
