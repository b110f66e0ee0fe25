"""Document 001, "Designations", "Specialisations", "Available Times", "Services" and "Contacts"."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from tests.contract.hospital import Hospital
from tests.contract.support import Program, like, ok, picture, refused, shows_a_picture

NAMED = {"id": 0, "name": "string", "slug": "string"}
TIME = {"id": 0, "time": "string"}
SERVICE = {"id": 0, "image": "string", "name": "string", "description": "string"}
CONTACT = {"id": 0, "name": "string", "phone": "string", "massage": "string"}


@pytest.mark.parametrize("path", ["/designations/", "/specialisations/"])
class TestDesignationsAndSpecialisations:
    def test_an_admin_creates_and_everyone_lists(self, admin: Program, stranger: Program, path: str) -> None:
        sent = {"name": "Chief physician", "slug": "chief"}
        created = like(ok(admin.post(path, json=sent), 201), NAMED)
        assert created == sent | {"id": created["id"]}
        assert like(ok(stranger.get(path)), [NAMED]) == [created]
        assert ok(stranger.get(path.rstrip("/"))) == [created]

    def test_nobody_else_creates(self, patient: Program, doctor: Program, stranger: Program, path: str) -> None:
        for caller, status in ((patient, 403), (doctor, 403), (stranger, 401)):
            refused(caller.post(path, json={"name": "Chief", "slug": "chief"}), status)
            refused(caller.post(path, json={}), status)

    def test_a_slug_is_made_from_the_name_as_the_contract_adds(self, admin: Program, path: str) -> None:
        created = ok(admin.post(path, data={"name": "Ear, Nose & Throat"}), 201)
        assert created["slug"].isascii()
        assert {"ear", "nose", "throat"} <= set(created["slug"].split("-"))

    def test_a_bad_request_is_400_and_a_taken_name_409(self, admin: Program, path: str) -> None:
        refused(admin.post(path, json={"slug": "chief"}), 400, "name")
        refused(admin.post(path, json={"name": ""}), 400, "name")
        refused(admin.post(path, json={"name": "Chief", "slug": 7}), 400, "slug")
        ok(admin.post(path, json={"name": "Chief", "slug": "chief"}), 201)
        refused(admin.post(path, json={"name": "CHIEF", "slug": "other"}), 409, "name")

    def test_one_is_read_changed_and_deleted_as_the_contract_adds(
        self, admin: Program, doctor: Program, stranger: Program, path: str
    ) -> None:
        entry = ok(admin.post(path, json={"name": "Chief", "slug": "chief"}), 201)
        one = f"{path}{entry['id']}/"
        assert ok(stranger.get(one)) == entry
        assert ok(admin.put(one, json={"name": "Head"}))["name"] == "Head"
        assert ok(admin.patch(one, json={"slug": "head"})) == {"id": entry["id"], "name": "Head", "slug": "head"}
        refused(admin.put(one, json={"slug": "head"}), 400, "name")
        for method in ("PUT", "PATCH", "DELETE"):
            refused(doctor.open(method, one, json={"name": "x"}), 403)
        field = path.strip("/").removesuffix("s")
        held = ok(admin.post("/doctors/", json={"name": "Dr Grace Hopper", field: ["Head"]}), 201)
        refused(admin.delete(one), 409)
        ok(admin.patch(f"/doctors/{held['id']}/", json={field: []}))
        ok(admin.delete(one), 204)
        refused(stranger.get(one), 404)


class TestAvailableTimes:
    def test_an_admin_creates_and_everyone_lists_by_id(self, admin: Program, stranger: Program) -> None:
        typed = ["09:00", "9:30 AM", "10:00 AM - 10:30 AM"]
        created = [like(ok(admin.post("/available-time/", json={"time": each}), 201), TIME) for each in typed]
        assert [each["time"] for each in created] == typed
        assert like(ok(stranger.get("/available-time/")), [TIME]) == created
        assert ok(stranger.get(f"/available-time/?id={created[1]['id']}")) == [created[1]]
        assert ok(stranger.get("/available-time?id=999")) == []
        refused(stranger.get("/available-time/?id=x"), 400, "id")

    def test_nobody_else_creates_and_what_is_no_time_is_400(
        self, admin: Program, patient: Program, doctor: Program, stranger: Program
    ) -> None:
        for caller, status in ((patient, 403), (doctor, 403), (stranger, 401)):
            refused(caller.post("/available-time/", json={"time": "09:00"}), status)
        for value in ("soon", "25:00", "", 9, None, "10:00 - 09:00"):
            refused(admin.post("/available-time/", json={"time": value}), 400, "time")
        refused(admin.post("/available-time/", json={}), 400, "time")

    def test_one_is_read_changed_and_deleted_as_the_contract_adds(self, admin: Program, stranger: Program) -> None:
        entry = ok(admin.post("/available-time/", json={"time": "9:30 AM"}), 201)
        one = f"/available-time/{entry['id']}/"
        assert ok(stranger.get(one)) == entry
        assert ok(admin.put(one, json={"time": "9.45 am"}))["time"] == "9.45 am"
        assert ok(admin.patch(one, json={"time": "10:00"}))["time"] == "10:00"
        ok(admin.delete(one), 204)
        refused(stranger.get(one), 404)


class TestServices:
    def send(self, **changes: Any) -> dict[str, Any]:
        """The document's request body."""
        return {"image": picture(), "name": "X-ray", "description": "By appointment.", **changes}

    def test_an_admin_creates_by_multipart_and_everyone_reads(self, admin: Program, stranger: Program) -> None:
        created = like(ok(admin.post("/services/", data=self.send()), 201), SERVICE)
        assert (created["name"], created["description"]) == ("X-ray", "By appointment.")
        assert like(ok(stranger.get("/services/")), [SERVICE]) == [created]
        assert ok(stranger.get(f"/services/{created['id']}/")) == created
        shows_a_picture(stranger.client, created["image"])

    def test_it_is_updated_by_multipart_wholly_or_in_part(self, admin: Program) -> None:
        one = f"/services/{ok(admin.post('/services/', data=self.send()), 201)['id']}/"
        put = like(ok(admin.put(one, data=self.send(name="Ultrasound", description="Daily."))), SERVICE)
        assert (put["name"], put["description"]) == ("Ultrasound", "Daily.")
        patched = ok(admin.patch(one, data={"description": "Weekly."}, content_type="multipart/form-data"))
        assert patched == put | {"description": "Weekly."}
        assert ok(admin.put(one, json=patched)) == patched

    def test_a_bad_request_is_400(self, admin: Program) -> None:
        refused(admin.post("/services/", data={"image": picture(), "description": "x"}), 400, "name")
        refused(admin.post("/services/", data=self.send(image=(BytesIO(b"no picture"), "x.png"))), 400, "image")
        one = f"/services/{ok(admin.post('/services/', data=self.send()), 201)['id']}/"
        refused(admin.put(one, data={"description": "x"}), 400, "name")
        refused(admin.patch(one, data={"image": "no file"}), 400, "image")

    def test_admins_only_write_and_what_is_deleted_is_gone(
        self, admin: Program, patient: Program, doctor: Program, stranger: Program
    ) -> None:
        one = f"/services/{ok(admin.post('/services/', data=self.send()), 201)['id']}/"
        for caller, status in ((patient, 403), (doctor, 403), (stranger, 401)):
            refused(caller.post("/services/", data=self.send()), status)
            for method in ("PUT", "PATCH", "DELETE"):
                refused(caller.open(method, one, data={"name": "x"}), status)
        ok(admin.delete(one), 204)
        for answer in (stranger.get(one), admin.put(one, data={"name": "x"}), admin.delete(one)):
            refused(answer, 404)


class TestContacts:
    SENT = {"name": "Grace Hopper", "phone": "+44 20 7946 0018", "massage": "When are visiting hours?"}

    def test_anyone_writes_and_an_admin_reads(self, stranger: Program, admin: Program) -> None:
        """`massage` is how clients spell it."""
        created = like(ok(stranger.post("/contacts/", json=self.SENT), 201), CONTACT)
        assert created == self.SENT | {"id": created["id"]}
        assert like(ok(admin.get("/contacts/")), [CONTACT]) == [created]
        assert ok(admin.get(f"/contacts/{created['id']}/")) == created

    def test_an_admin_corrects_and_deletes(self, stranger: Program, admin: Program) -> None:
        created = ok(stranger.post("/contacts", data=self.SENT), 201)
        one = f"/contacts/{created['id']}/"
        assert ok(admin.put(one, json=self.SENT | {"name": "Grace"})) == created | {"name": "Grace"}
        assert ok(admin.patch(one, json={"massage": "Answered."})) == created | {
            "name": "Grace",
            "massage": "Answered.",
        }
        ok(admin.delete(one), 204)
        refused(admin.get(one), 404)

    def test_nobody_else_reads_or_writes_as_the_contract_has_it(
        self, stranger: Program, patient: Program, doctor: Program
    ) -> None:
        one = f"/contacts/{ok(stranger.post('/contacts/', json=self.SENT), 201)['id']}/"
        for caller, status in ((patient, 403), (doctor, 403), (stranger, 401)):
            refused(caller.get("/contacts/"), status)
            for method in ("GET", "PUT", "PATCH", "DELETE"):
                refused(caller.open(method, one, json=self.SENT), status)

    @pytest.mark.parametrize("name", SENT)
    def test_a_bad_request_is_400(self, stranger: Program, hospital: Hospital, name: str) -> None:
        refused(stranger.post("/contacts/", json=self.SENT | {name: ["no", "text"]}), 400, name)
        rightly_spelled = {"name": "Grace", "phone": self.SENT["phone"], "message": "Hello?"}
        refused(stranger.post("/contacts/", json=rightly_spelled), 400, "massage")

    def test_writing_too_often_is_429(self, make_app: Callable[..., Flask]) -> None:
        client = make_app(ratelimit_enabled=True, ratelimit_contact="2 per hour").test_client()
        answers = [client.post("/contacts/", json=self.SENT) for _ in range(3)]
        assert [each.status_code for each in answers] == [201, 201, 429]
        refused(answers[-1], 429)
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
