"""Every endpoint that the five documents publish, transcribed: method and path exactly as each spells them.

Where a document gives its paths below a prefix ("All endpoints are prefixed with /api", 003), the prefix is written
out. Document 000 announces "Retrieve, Update, and Delete Department" in its table of contents only, without a path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TEXT = {
    "000": """
        POST /register
        POST /login
        POST /logout
        GET, POST /doctors/
        GET, PUT, DELETE /doctors/<int:pk>
        GET, POST /patients/
        GET, PUT, DELETE /patients/<int:pk>
        GET, POST /patient_records/
        GET, PUT, DELETE /patient_records/<int:pk>
        GET, POST /departments/
        GET, PUT, DELETE /departments/<int:pk>
        GET /departments/int:pk/doctors
        GET /departments/int:pk/patients
    """,
    "001": """
        POST /api/user/login/
        POST /api/user/token/refresh/
        POST /api/user/logout/
        POST /api/user/register/
        GET, POST /api/user/profiles/
        GET, PUT, PATCH, DELETE /api/user/profiles/{id}/
        GET /api/user/profiles/me/
        GET, POST /patients/
        GET, PUT, PATCH, DELETE /patients/{id}/
        GET, POST /doctors/
        GET, PUT, PATCH, DELETE /doctors/{id}/
        GET, POST /designations/
        GET, POST /specialisations/
        GET, POST /available-time/
        GET, POST /reviews/
        GET, PUT, PATCH, DELETE /reviews/{id}/
        GET, POST /appointments/
        GET, PUT, PATCH, DELETE /appointments/{id}/
        GET, POST /services/
        GET, PUT, PATCH, DELETE /services/{id}/
        GET, POST /contacts/
        GET, PUT, PATCH, DELETE /contacts/{id}/
    """,
    "002": """
        POST /auth/login/
        POST /auth/register/
        POST /auth/logout/
        GET /api/doctors/
        GET /api/doctors/<int:pk>
        GET /api/patients/
        GET /api/patients/<int:pk>
        GET /api/patient_records/
        GET /api/patient_records/<int:pk>
        GET /api/department/
        GET /api/department/<int:pk>/doctors
        GET /api/department/<int:pk>/patients
    """,
    "003": """
        POST /api/register/
        POST /api/token/
        POST /api/token/refresh/
        GET, POST /api/doctors/
        GET, PUT, DELETE /api/doctors/<id>/
        GET, POST /api/patients/
        GET, PUT, DELETE /api/patients/<id>/
        POST /api/mappings/
        GET, DELETE /api/mappings/<id>/
    """,
    "004": """
        POST /registrations/
        POST /api/token/
        GET, POST /patients/
        GET, PUT, DELETE /patients/{id}/
        GET, POST /doctors/
        GET, PUT, DELETE /doctors/{id}/
        GET, POST /appointments/
        POST /book-appointment/
        GET, PUT, DELETE /appointments/{id}/
        GET, POST /medical-records/
        GET, PUT, DELETE /medical-records/{id}/
    """,
}

_OPEN_FOR_ALL = re.compile(
    r"POST \S*/(register|registrations|login|token|refresh|contacts)/?"
    r"|GET /(services|reviews)/(\{id\}/)?"
    r"|GET /(designations|specialisations|available-time)/"
)
_KEY = re.compile(r"<int:pk>|int:pk|<id>|\{id\}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method and a path of a document, as spelled there."""

    document: str
    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.document} {self.method} {self.path}"

    @property
    def needs_token(self) -> bool:
        """Whether the contract (section 1, "Who may call") refuses a stranger."""
        return not _OPEN_FOR_ALL.fullmatch(f"{self.method} {self.path}")

    @property
    def canonical(self) -> str:
        """The path whatever its placeholder is called, without its last slash."""
        return canonical(self.path)

    def forms(self, key: int = 1) -> tuple[str, str]:
        """The path for a row, without and with its last slash."""
        path = _KEY.sub(str(key), self.path).rstrip("/")
        return path, f"{path}/"


def canonical(path: str) -> str:
    """A path of a document, or of OpenAPI, to be compared with others."""
    return re.sub(r"\{[^}]*\}", "{}", _KEY.sub("{}", path)).rstrip("/")


def _transcribed() -> tuple[Endpoint, ...]:
    found = []
    for document, text in _TEXT.items():
        for line in text.strip().splitlines():
            methods, _, path = line.strip().rpartition(" ")
            found += [Endpoint(document, method, path) for method in methods.split(", ")]
    return tuple(found)


ENDPOINTS = _transcribed()
