"""A mail server in a process of its own, which can be killed: what it has taken stands in a file, a letter a line."""

from __future__ import annotations

import asyncio
import email
import random
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Self

SLOWEST_SECONDS = 0.05


class Letterbox:
    """What `aiosmtpd --class` runs. It takes its time, so that kills find workers in the middle of sending."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @classmethod
    def from_cli(cls, _parser: ArgumentParser, file: str) -> Self:
        """Its one argument is the file."""
        return cls(Path(file))

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        """Take a letter: from the line on it counts as delivered, whether or not the sender learns of it."""
        await asyncio.sleep(random.uniform(0, SLOWEST_SECONDS))
        with self.file.open("a") as file:
            file.write(email.message_from_bytes(envelope.content)["Message-ID"] + "\n")
        await asyncio.sleep(random.uniform(0, SLOWEST_SECONDS))
        return "250 OK"
