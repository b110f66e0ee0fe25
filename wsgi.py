"""The WSGI entry point: `app` for `flask --app wsgi`, `serving()` for each process of the web server."""

import gc
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
    # All that is loaded by now stays: going through it again and again would stop requests for tens of milliseconds.
    gc.collect()
    gc.freeze()
    return app
