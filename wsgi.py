"""The WSGI entry point: `app` for `flask --app wsgi`, `serving()` for each process of the web server."""

import gc
import sys

from app import create_app
from app.http import Portal
from app.jobs import worker
from app.operations import logs, stopping
from config import Settings, SettingsError

try:
    settings = Settings.from_environment()
    logs.configure(settings.log_format)
    app = create_app(settings)
except SettingsError as error:
    sys.exit(f"The portal does not start. {error}")


def serving() -> Portal:
    """The app of a web process, with the jobs that run inside it where there is no Redis."""
    stopping.drain_on_sigterm(settings.drain_seconds)
    worker.start_embedded(app)
    # All that is loaded by now stays: going through it again and again would stop requests for tens of milliseconds.
    gc.collect()
    gc.freeze()
    return app
