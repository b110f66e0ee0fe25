"""The WSGI entry point: `app` for `flask --app wsgi`, `serving()` for each process of the web server."""

from app import create_app
from app.http import Portal
from app.jobs import worker

app = create_app()


def serving() -> Portal:
    """The app of a web process, with the jobs that run inside it where there is no Redis."""
    worker.start_embedded(app)
    return app
