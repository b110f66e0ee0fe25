"""The nouns of the hospital, as tables."""

from app.models.account import Account, IdempotencyKey, Profile, Session, SessionKind
from app.models.appointment import BLOCKING, FIRM, OPEN, Appointment, VisitKind, VisitState
from app.models.audit import AuditEvent, AuditEventPatient
from app.models.department import AvailableTime, Department, Designation, Specialisation
from app.models.doctor import Approval, Doctor, doctor_designation, doctor_specialisation
from app.models.export import EXPORT_KEPT, ExportState, RecordExport
from app.models.message import Message, MessageState
from app.models.patient import CareTeamMember, Patient
from app.models.record import ClinicalRecord, ClinicalRecordVersion
from app.models.review import Review
from app.models.schedule import TimeOff, WeeklyHours
from app.models.site import ContactMessage, Picture, Service

__all__ = [
    "BLOCKING",
    "EXPORT_KEPT",
    "FIRM",
    "OPEN",
    "Account",
    "Appointment",
    "Approval",
    "AuditEvent",
    "AuditEventPatient",
    "AvailableTime",
    "CareTeamMember",
    "ClinicalRecord",
    "ClinicalRecordVersion",
    "ContactMessage",
    "Department",
    "Designation",
    "Doctor",
    "ExportState",
    "IdempotencyKey",
    "Message",
    "MessageState",
    "Patient",
    "Picture",
    "Profile",
    "RecordExport",
    "Review",
    "Service",
    "Session",
    "SessionKind",
    "Specialisation",
    "TimeOff",
    "VisitKind",
    "VisitState",
    "WeeklyHours",
    "doctor_designation",
    "doctor_specialisation",
]
