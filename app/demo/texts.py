"""The made-up hospital in words: departments, grades, services, and what doctors, patients and visitors say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentText:
    """A department: how many approved doctors it has, their titles, and their fields with how descriptions begin."""

    name: str
    location: str
    description: str
    doctors: int
    specialisations: dict[str, tuple[str, ...]]
    titles: tuple[str, str] = ("Dr", "Dr")
    """The title before a woman's and a man's name: surgeons in Britain are not called Dr."""


DEPARTMENTS: tuple[DepartmentText, ...] = (
    DepartmentText(
        name="Cardiology",
        location="Main building, level 2",
        description="Care for the heart and the circulation: clinics, heart tests and cardiac rehabilitation.",
        doctors=7,
        specialisations={
            "Cardiology": (
                "Looks after people with high blood pressure and coronary heart disease.",
                "Helps people to get back to an active life after a heart attack.",
            ),
            "Heart rhythm": ("Sees people whose heartbeat is too fast, too slow or irregular.",),
            "Heart failure": ("Runs the clinic for people who live with heart failure.",),
        },
    ),
    DepartmentText(
        name="Dermatology",
        location="Garden wing, level 1",
        description="Skin, hair and nails: mole checks, long-term skin conditions, allergies and light treatment.",
        doctors=6,
        specialisations={
            "Dermatology": (
                "Checks moles and treats skin cancer early.",
                "Cares for people with eczema and psoriasis.",
            ),
            "Allergy": ("Finds out what a rash or an allergy comes from.",),
        },
    ),
    DepartmentText(
        name="General medicine",
        location="Main building, ground floor",
        description="The first place to go for most complaints, and for long-term conditions such as asthma.",
        doctors=10,
        specialisations={
            "General medicine": (
                "Sees adults with new complaints that nobody has put a name to yet.",
                "Looks after people who live with several conditions at once.",
            ),
            "Diabetes and endocrinology": (
                "Helps people to live well with diabetes.",
                "Treats diabetes and conditions of the thyroid.",
            ),
            "Respiratory medicine": ("Treats asthma and other conditions of the lungs.",),
        },
    ),
    DepartmentText(
        name="Neurology",
        location="Main building, level 3",
        description="Headache, dizziness, numbness, seizures and other conditions of the brain and the nerves.",
        doctors=6,
        specialisations={
            "Neurology": (
                "Cares for people with epilepsy and their families.",
                "Sees people with numbness, tremor or dizziness.",
            ),
            "Headache and migraine": ("Runs the headache and migraine clinic.",),
        },
    ),
    DepartmentText(
        name="Orthopaedics",
        location="Riverside wing, level 1",
        description="Bones, joints and muscles: injuries, worn joints, back pain and joint replacement.",
        doctors=7,
        specialisations={
            "Orthopaedics": (
                "Replaces hips and knees, and says when that is not needed.",
                "Sees people with back and shoulder pain.",
            ),
            "Sports medicine": ("Treats sports injuries, from the first visit to the return to play.",),
            "Hand surgery": ("Operates on hands and wrists.",),
        },
        titles=("Miss", "Mr"),
    ),
    DepartmentText(
        name="Paediatrics",
        location="Garden wing, ground floor",
        description="Children and young people up to 16, with a waiting room to play in.",
        doctors=4,
        specialisations={
            "Paediatrics": (
                "Sees babies, children and teenagers for all that worries their parents.",
                "Follows how children grow and develop.",
            ),
            "Childhood asthma": ("Looks after children with asthma and allergies.",),
        },
    ),
)

TRAINING = (
    "Trained in Leeds and Glasgow.",
    "Studied in Cardiff and worked in Bristol for six years.",
    "Trained in Manchester, with a year in Toronto.",
    "Studied in Edinburgh and Newcastle.",
    "Trained in London and Birmingham.",
    "Studied in Belfast and Liverpool.",
    "Trained in Nottingham, with a fellowship in Dublin.",
    "Studied in Southampton and Sheffield.",
)
MANNER = (
    "Explains every step and likes questions.",
    "Takes time to go through results together.",
    "Happy to see you by video where no examination is needed.",
    "Works closely with your GP.",
    "Believes that a good plan fits the life of the person who follows it.",
    "Teaches medical students; you can always ask to be seen alone.",
    "Will tell you plainly what is known and what is not.",
    "Calm with anxious visitors.",
)
LANGUAGES = ("French", "Polish", "Urdu", "Welsh", "Spanish", "Punjabi", "Portuguese", "Arabic", "Bengali", "German")

DESIGNATIONS: tuple[tuple[str, int], ...] = (
    ("Consultant", 140),
    ("Associate specialist", 110),
    ("Specialty registrar", 80),
    ("Clinical fellow", 60),
)
"""Grades, and the usual fee of each in the hospital's currency."""
HEAD = "Head of department"

TIME_OFF_REASONS = ("Annual leave", "Conference", "Study leave", "Family leave")
CLOSURE = "Outpatients closed: yearly test of the power supply"

CANCEL_REASONS = (
    "I feel better",
    "I cannot get away from work",
    "I found an earlier time",
    "The doctor is unwell",
    "Transport fell through",
    "",
)

PATIENT_REPORTED = (
    ("Penicillin gives me a rash", "No operations so far"),
    ("Asthma since childhood", "Blue inhaler when needed"),
    ("High blood pressure", "Amlodipine 5 mg once a day"),
    ("Hay fever", "Cetirizine in spring"),
    ("None known", "No regular medicines"),
    ("Underactive thyroid", "Levothyroxine 75 micrograms once a day"),
)

DOCTOR_NOTES = (
    "Phone call: results explained, no change of treatment.",
    "Letter from the GP read and filed. Medicines brought up to date.",
    "Repeat prescription reviewed.",
)

REVIEW_OPENINGS: dict[int, tuple[str, ...]] = {
    5: (
        "Excellent from start to finish.",
        "The best visit I have had in years.",
        "Very kind and very thorough.",
        "I felt listened to.",
        "Could not have been more helpful.",
        "Clear, calm and friendly.",
        "Put me at ease straight away.",
        "Wonderful doctor.",
        "Highly recommended.",
        "I am very grateful.",
        "Gentle, patient and precise.",
        "A doctor who really cares.",
    ),
    4: (
        "A good visit.",
        "Helpful and polite.",
        "I was well looked after.",
        "Knows what they are talking about.",
        "Friendly and to the point.",
        "Good advice.",
    ),
    3: ("It was all right.", "A mixed visit.", "Fine, but nothing more.", "Average."),
    2: ("I expected more.", "Not quite what I hoped for."),
    1: ("I was disappointed.",),
}
REVIEW_DETAILS: dict[int, tuple[str, ...]] = {
    5: (
        "Everything was explained in words I understand.",
        "I had plenty of time for my questions.",
        "The treatment worked within days.",
        "Was seen on time, too.",
        "My test results came back with a clear plan.",
        "I would not want to see anyone else.",
        "Even drew me a picture of what is going on.",
        "Called me afterwards to see how I was.",
        "Nothing was too small to ask about.",
        "I came worried and left relieved.",
        "The letter to my GP arrived two days later.",
        "My questions were answered before I asked them.",
        "",
    ),
    4: (
        "We started ten minutes late, otherwise perfect.",
        "The plan is clear and seems to work.",
        "Parking is difficult, but that is not the doctor's fault.",
        "A leaflet to take home would be nice.",
        "I got an appointment within a week.",
        "",
    ),
    3: (
        "I waited for half an hour.",
        "I left with some questions open.",
        "The advice was sound but the visit short.",
        "The video link dropped twice.",
    ),
    2: ("The visit felt rushed.", "I had to explain everything twice."),
    1: ("Forty minutes of waiting for five minutes of talking.",),
}


REPLIES: dict[int, tuple[str, ...]] = {
    5: ("Thank you for your kind words.", "Thank you. I have passed this on to the whole team."),
    4: ("Thank you. You are right about the waiting, and we are working on it.", "Thank you, that is good to hear."),
    3: ("Thank you for being frank. If questions are left, please call us.",),
    2: ("I am sorry that it was not what you hoped for. Please call the department, so that we can put it right.",),
    1: ("I am sorry. This is not how it should be. Please call the department, so that we can put it right.",),
}
HIDING_REASON = "The visit that it tells of was with another doctor."
EMERGENCY_REASON = "Brought in by ambulance at night, not able to answer questions. I needed to know about allergies."


@dataclass(frozen=True, slots=True)
class ServiceText:
    """Something that the hospital offers, and which emblem its picture shows."""

    name: str
    description: str
    emblem: str


SERVICES: tuple[ServiceText, ...] = (
    ServiceText(
        "Heart check",
        "ECG, blood pressure and a talk about your risks, in one visit of 40 minutes.",
        "heart",
    ),
    ServiceText(
        "Blood tests",
        "Weekdays from 7:30am, no appointment needed. Most results are ready the next working day.",
        "drop",
    ),
    ServiceText(
        "X-ray and scans",
        "X-ray, ultrasound, CT and MRI, asked for by your doctor.",
        "scan",
    ),
    ServiceText(
        "Vaccinations",
        "Travel, flu and childhood vaccinations for the whole family.",
        "shield",
    ),
    ServiceText(
        "Video visits",
        "See your doctor from home, on a phone or a computer. Many doctors offer it.",
        "screen",
    ),
    ServiceText(
        "Physiotherapy",
        "Exercises and hands-on treatment after injuries and operations, in our gym by the river.",
        "movement",
    ),
)

CONTACT_MESSAGES: tuple[tuple[str, int, bool], ...] = (
    ("What are the visiting hours on the wards at the weekend?", 2, False),
    ("I would like a copy of my scan on a disc. Whom do I ask?", 5, False),
    ("Is there step-free access to the Garden wing from the car park?", 26, False),
    ("Thank you to the nurses in Orthopaedics, who were lovely to my father.", 50, True),
    ("I lost a blue umbrella in outpatients on Monday. Has it been handed in?", 75, True),
    ("Do you offer an interpreter for Polish?", 120, True),
    ("My address has changed. Can I tell you through the portal?", 190, True),
)
"""A visitor's question, how many hours ago it came, and whether it has been dealt with."""

BIOS = (
    "",
    "",
    "Retired teacher, keen gardener.",
    "I work shifts, so mornings suit me best.",
    "Please call rather than write.",
    "I use a wheelchair.",
    "Parent of two.",
    "I am hard of hearing on the left.",
)
