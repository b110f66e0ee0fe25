"""Who may import whom. The contracts stand in pyproject.toml."""

from __future__ import annotations

import ast
from pathlib import Path

from importlinter import cli

ROOT = Path(__file__).resolve().parents[2]


def test_every_contract_is_kept(capsys):
    broken = cli.lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None)

    assert not broken, capsys.readouterr().out


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
