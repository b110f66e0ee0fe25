"""What RFC 5545 and RFC 5546 ask of an invitation that is mailed, checked without the library that wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_LINE = 75
_LINE = re.compile(r'(?P<name>[A-Z-]+)(?P<parameters>(?:;[A-Z-]+=(?:"[^"]*"|[^";:,]*))*):(?P<value>.*)', re.DOTALL)
_UTC, _TEXT, _ADDRESS = (
    re.compile(r"\d{8}T\d{6}Z"),
    re.compile(r"(?:[^\\,;]|\\[\\,;nN])*"),
    re.compile(r"mailto:[^\s<>@]+@[^\s<>@]+"),
)
_FORMS = {
    **dict.fromkeys(("DTSTAMP", "DTSTART", "DTEND", "CREATED", "LAST-MODIFIED"), _UTC),
    **dict.fromkeys(("SUMMARY", "DESCRIPTION", "LOCATION"), _TEXT),
    **dict.fromkeys(("ORGANIZER", "ATTENDEE"), _ADDRESS),
    "SEQUENCE": re.compile(r"\d+"),
    "URL": re.compile(r"https?://\S+"),
}
_KNOWN = {*_FORMS, "CLASS", "STATUS", "TRANSP", "UID"}
REQUIRED = {
    "REQUEST": {"ATTENDEE", "DTSTAMP", "DTSTART", "ORGANIZER", "SUMMARY", "UID"},  # RFC 5546, section 3.2.2
    "CANCEL": {"DTSTAMP", "ORGANIZER", "SEQUENCE", "UID"},  # section 3.2.5
}
STATUSES = {"REQUEST": {"TENTATIVE", "CONFIRMED"}, "CANCEL": {"CANCELLED"}}


@dataclass(frozen=True)
class Property:
    """One line of a file, unfolded."""

    name: str
    parameters: dict[str, str]
    value: str


def broken_rules(content: bytes) -> list[str]:
    """What the standards forbid in a file with one event and a METHOD, in words; nothing where all is well."""
    broken = [f"a line of {len(line)} octets" for line in content.split(b"\r\n") if len(line) > LONGEST_LINE]
    if not content.endswith(b"\r\n") or re.search(rb"(?<!\r)\n|\r(?!\n)", content):
        broken.append("a line that does not end in CRLF")
    if re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", content):
        broken.append("a control character")
    lines = content.decode().replace("\r\n ", "").split("\r\n")
    broken += [f"no property: {line}" for line in lines[:-1] if not _LINE.fullmatch(line)]
    if broken:
        return broken
    properties = [_property(line) for line in lines[:-1]]
    frame = [(each.name, each.value) for each in properties if each.name in ("BEGIN", "END")]
    if frame != [("BEGIN", "VCALENDAR"), ("BEGIN", "VEVENT"), ("END", "VEVENT"), ("END", "VCALENDAR")]:
        return [f"not one event: {frame}"]
    start = properties.index(Property("BEGIN", {}, "VEVENT"))
    calendar, event = properties[1:start], properties[start + 1 : -2]
    return [*_of_calendar(calendar), *_of_event(event, next(each.value for each in calendar if each.name == "METHOD"))]


def event_of(content: bytes) -> dict[str, Property]:
    """The properties of a file by name."""
    lines = content.decode().replace("\r\n ", "").split("\r\n")
    return {found.name: found for found in map(_property, lines[:-1])}


def _property(line: str) -> Property:
    found = _LINE.fullmatch(line)
    assert found is not None, line
    parameters = re.findall(r';([A-Z-]+)=("[^"]*"|[^";:,]*)', found["parameters"])
    return Property(found["name"], {name: value.strip('"') for name, value in parameters}, found["value"])


def _of_calendar(calendar: list[Property]) -> list[str]:
    values = {each.name: each.value for each in calendar}
    broken = [f"{name} twice" for name in values if sum(each.name == name for each in calendar) > 1]
    if values.keys() != {"PRODID", "VERSION", "CALSCALE", "METHOD"}:
        broken.append(f"a calendar with {sorted(values)}")
    if (values["VERSION"], values["CALSCALE"]) != ("2.0", "GREGORIAN"):
        broken.append("another version or calendar")
    if values["METHOD"] not in REQUIRED:
        broken.append(f"METHOD:{values['METHOD']}")
    return broken


def _of_event(event: list[Property], method: str) -> list[str]:
    values = {each.name: each.value for each in event}
    broken = [f"{name} is missing" for name in sorted(REQUIRED.get(method, set()) - values.keys())]
    broken += [f"{name} has no place" for name in sorted(values.keys() - _KNOWN)]
    broken += [f"{name} twice" for name in values if sum(each.name == name for each in event) > 1]
    for name, rule in _FORMS.items():
        if name in values and not rule.fullmatch(values[name]):
            broken.append(f"{name}:{values[name]}")
    if "DTEND" in values and values["DTEND"] <= values.get("DTSTART", ""):
        broken.append("it ends before it begins")
    if values.get("STATUS", "") not in STATUSES.get(method, set()):
        broken.append(f"STATUS:{values.get('STATUS')} with METHOD:{method}")
    return broken
