"""What deploy/, the Dockerfile and compose.yaml say fits the portal: settings, commands, addresses."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # its types are a package of their own
from flask import Flask

from app.web_server import STOP_SECONDS
from config import ROOT, Settings
from tests.conftest import cannot_run

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
SETTINGS = {field.name.upper() for field in fields(Settings)} | {
    "DB_NAME",
    "DB_USER",
    "DB_PASSWORD",
    "DB_HOST",
    "DB_PORT",
}
NOT_OURS = {"PORTAL_HOST", "PORTAL_ADDRESS", "PATH", "PYTHONUNBUFFERED"}
SECRET = "a-strong-secret-0123456789-ABCDEFGHIJKLMNOP"
COMMAND = re.compile(r"flask(?:\", \"| )--app(?:\", \"| )wsgi(?:\", \"| )(?P<command>[a-z-]+)")
"""Of a command line, and of a list as YAML, JSON and the Dockerfile write it."""


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "compose.yaml").read_text())["services"])


def named(text: str) -> set[str]:
    """The names that lines such as NAME=value or # NAME=value set."""
    return set(re.findall(r"^(?:# )?(?:Environment=)?([A-Z][A-Z_]+)=", text, re.MULTILINE))


def production(patch: pytest.MonkeyPatch) -> Settings:
    """The settings of a process that compose.yaml starts, with the example's environment and secrets put in."""
    for line in (DEPLOY / "portal.env.example").read_text().splitlines():
        name, given, value = line.partition("=")
        if given and not line.startswith("#"):
            patch.setenv(name, value.strip('"') or SECRET)
    for name, value in compose()["web"]["environment"].items():
        patch.setenv(name, value)
    return Settings.from_environment()


class TestSettings:
    def test_every_name_in_the_example_is_a_setting(self) -> None:
        assert named((DEPLOY / "portal.env.example").read_text()) - SETTINGS - NOT_OURS == set()

    @pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
    def test_every_name_in_a_unit_is_a_setting(self, unit: Path) -> None:
        set_there = set(re.findall(r"^Environment=(\w+)=", unit.read_text(), re.MULTILINE))
        assert set_there
        assert set_there <= SETTINGS

    def test_every_name_in_compose_and_the_image_is_a_setting(self) -> None:
        ours = [service for service in compose().values() if service["image"] == "hospital-portal"]
        (line,) = (line for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("ENV "))
        in_image = set(re.findall(r"([A-Z_]+)=", line))

        assert len(ours) == 4
        assert {name for service in ours for name in service["environment"]} | in_image <= SETTINGS | NOT_OURS

    def test_the_example_is_enough_for_production(self, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = production(monkeypatch)

        assert settings.is_production
        assert settings.database_url == f"postgresql+psycopg://portal:{SECRET}@db:5432/portal"


class TestCommands:
    @pytest.mark.parametrize(
        "file", [ROOT / "Dockerfile", ROOT / "compose.yaml", *SERVICES], ids=lambda file: file.name
    )
    def test_every_command_is_one_of_ours(self, app: Flask, file: Path) -> None:
        commands = {match["command"] for match in COMMAND.finditer(file.read_text())}

        assert commands
        assert commands <= set(app.cli.commands)

    def test_they_wait_longer_than_a_server_takes_to_stop(self) -> None:
        grace = int(compose()["web"]["stop_grace_period"].removesuffix("s"))
        (unit,) = re.findall(r"TimeoutStopSec=(\d+)", (DEPLOY / "systemd" / "portal-web.service").read_text())

        assert min(grace, int(unit)) > STOP_SECONDS

    def test_the_proxy_lets_idle_connections_go_before_the_portal_does(self, monkeypatch: pytest.MonkeyPatch) -> None:
        (seconds,) = re.findall(r"keepalive_timeout (\d+)s", (DEPLOY / "nginx.conf.template").read_text())

        assert int(seconds) < production(monkeypatch).drain_seconds

    def test_what_is_copied_into_the_image_exists_and_is_let_in(self) -> None:
        lines = (ROOT / "Dockerfile").read_text().splitlines()
        copied = {
            name for line in lines if line.startswith("COPY ") and "--from" not in line for name in line.split()[1:-1]
        }
        let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

        assert copied == let_in
        assert all((ROOT / name).exists() for name in copied)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_the_unit(unit: Path, tmp_path: Path) -> None:
    """As far as it can be checked where neither the portal's user nor its folder is."""
    program = shutil.which("systemd-analyze")
    if program is None:
        cannot_run("systemd-analyze is not here")
    for each in UNITS:
        here = re.sub(r"^(User|Group)=.*$", "", each.read_text(), flags=re.MULTILINE)
        (tmp_path / each.name).write_text(here.replace("/srv/portal/.venv/bin/flask", "/bin/true"))

    checked = subprocess.run([program, "verify", tmp_path / unit.name], capture_output=True, text=True, check=False)  # noqa: S603 (found in PATH)

    complaints = [line for line in checked.stderr.splitlines() if str(tmp_path) in line]
    assert (checked.returncode, complaints) == (0, [])
