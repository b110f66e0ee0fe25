"""Files that pages hand out, to be saved by the browser."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import Response

from app.services.csv_files import csv_file


def download(content: bytes | str, name: str, content_type: str) -> Response:
    """A file under a name, which is plain ASCII."""
    response = Response(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def download_csv(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A table as the CSV file of that name."""
    return download(csv_file(columns, rows), f"{name}.csv", "text/csv; charset=utf-8")
