"""Compiled templates that the apps of one test process share."""

from __future__ import annotations

from types import CodeType

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class MemoryBytecodeCache(BytecodeCache):
    """Keeps what Jinja compiled, by name and content, for as long as the process lives."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill a bucket with what was compiled before, if the source is still the same."""
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a freshly filled bucket."""
        assert bucket.code is not None  # Jinja has just put it there
        self._compiled[bucket.key, bucket.checksum] = bucket.code
