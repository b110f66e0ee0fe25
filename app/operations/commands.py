"""`flask backup` and `flask restore`."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from app.extensions import settings
from app.operations import backup


@click.command("backup")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@with_appcontext
def back_up(folder: Path) -> None:
    """Write the whole database into a new file in FOLDER, while the portal runs, and print the file's name."""
    try:
        written = backup.back_up(settings.database_url, folder)
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from error
    click.echo(written)


@click.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Lose all that the database holds now.")
@with_appcontext
def restore(file: Path, *, force: bool) -> None:
    """Put FILE, which `backup` wrote, into the database. Stop all web processes and workers first."""
    try:
        backup.restore(settings.database_url, file, force=force)
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from error
    click.echo("Restored. Now run `flask --app wsgi db upgrade`, then start the portal.")
