"""The nouns of the hospital, as tables."""

from app.models.account import Account, IdempotencyKey, Profile, Session, SessionKind
from app.models.appointment import BLOCKING, FIRM, OPEN, Appointment, VisitKind, VisitState
from app.models.audit import AuditEvent, AuditEventPatient, AuditSeal
from app.models.booking_draft import BookingDraft
from app.models.calendar_feed import CalendarFeed
from app.models.department import AvailableTime, Department, Designation, Specialisation
from app.models.doctor import Approval, Doctor, doctor_designation, doctor_specialisation
from app.models.emergency import EMERGENCY_LASTS, EmergencyAccess, EmergencyCheck
from app.models.export import EXPORT_KEPT, ExportState, RecordExport
from app.models.import_batch import ROWS_KEPT, ImportBatch, ImportKind, ImportRow, ImportState
from app.models.message import Message, MessageState
from app.models.note_draft import NoteDraft
from app.models.patient import CareTeamMember, Patient
from app.models.record import ClinicalRecord, ClinicalRecordVersion
from app.models.reminder import ReminderChoice
from app.models.review import Review, ReviewHiding, ReviewReply
from app.models.schedule import TimeOff, WeeklyHours
from app.models.second_factor import RecoveryCode, SecondFactor
from app.models.site import ContactMessage, HospitalSettings, Picture, Service
from app.models.visit_step import VisitStep
from app.models.waiting import EVERY_DAY, EndReason, HalfDay, OfferState, WaitingEntry, WaitingOffer

__all__ = [
    "BLOCKING",
    "EMERGENCY_LASTS",
    "EVERY_DAY",
    "EXPORT_KEPT",
    "FIRM",
    "OPEN",
    "ROWS_KEPT",
    "Account",
    "Appointment",
    "Approval",
    "AuditEvent",
    "AuditEventPatient",
    "AuditSeal",
    "AvailableTime",
    "BookingDraft",
    "CalendarFeed",
    "CareTeamMember",
    "ClinicalRecord",
    "ClinicalRecordVersion",
    "ContactMessage",
    "Department",
    "Designation",
    "Doctor",
    "EmergencyAccess",
    "EmergencyCheck",
    "EndReason",
    "ExportState",
    "HalfDay",
    "HospitalSettings",
    "IdempotencyKey",
    "ImportBatch",
    "ImportKind",
    "ImportRow",
    "ImportState",
    "Message",
    "MessageState",
    "NoteDraft",
    "OfferState",
    "Patient",
    "Picture",
    "Profile",
    "RecordExport",
    "RecoveryCode",
    "ReminderChoice",
    "Review",
    "ReviewHiding",
    "ReviewReply",
    "SecondFactor",
    "Service",
    "Session",
    "SessionKind",
    "Specialisation",
    "TimeOff",
    "VisitKind",
    "VisitState",
    "VisitStep",
    "WaitingEntry",
    "WaitingOffer",
    "WeeklyHours",
    "doctor_designation",
    "doctor_specialisation",
]
