"""Reading the files that admins import: CSV and Excel, into texts by column. Whatever is wrong is said, not guessed.

Nothing here asks the database. A file is data from elsewhere, also where an admin brings it: what is read of it is
bounded before it is read.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple, NoReturn

from python_calamine import CalamineError, CalamineWorkbook

from app.errors import Invalid
from app.services.import_columns import PROBLEM, Column, plain

MOST_ROWS = 10_000
MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 50 * 1024 * 1024
MOST_COLUMNS = 100
LAST_LINE = 50_000
"""How far down a table may reach: a workbook is read as a rectangle, however few of its cells hold anything."""
REST = "+"
"""What a row has beyond its columns."""

_FILE = "file"
_EXACT = 10**15
"""From here on a spreadsheet no longer keeps every digit of a number."""
_OLD_EXCEL, _ZIP = b"\xd0\xcf\x11\xe0", b"PK"
_CELL = re.compile(rb"""<(?:\w+:)?(?:c|row)\s[^>]*?\br=["']([A-Z]{0,3})(\d{1,9})["']""")
_FORMULA = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br=["']([A-Z]{1,3}\d{1,7})["'][^>]*>\s*<(?:\w+:)?f[\s/>]""")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")


class Table(NamedTuple):
    """What a file holds: the letter of each column by its key, and the rows, each its number and its texts by key."""

    letters: dict[str, str]
    rows: list[tuple[int, dict[str, str]]]


def read(content: bytes, columns: Sequence[Column]) -> Table:
    """The table of a file, CSV or .xlsx, whatever its name. Rows without anything in them are left out.

    Raises Invalid, at `file`, for a file that is no such table, too large, or has other columns.
    """
    if not content.strip():
        _refuse("The file is empty.")
    if len(content) > MOST_BYTES:
        _refuse(f"The file is larger than {MOST_BYTES // 1024**2} MB. Split it into several.")
    if content.startswith(_OLD_EXCEL):
        _refuse("This is an old Excel file, or one with a password. Save it as .xlsx without a password, or as CSV.")
    lines = _workbook(content) if content.startswith(_ZIP) else _csv(content)
    numbered = ((number, line) for number, line in enumerate(lines, 1) if any(_filled(cell) for cell in line))
    top, headings = next(numbered, (0, []))
    if not headings:
        _refuse("The file is empty.")
    places = _places(top, ["" if cell is None else str(cell) for cell in headings], columns)
    rows = [(number, _cells(line, places)) for number, line in _few(numbered)]
    if not rows:
        _refuse("The file has no rows below its headings.")
    return Table({column.key: letter(place) for place, column in places.items() if column is not None}, rows)


def letter(place: int) -> str:
    """What a spreadsheet calls its column, which is counted from 0."""
    before, this = divmod(place, 26)
    return (letter(before - 1) if before else "") + chr(ord("A") + this)


def _few(lines: Iterable[tuple[int, Sequence[Any]]]) -> Iterator[tuple[int, Sequence[Any]]]:
    for count, line in enumerate(lines, 1):
        if count > MOST_ROWS:
            _refuse(f"The file has more than {MOST_ROWS:,} rows. Split it into several.")
        yield line


def _places(top: int, headings: list[str], columns: Sequence[Column]) -> dict[int, Column | None]:
    """Which column stands where, from 0; None for one that is passed over."""
    if len(headings) > MOST_COLUMNS:
        _refuse(f"The file has more than {MOST_COLUMNS} columns.")
    known = {name: column for column in columns for name in column.names}
    places: dict[int, Column | None] = {}
    for place, heading in enumerate(headings):
        if not heading.strip():
            continue
        column = known.get(plain(heading))
        if column is None and plain(heading) != plain(PROBLEM):
            wanted = ", ".join(column.title for column in columns)
            _refuse(f"{letter(place)}{top}: there is no column “{_short(heading)}”. The columns are {wanted}.")
        if column is not None and column in places.values():
            _refuse(f"{letter(place)}{top}: there are two columns “{column.title}”.")
        places[place] = column
    missing = [column.title for column in columns if column.is_required and column not in places.values()]
    if missing:
        _refuse(f"The first row has to name the columns. The column “{missing[0]}” is missing.")
    return places


def _cells(line: Sequence[Any], places: dict[int, Column | None]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for place, cell in enumerate(line):
        column = places.get(place)
        if not _filled(cell) or (column is None and place in places):
            continue
        if column is None:
            cells.setdefault(REST, letter(place))
        else:
            cells[column.key] = _as_text(cell, column)
    return cells


def _filled(cell: object) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None


def _as_text(cell: Any, column: Column) -> str:
    """What people see in a cell."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int | float):
        is_exact = abs(cell) < _EXACT and cell == int(cell)
        return column.of_number(int(cell)) if is_exact else f"{cell:.15g}"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    text = str(cell).replace("\0", "").strip()
    # Our own files have an apostrophe before what a spreadsheet would take for a formula (csv_files).
    return text[1:] if text.startswith(("'+", "'-", "'@")) else text


def _csv(content: bytes) -> Iterator[list[str]]:
    """The lines of a CSV file in UTF-8, whose cells are divided by commas or by semicolons."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        _refuse("This is no CSV file in UTF-8, and no .xlsx file. In a spreadsheet, choose “Save as” and “CSV UTF-8”.")
    if "\0" in text:
        _refuse("This is no CSV file, and no .xlsx file.")
    first = next((line for line in text.splitlines() if line.strip()), "")
    divider = ";" if first.count(";") > first.count(",") else ","
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=divider, strict=True)
    try:
        yield from lines
    except csv.Error:
        _refuse(f"Line {lines.line_num:,} of the file has a quotation mark that is out of place.")


def _workbook(content: bytes) -> Iterator[list[Any]]:
    """The lines of the only sheet of a workbook that holds anything."""
    try:
        workbook = CalamineWorkbook.from_filelike(_bounded(content))
        sheets = [workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in workbook.sheet_names]
    except (CalamineError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError):
        _refuse("The file could not be read. Save it once more as .xlsx without a password, or as CSV.")
    filled = [lines for lines in sheets if lines]
    if len(filled) > 1:
        _refuse(f"The workbook has {len(filled)} sheets with something in them. Keep the one to be imported.")
    yield from ([None if cell == "" else cell for cell in line] for lines in filled for line in lines)


def _bounded(content: bytes) -> io.BytesIO:
    """A workbook unpacked: it is measured, whatever it says of its size, and looked through before it is read.

    Raises Invalid for one that unpacks to too much, that reaches too far, or holds formulas.
    """
    unpacked, left = io.BytesIO(), MOST_UNPACKED
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(unpacked, "w") as stored:
        for member in packed.infolist():
            with packed.open(member) as file:
                part = file.read(left + 1)
            left -= len(part)
            if left < 0:
                _refuse("The workbook is too large. Save the table as CSV, or copy it into a new workbook.")
            if _SHEET.fullmatch(member.filename):
                _look_through(part)
            stored.writestr(member.filename, part)
    unpacked.seek(0)
    return unpacked


def _look_through(sheet: bytes) -> None:
    if sheet.count(b"<row") > LAST_LINE:
        _refuse(f"The file has more than {MOST_ROWS:,} rows. Split it into several.")
    formula = _FORMULA.search(sheet)
    if formula:
        _refuse(f"{formula[1].decode()} is a formula. Copy the table, and paste its values alone.")
    for found in _CELL.finditer(sheet):
        if int(found[2]) > LAST_LINE or _place(found[1]) > MOST_COLUMNS:
            where = (found[1] + found[2]).decode()
            _refuse(f"The sheet reaches as far as {where}. Copy the table into a new workbook, or save it as CSV.")


def _place(letters: bytes) -> int:
    """Which column these letters are, counted from 1."""
    place = 0
    for byte in letters:
        place = place * 26 + byte - ord("A") + 1
    return place


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004 (what fits into a sentence)


def _refuse(message: str) -> NoReturn:
    raise Invalid(message, field=_FILE)
