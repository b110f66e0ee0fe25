"""The figures of a measurement: a table for people, and JSON with the facts of the machine for comparing runs."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import orjson

from tests.bench import hospital
from tests.bench.measures import Measure

HEADINGS = ("what", "p50 ms", "p95 ms", "a second", "floor", "p50 ms", "p95 ms", "a second", "ratio", "at most", "")
_LEFT = (0, 4)
_PACKAGES = ("granian", "flask", "sqlalchemy", "orjson")


def table(measures: Sequence[Measure], *, connections: int) -> str:
    """A Markdown table, and under it what its columns mean."""
    rows = [HEADINGS, *map(_cells, measures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [
        "| " + " | ".join(_pad(cell, widths[column], column) for column, cell in enumerate(row)) + " |" for row in rows
    ]
    rule = "|" + "|".join("-" * (width + 1) + ("-" if column in _LEFT else ":") for column, width in enumerate(widths))
    note = f"p50 and p95 on one connection; answers a second on {connections}. Ratio: of the p50, round by round."
    return "\n".join([lines[0], rule + "|", *lines[1:], "", note, _machine_line()])


def as_json(measures: Sequence[Measure], *, connections: int) -> bytes:
    """All figures, in milliseconds, with the machine's facts."""
    figures = [
        {
            "name": measure.name,
            "floor": measure.floor_name,
            "ratio": round(measure.ratio, 2),
            "allowed": measure.allowed,
            "met": _is_met(measure),
            **{
                f"{side}_{name}": round(value, 3)
                for side, of_side in (("portal", measure.portal), ("floor", measure.floor))
                for name, value in (
                    ("p50_ms", of_side.p50 * 1000),
                    ("p95_ms", of_side.p95 * 1000),
                    ("per_second", of_side.a_second),
                )
            },
        }
        for measure in measures
    ]
    rows = {name: getattr(hospital, name.upper()) for name in ("doctors", "patients", "visits", "reviews")}
    run = {"measured_at": datetime.now(UTC), "machine": machine(), "rows": rows, "connections": connections}
    return orjson.dumps({**run, "measures": figures}, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z)


def machine() -> dict[str, object]:
    """What figures depend on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{package: version(package) for package in _PACKAGES},
    }


def _cells(measure: Measure) -> tuple[str, ...]:
    portal, floor = (
        (f"{side.p50 * 1000:.2f}", f"{side.p95 * 1000:.2f}", f"{side.a_second:,.0f}")
        for side in (measure.portal, measure.floor)
    )
    allowed = "" if measure.allowed is None else f"{measure.allowed:g}"
    verdict = {None: "", True: "met", False: "MISSED"}[_is_met(measure)]
    return measure.name, *portal, measure.floor_name, *floor, f"{measure.ratio:.2f}", allowed, verdict


def _is_met(measure: Measure) -> bool | None:
    return None if measure.allowed is None else measure.ratio <= measure.allowed


def _pad(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column in _LEFT else cell.rjust(width)


def _machine_line() -> str:
    return ", ".join(f"{name} {value}" for name, value in machine().items())


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    lines = described.read_text().splitlines() if described.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
