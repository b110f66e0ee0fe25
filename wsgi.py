"""The WSGI entry point: `app` for the server and for `flask --app wsgi`."""

import os

from app import create_app
from app.jobs import worker

app = create_app()

if "FLASK_RUN_FROM_CLI" not in os.environ:
    worker.start_embedded(app)
