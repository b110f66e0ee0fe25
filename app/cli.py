"""Commands: `flask --app wsgi create-admin`, `reset-second-factor`, `seed-demo`, `serve`, `worker`, `audit`, …."""

from __future__ import annotations

import click
from flask import Flask, current_app, json
from flask.cli import with_appcontext

from app import demo, web_server
from app.api import endpoints, openapi
from app.errors import PortalError
from app.extensions import read_only, settings
from app.jobs import audit, worker
from app.operations import commands
from app.services import accounts, audit_seals, second_factor_changes
from app.unit_of_work import transaction
from config import ROOT


def register(app: Flask) -> None:
    """Add the portal's commands to `flask`."""
    for command in (create_admin, reset_second_factor, seed_demo, serve, run_worker, audit_trail, describe_api):
        app.cli.add_command(command)
    for command in (commands.back_up, commands.restore):
        app.cli.add_command(command)


@click.command("create-admin")
@click.option("--username", prompt=True)
@click.option("--email", prompt=True)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@with_appcontext
def create_admin(username: str, email: str, password: str) -> None:
    """Create an account that runs the hospital's data."""
    try:
        with transaction():
            account = accounts.create_admin(username=username, email=email, password=password)
            name = account.username
    except PortalError as error:
        raise click.ClickException(error.message) from error
    click.echo(f"{name} can now sign in at {settings.public_url}/sign-in and run the hospital's data.")


@click.command("reset-second-factor")
@click.argument("username")
@with_appcontext
def reset_second_factor(username: str) -> None:
    """Take the second factor away from somebody who has lost it. Make sure of who they are first."""
    try:
        with transaction():
            name = second_factor_changes.reset(username).username
    except PortalError as error:
        raise click.ClickException(error.message) from error
    click.echo(f"{name} is signed out everywhere, and signs in with the password alone now.")


@click.command("seed-demo")
@click.option(
    "--once", is_flag=True, help="Do nothing, without a complaint, where data are there already or DEMO_DATA=0."
)
@with_appcontext
def seed_demo(*, once: bool) -> None:
    """Fill an empty database with a made-up hospital."""
    if once and not settings.demo_data:
        return
    if settings.is_production:
        message = "Demo data have known passwords: they are not for production."
        raise click.ClickException(message)
    with transaction():
        filled = demo.seed()
    if not filled and not once:
        message = "There are accounts already: demo data go into an empty database only."
        raise click.ClickException(message)
    click.echo(demo.welcome())


@click.command("serve")
def serve() -> None:
    """Serve the portal on HOST and PORT with WEB_WORKERS processes of WEB_THREADS threads."""
    web_server.serve(current_app.extensions["settings"])


@click.command("worker")
@with_appcontext
def run_worker() -> None:
    """Run jobs from Redis until told to stop; any number of workers may run."""
    if settings.redis_url is None:
        message = "Set REDIS_URL: without Redis, jobs run in the server's own process."
        raise click.ClickException(message)
    worker.run_rq(current_app._get_current_object())  # type: ignore[attr-defined] # noqa: SLF001 (a thread outlives the proxy)


@click.group("audit")
def audit_trail() -> None:
    """Seal the audit trail, and verify its seals."""


@audit_trail.command("seal")
@with_appcontext
def seal_audit() -> None:
    """Seal what has been written since the last seal. The portal does so by itself every minute."""
    try:
        seals = audit.seal()
    except PortalError as error:
        raise click.ClickException(error.message) from error
    click.echo(f"Made {seals:,} {'seal' if seals == 1 else 'seals'}.")


@audit_trail.command("verify")
@click.option("--known-hash", metavar="HASH", help="A hash printed before, which must still be there.")
@with_appcontext
def verify_audit(known_hash: str | None) -> None:
    """Find a changed byte or a missing row in what is sealed: exit with 1 and name the first bad place."""
    before = read_only.set(True)  # nobody who writes has to wait
    try:
        with transaction():
            verdict = audit_seals.verify(known_hash=known_hash)
    finally:
        read_only.reset(before)
    click.echo(f"Right: {verdict.events:,} events under {verdict.seals:,} seals. Last hash: {verdict.hash}")
    if verdict.problem:
        raise click.ClickException(verdict.problem)


@click.command("describe-api")
@with_appcontext
def describe_api() -> None:
    """Write what docs/ keeps of the JSON API, which tests compare with the code."""
    described = openapi.document(current_app)
    (ROOT / "docs" / "openapi.json").write_text(json.dumps(described, indent=2) + "\n")
    (ROOT / "docs" / "endpoints.md").write_text(endpoints.table(described))
