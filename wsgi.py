"""The WSGI entry point: `app` for the server and for `flask --app wsgi`."""

from app import create_app

app = create_app()
