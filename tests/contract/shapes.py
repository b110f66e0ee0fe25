"""Representations as document 001 shows them, and, where no document shows one, as the contract settles it.

`like` compares by type: `0` is any whole number, `"string"` any text. NULLABLE says, a resource, what may be null.
"""

from __future__ import annotations

USER = {
    "id": 0,
    "username": "string",
    "email": "user@example.com",
    "first_name": "string",
    "last_name": "string",
    "is_staff": False,
    "is_active": True,
    "date_joined": "2023-01-01T00:00:00Z",
}
DEPARTMENT = {"id": 0, "name": "string", "location": "string", "description": "string"}
ENTRY = {"id": 0, "name": "string"}
"""A department as other resources name it."""

PATIENT = {
    "id": 0,
    "user": "string",
    "name": "string",
    "phone": "string",
    "insurance_number": "string",
    "date_of_birth": "2023-01-01",
    "address": "string",
    "profile": "string",
    "created_by": 0,
    "created_by_username": "string",
    "created_at": "2023-01-01T00:00:00Z",
}
PATIENT_NULLABLE = {"user", "date_of_birth", "profile"}

DOCTOR = {
    "id": 0,
    "user": "string",
    "name": "string",
    "username": "string",
    "profile": "string",
    "designation": ["string"],
    "specialisation": ["string"],
    "available_time": [0],
    "fee": 0,
    "meet_link": "string",
    "specialization": "string",
    "available_from": "09:00:00",
    "available_to": "09:00:00",
    "department": ENTRY,
    "rating": 0.0,
    "reviews": 0,
    "status": "string",
}
DOCTOR_NULLABLE = {"username", "profile", "meet_link", "available_from", "available_to", "department", "rating"}

RECORD = {
    "id": 0,
    "patient": 0,
    "patient_name": "string",
    "doctor": 0,
    "department": ENTRY,
    "appointment": 0,
    "diagnostics": "string",
    "observations": "string",
    "treatments": "string",
    "misc": "string",
    "notes": "string",
    "created_at": "2023-01-01T00:00:00Z",
    "updated_at": "2023-01-01T00:00:00Z",
    "version": 0,
}
RECORD_NULLABLE = {"doctor", "department", "appointment"}

APPOINTMENT = {
    "id": 0,
    "patient": 0,
    "doctor": 0,
    "patient_name": "string",
    "doctor_name": "string",
    "appointment_type": "Online",
    "appointment_status": "Pendding",
    "status": "Pending",
    "cancel": False,
    "state": "string",
    "symptoms": "string",
    "time": 0,
    "appointment_time": "2023-01-01T00:00:00Z",
    "end_time": "2023-01-01T00:00:00Z",
    "created_at": "2023-01-01T00:00:00Z",
}
APPOINTMENT_NULLABLE = {"time"}

MAPPING = {
    "id": 0,
    "patient": 0,
    "doctor": 0,
    "patient_name": "string",
    "doctor_name": "string",
    "created_at": "2023-01-01T00:00:00Z",
}
