"""Who may import whom. The contracts stand in pyproject.toml."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_contract_is_kept():
    # In a process of its own: it configures logging anew, which switches off every logger that there is.
    lint = Path(sys.executable).with_name("lint-imports")
    linted = subprocess.run([lint, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  (our own command)

    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_no_face_takes_the_database_session():
    """A module contract cannot say this: both faces need other things from app.extensions."""
    takers = [
        str(file.relative_to(ROOT))
        for face in ("pages", "api")
        for file in sorted((ROOT / "app" / face).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "app.extensions"
        if "db" in {imported.name for imported in node.names}
    ]

    assert takers == []
