"""SQL that the apps of one test process compile once: to do it anew for each was an eighth of all the time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Dialect, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.util import LRUCache

MOST = 5000
_shared: dict[str, tuple[Dialect, Any]] = {}


def share(engine: Engine) -> None:
    """Give an engine the dialect of the first of its kind, by which SQLAlchemy knows what is compiled already."""
    if engine.dialect.name not in _shared:
        try:
            engine.connect().close()  # a dialect learns on its first connection what its database can do
        except OperationalError:
            return
        _shared[engine.dialect.name] = engine.dialect, LRUCache(MOST)
    engine.dialect, engine._compiled_cache = _shared[engine.dialect.name]
