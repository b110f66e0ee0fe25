"""A doctor's hours and time off: the same pages for doctors, of their own, and for admins, of any doctor."""

from __future__ import annotations

from flask import Blueprint

from app.pages.calendars import hours, hours_check, time_off

_FORM = ("GET", "POST")


def add_routes(blueprint: Blueprint, doctor: str = "") -> None:
    """Give a part of the portal these pages; `doctor` is the start of their addresses where these name a doctor."""
    week, off = f"{doctor}/hours", f"{doctor}/time-off"
    blueprint.add_url_rule(week, "hours", hours.show)
    blueprint.add_url_rule(f"{week}/add", "add_hours", hours.add, methods=_FORM)
    blueprint.add_url_rule(f"{week}/check", "check_hours", hours_check.check, methods=_FORM)
    blueprint.add_url_rule(f"{week}/<int:hours_id>", "change_hours", hours.change, methods=_FORM)
    blueprint.add_url_rule(f"{week}/<int:hours_id>/remove", "remove_hours", hours.remove, methods=_FORM)
    blueprint.add_url_rule(f"{week}/copy/<int:weekday>", "copy_hours", hours.copy, methods=_FORM)
    blueprint.add_url_rule(off, "time_off", time_off.show_all)
    blueprint.add_url_rule(f"{off}/add", "add_time_off", time_off.add, methods=_FORM)
    blueprint.add_url_rule(f"{off}/check", "check_time_off", time_off.check, methods=_FORM)
    blueprint.add_url_rule(f"{off}/<int:time_off_id>", "change_time_off", time_off.change, methods=_FORM)
    blueprint.add_url_rule(f"{off}/<int:time_off_id>/check", "check_changed_time_off", time_off.check, methods=_FORM)
    blueprint.add_url_rule(f"{off}/<int:time_off_id>/remove", "remove_time_off", time_off.remove, methods=_FORM)
