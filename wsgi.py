"""The WSGI entry point: `app` for `flask --app wsgi`, `serving()` for each process of the web server."""

import sys

from app import create_app
from app.http import Portal
from app.jobs import worker
from config import SettingsError

try:
    app = create_app()
except SettingsError as error:
    sys.exit(f"The portal does not start. {error}")


def serving() -> Portal:
    """The app of a web process, with the jobs that run inside it where there is no Redis."""
    worker.start_embedded(app)
    return app
