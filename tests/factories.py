"""Makes rows for tests: every factory gives a complete, valid one, written to the test's database at once.

Each needs the `database` fixture. Several calls in one `with database.unit_of_work():` are one transaction.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import uuid4

import factory

from app import models
from app.services import passwords
from tests.support.clients import PASSWORD
from tests.support.databases import arranging

Row = TypeVar("Row")
MONDAY_TO_FRIDAY = range(5)


@cache
def _password_hash() -> str:
    """The hash of the password that every test account has."""
    return passwords.hashed(PASSWORD)


def coming_weekday(*, days: int = 7, hour: int = 10, minute: int = 0) -> datetime:
    """A moment (UTC) on the first Monday to Friday at least `days` from now, at that UTC time of day."""
    moment = datetime.now(UTC).replace(hour=hour, minute=minute, second=0, microsecond=0) + timedelta(days=days)
    while moment.weekday() not in MONDAY_TO_FRIDAY:
        moment += timedelta(days=1)
    return moment


class _RowFactory(factory.Factory, Generic[Row]):
    """Writes in the running test's unit of work, or in one of its own."""

    class Meta:
        abstract = True

    if TYPE_CHECKING:

        def __new__(cls, **values: Any) -> Row:  # type: ignore[misc]  # calling a factory makes the row: factory_boy's way
            """Make one row and write it."""

    @classmethod
    def _generate(cls, strategy: Any, params: dict[str, Any]) -> Any:
        with arranging().unit_of_work():
            return super()._generate(strategy, params)

    @classmethod
    def _create(cls, model_class: type[Any], *args: Any, **values: Any) -> Any:
        with arranging().unit_of_work() as session:
            row = model_class(*args, **values)
            session.add(row)
            session.flush()
            return row


class AccountFactory(_RowFactory[models.Account]):
    """Somebody who can sign in with PASSWORD, with a profile. `is_admin=True` makes an admin."""

    class Meta:
        model = models.Account

    first_name = factory.Faker("first_name")
    last_name = factory.Faker("last_name")
    username = factory.Sequence(lambda number: f"person{number}")
    email = factory.LazyAttribute(lambda account: f"{account.username}@example.org")
    password_hash = factory.LazyFunction(_password_hash)
    profile = factory.LazyFunction(models.Profile)


class SessionFactory(_RowFactory[models.Session]):
    """A browser in which an account is signed in, as nobody can any more: its secret is lost."""

    class Meta:
        model = models.Session

    account = factory.SubFactory(AccountFactory)
    kind = models.SessionKind.BROWSER
    token_hash = factory.Sequence(lambda number: f"hash of a lost secret {number}")
    user_agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    origin = "192.0.2.7"
    expires_at = factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(hours=12))


class SecondFactorFactory(_RowFactory[models.SecondFactor]):
    """An account's second factor, which counts; it has no recovery codes."""

    class Meta:
        model = models.SecondFactor

    class Params:
        account = factory.SubFactory(AccountFactory)

    account_id = factory.SelfAttribute("account.id")
    seed = factory.Sequence(lambda number: f"seed {number}")
    confirmed_at = factory.LazyFunction(lambda: datetime.now(UTC))


class DepartmentFactory(_RowFactory[models.Department]):
    """A department."""

    class Meta:
        model = models.Department

    name = factory.Sequence(lambda number: f"Department {number}")
    location = "Ground floor"


class DesignationFactory(_RowFactory[models.Designation]):
    """A doctor's grade."""

    class Meta:
        model = models.Designation

    name = factory.Sequence(lambda number: f"Grade {number}")
    slug = factory.Sequence(lambda number: f"grade-{number}")


class SpecialisationFactory(_RowFactory[models.Specialisation]):
    """A doctor's field."""

    class Meta:
        model = models.Specialisation

    name = factory.Sequence(lambda number: f"Field {number}")
    slug = factory.Sequence(lambda number: f"field-{number}")


class AvailableTimeFactory(_RowFactory[models.AvailableTime]):
    """A catalogue time, 09:00 unless told."""

    class Meta:
        model = models.AvailableTime

    starts = time(9)
    label = factory.LazyAttribute(lambda entry: entry.starts.strftime("%H:%M"))


class DoctorFactory(_RowFactory[models.Doctor]):
    """An approved doctor of a department, with an account and no hours: `hours=True` adds Monday to Friday, 9 to 5."""

    class Meta:
        model = models.Doctor

    class Params:
        pending = factory.Trait(approval=models.Approval.PENDING, department=None)

    name = factory.Faker("name")
    account = factory.SubFactory(AccountFactory)
    department = factory.SubFactory(DepartmentFactory)
    approval = models.Approval.APPROVED
    fee = 50
    designations: list[models.Designation] = []
    specialisations: list[models.Specialisation] = []

    @factory.post_generation
    def hours(self, create: bool, extracted: bool | None, **_values: Any) -> None:  # noqa: FBT001  (factory_boy's signature)
        """Publish weekly hours when asked to."""
        if extracted:
            for weekday in MONDAY_TO_FRIDAY:
                WeeklyHoursFactory(doctor=self, weekday=weekday)


class WeeklyHoursFactory(_RowFactory[models.WeeklyHours]):
    """Mondays, 9 to 5, hospital-local, in half hours. `doctor` says whose."""

    class Meta:
        model = models.WeeklyHours
        exclude = ("doctor",)

    doctor = factory.SubFactory(DoctorFactory)
    doctor_id = factory.SelfAttribute("doctor.id")
    weekday = 0
    starts = time(9)
    ends = time(17)
    slot_minutes = 30


class TimeOffFactory(_RowFactory[models.TimeOff]):
    """The whole hospital is closed for a day, a week from now; `doctor_id` says whose time off it is instead."""

    class Meta:
        model = models.TimeOff

    starts_at = factory.LazyFunction(lambda: coming_weekday(hour=0))
    ends_at = factory.LazyAttribute(lambda off: off.starts_at + timedelta(days=1))
    reason = "Training"


class PatientFactory(_RowFactory[models.Patient]):
    """An account's own patient; a dependant with `is_own=False`, nobody's with `manager=None`."""

    class Meta:
        model = models.Patient

    manager = factory.SubFactory(AccountFactory)
    is_own = factory.LazyAttribute(lambda patient: patient.manager is not None)
    name = factory.Faker("name")
    phone = "+442079460018"
    created_by_id = factory.LazyAttribute(lambda patient: patient.manager.id if patient.manager else None)


class AppointmentFactory(_RowFactory[models.Appointment]):
    """A confirmed visit that the patient asked for: 10:00 to 10:30 UTC on a weekday a week from now."""

    class Meta:
        model = models.Appointment

    patient = factory.SubFactory(PatientFactory)
    doctor = factory.SubFactory(DoctorFactory)
    starts_at = factory.LazyFunction(coming_weekday)
    ends_at = factory.LazyAttribute(lambda visit: visit.starts_at + timedelta(minutes=30))
    state = models.VisitState.CONFIRMED
    kind = models.VisitKind.IN_PERSON
    symptoms = "A cough for two weeks"
    patient_agreed = True
    booked_by_id = factory.LazyAttribute(lambda visit: visit.patient.manager_id)


class VisitStepFactory(_RowFactory[models.VisitStep]):
    """A step that confirmed a visit just now; the visit is as the step left it."""

    class Meta:
        model = models.VisitStep
        exclude = ("appointment",)

    appointment = factory.SubFactory(AppointmentFactory)
    appointment_id = factory.SelfAttribute("appointment.id")
    state_before = models.VisitState.PENDING
    state_after = factory.SelfAttribute("appointment.state")
    version = factory.SelfAttribute("appointment.version")


class BookingDraftFactory(_RowFactory[models.BookingDraft]):
    """A booking on its way, with all that it asks for answered by the patient's manager."""

    class Meta:
        model = models.BookingDraft
        exclude = ("patient", "doctor")

    patient = factory.SubFactory(PatientFactory)
    doctor = factory.SubFactory(DoctorFactory)
    public_id = factory.LazyFunction(lambda: str(uuid4()))
    account_id = factory.SelfAttribute("patient.manager_id")
    patient_id = factory.SelfAttribute("patient.id")
    doctor_id = factory.SelfAttribute("doctor.id")
    starts_at = factory.LazyFunction(coming_weekday)
    kind = models.VisitKind.IN_PERSON
    symptoms = "A cough for two weeks"
    expires_at = factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(hours=24))


class ClinicalRecordFactory(_RowFactory[models.ClinicalRecord]):
    """An entry that a doctor wrote about a patient; it belongs to the doctor's department."""

    class Meta:
        model = models.ClinicalRecord

    patient = factory.SubFactory(PatientFactory)
    author = factory.SubFactory(DoctorFactory)
    department_id = factory.LazyAttribute(lambda record: record.author.department_id if record.author else None)
    diagnostics = "Acute bronchitis"
    observations = "Temperature 37.9 °C"
    treatments = "Rest and fluids"


class ClinicalRecordVersionFactory(_RowFactory[models.ClinicalRecordVersion]):
    """What an entry read first, until an hour ago; the entry must be at version 2 or later."""

    class Meta:
        model = models.ClinicalRecordVersion
        exclude = ("record",)

    record = factory.SubFactory(ClinicalRecordFactory, version=2)
    record_id = factory.SelfAttribute("record.id")
    version = 1
    written_by_id = factory.LazyAttribute(lambda former: former.record.author.account_id)
    replaced_at = factory.LazyFunction(lambda: datetime.now(UTC) - timedelta(hours=1))
    diagnostics = "Cough"


class NoteDraftFactory(_RowFactory[models.NoteDraft]):
    """A note that a doctor has begun about a patient, and not saved; nothing is typed unless `kept_at` says when."""

    class Meta:
        model = models.NoteDraft
        exclude = ("patient", "doctor")

    patient = factory.SubFactory(PatientFactory)
    doctor = factory.SubFactory(DoctorFactory)
    public_id = factory.LazyFunction(lambda: str(uuid4()))
    account_id = factory.SelfAttribute("doctor.account_id")
    patient_id = factory.SelfAttribute("patient.id")
    expires_at = factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(days=7))


class RecordExportFactory(_RowFactory[models.RecordExport]):
    """A download of the record of a patient that the managing account can fetch for another day."""

    class Meta:
        model = models.RecordExport
        exclude = ("patient",)

    patient = factory.SubFactory(PatientFactory)
    patient_id = factory.SelfAttribute("patient.id")
    account_id = factory.SelfAttribute("patient.manager_id")
    state = models.ExportState.READY
    content = b"PK"
    expires_at = factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(hours=24))


class ImportBatchFactory(_RowFactory[models.ImportBatch]):
    """A file of patients with one row, which was checked and could be imported."""

    class Meta:
        model = models.ImportBatch
        exclude = ("account",)

    account = factory.SubFactory(AccountFactory)
    account_id = factory.SelfAttribute("account.id")
    kind = models.ImportKind.PATIENTS
    file_name = "patients.csv"
    letters = {"name": "A", "phone": "B"}
    state = models.ImportState.CHECKED
    total = 1
    done = factory.SelfAttribute("total")
    expires_at = factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(hours=24))

    @factory.post_generation
    def rows(self, create: bool, extracted: object, **_values: Any) -> None:  # noqa: FBT001  (factory_boy's signature)
        """Write as many rows as were refused and accepted, while it waits."""
        if self.is_waiting:  # type: ignore[attr-defined]  # it is the batch
            for number in range(self.total):
                is_accepted = number >= self.refused  # type: ignore[attr-defined]  # as above
                ImportRowFactory(batch=self, number=number + 2, is_accepted=is_accepted)


class ImportRowFactory(_RowFactory[models.ImportRow]):
    """A row of a file, the second of it, which could be added; or what is wrong with it."""

    class Meta:
        model = models.ImportRow
        exclude = ("batch",)

    batch = factory.SubFactory(ImportBatchFactory)
    batch_id = factory.SelfAttribute("batch.id")
    number = 2
    is_accepted = True
    cells = factory.LazyAttribute(
        lambda row: {"name": f"Person {row.number}", "phone": "" if row.is_accepted else "12"}
    )
    problems = factory.LazyAttribute(
        lambda row: {} if row.is_accepted else {"phone": "Enter a telephone number, like 020 7946 0018."}
    )


class ReviewFactory(_RowFactory[models.Review]):
    """Four stars for a doctor; verified only where a completed visit exists too."""

    class Meta:
        model = models.Review

    patient = factory.SubFactory(PatientFactory)
    doctor = factory.SubFactory(DoctorFactory)
    rating = 4
    body = "Listened well."


class ReviewReplyFactory(_RowFactory[models.ReviewReply]):
    """What the doctor replied to a review as it stands."""

    class Meta:
        model = models.ReviewReply
        exclude = ("review",)

    review = factory.SubFactory(ReviewFactory)
    review_id = factory.SelfAttribute("review.id")
    body = "Thank you."
    answers = factory.LazyAttribute(lambda reply: reply.review.fingerprint)


class ReviewHidingFactory(_RowFactory[models.ReviewHiding]):
    """Why an admin has hidden a review."""

    class Meta:
        model = models.ReviewHiding

    review = factory.SubFactory(ReviewFactory, hidden_at=factory.LazyFunction(lambda: datetime.now(UTC)))
    reason = "It names another patient."


class EmergencyAccessFactory(_RowFactory[models.EmergencyAccess]):
    """A record that a doctor has opened just now, for 30 minutes."""

    class Meta:
        model = models.EmergencyAccess

    doctor = factory.SubFactory(DoctorFactory)
    patient = factory.SubFactory(PatientFactory)
    reason = "Brought in unconscious"
    opened_at = factory.LazyFunction(lambda: datetime.now(UTC))
    ends_at = factory.LazyAttribute(lambda access: access.opened_at + models.EMERGENCY_LASTS)


class EmergencyCheckFactory(_RowFactory[models.EmergencyCheck]):
    """An admin has looked into an emergency access."""

    class Meta:
        model = models.EmergencyCheck
        exclude = ("access",)

    access = factory.SubFactory(EmergencyAccessFactory)
    access_id = factory.SelfAttribute("access.id")
    account = factory.SubFactory(AccountFactory, is_admin=True)
    note = "It was an emergency."


class CareTeamMemberFactory(_RowFactory[models.CareTeamMember]):
    """A doctor whom the patient's side lets treat the patient."""

    class Meta:
        model = models.CareTeamMember

    patient = factory.SubFactory(PatientFactory)
    doctor = factory.SubFactory(DoctorFactory)
    created_by_id = factory.LazyAttribute(lambda member: member.patient.manager_id)


class ReminderChoiceFactory(_RowFactory[models.ReminderChoice]):
    """An account that wants no reminders."""

    class Meta:
        model = models.ReminderChoice

    class Params:
        account = factory.SubFactory(AccountFactory)

    account_id = factory.SelfAttribute("account.id")
    day_before = False
    hours_before = False


class CalendarFeedFactory(_RowFactory[models.CalendarFeed]):
    """An account whose calendar feed is on."""

    class Meta:
        model = models.CalendarFeed

    class Params:
        account = factory.SubFactory(AccountFactory)

    account_id = factory.SelfAttribute("account.id")
    key = factory.Sequence(lambda number: f"key{number}")


class ServiceFactory(_RowFactory[models.Service]):
    """Something that the hospital offers."""

    class Meta:
        model = models.Service

    name = factory.Sequence(lambda number: f"Service {number}")
    description = "By appointment."


class ContactMessageFactory(_RowFactory[models.ContactMessage]):
    """A visitor's question."""

    class Meta:
        model = models.ContactMessage

    name = factory.Faker("name")
    phone = "+442079460018"
    message = "When are visiting hours?"


class AuditEventFactory(_RowFactory[models.AuditEvent]):
    """One act of somebody, such as a visit that was booked."""

    class Meta:
        model = models.AuditEvent

    action = "appointment.booked"


class MessageFactory(_RowFactory[models.Message]):
    """A mail to somebody, such as one about a changed password."""

    class Meta:
        model = models.Message

    key = factory.Sequence(lambda number: f"password_changed.{number}")
    template = "password_changed"
    recipient = factory.Sequence(lambda number: f"reader{number}@example.org")


class WaitingEntryFactory(_RowFactory[models.WaitingEntry]):
    """Somebody who waits for a first visit in the next month, or, with `visit`, for an earlier time than it."""

    class Meta:
        model = models.WaitingEntry

    visit = None
    patient = factory.Maybe("visit", factory.SelfAttribute("visit.patient"), factory.SubFactory(PatientFactory))
    doctor = factory.Maybe("visit", factory.SelfAttribute("visit.doctor"), factory.SubFactory(DoctorFactory))
    kind = models.VisitKind.IN_PERSON
    symptoms = factory.LazyAttribute(lambda entry: "" if entry.visit else "A cough for two weeks")
    wished_from = factory.LazyFunction(lambda: datetime.now(UTC).date())
    wished_until = factory.LazyAttribute(lambda entry: None if entry.visit else entry.wished_from + timedelta(days=30))


class WaitingOfferFactory(_RowFactory[models.WaitingOffer]):
    """A time that is held for an hour for somebody who waits: `held` says which."""

    class Meta:
        model = models.WaitingOffer

    entry = factory.SubFactory(WaitingEntryFactory)
    expires_at = factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(hours=1))
    held = factory.SubFactory(
        AppointmentFactory,
        patient=factory.SelfAttribute("..entry.patient"),
        doctor=factory.SelfAttribute("..entry.doctor"),
        state=models.VisitState.HELD,
        hold_expires_at=factory.SelfAttribute("..expires_at"),
        patient_agreed=False,
        symptoms="",
    )
