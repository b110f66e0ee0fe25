"""Speaking to a mail server: Flask-Mailman's way, but over TLS only with one that proves who it is."""

from __future__ import annotations

import smtplib
import ssl
from typing import Any

from flask_mailman.backends import smtp


class _Smtp(smtplib.SMTP):
    """smtplib's own default for STARTTLS believes any certificate."""

    def starttls(self, *_old: Any, context: ssl.SSLContext | None = None, **_older: Any) -> tuple[int, bytes]:
        return super().starttls(context=context or ssl.create_default_context())


class EmailBackend(smtp.EmailBackend):
    """What MAIL_URL=smtp:… uses."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """How to connect."""
        return smtplib.SMTP_SSL if self.use_ssl else _Smtp
