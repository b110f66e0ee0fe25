"""Files that admins import: read as they mean, and refused where that cannot be told."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from app.errors import Invalid
from app.models import ImportKind
from app.services import import_files
from app.services.csv_files import csv_file
from app.services.import_columns import COLUMNS
from app.services.import_files import REST, Table, letter
from tests.support.databases import Database

PATIENTS = COLUMNS[ImportKind.PATIENTS]


@pytest.fixture(autouse=True)
def settings_in_force(database: Database) -> Iterator[None]:
    """Telephone numbers are those of the hospital's country."""
    with database.unit_of_work():
        yield


def read(content: bytes | str) -> Table:
    return import_files.read(content.encode() if isinstance(content, str) else content, PATIENTS)


def refusal(content: bytes | str) -> str:
    with pytest.raises(Invalid) as refused:
        read(content)
    assert list(refused.value.errors) == ["file"]
    return refused.value.message


def workbook(*lines: list[Any], sheets: int = 1) -> bytes:
    made, file = openpyxl.Workbook(), io.BytesIO()
    for number in range(sheets):
        sheet = made.active if number == 0 else made.create_sheet()
        for line in lines:
            sheet.append(line)
    made.save(file)
    return file.getvalue()


def repacked(content: bytes, change: dict[bytes, bytes]) -> bytes:
    """A workbook in whose sheets some bytes are replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            for before, after in change.items():
                part = part.replace(before, after) if "sheet1" in name else part
            new.writestr(name, part)
    return file.getvalue()


class TestCsv:
    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    @pytest.mark.parametrize("divider", [",", ";"])
    def test_commas_and_semicolons_with_and_without_a_mark(self, mark: str, divider: str) -> None:
        table = read(f"{mark}Name{divider}Telephone\nZoë O'Neill{divider}020 7946 0018\n")
        assert table.letters == {"name": "A", "phone": "B"}
        assert table.rows == [(2, {"name": "Zoë O'Neill", "phone": "020 7946 0018"})]

    def test_headings_are_known_however_they_are_written(self) -> None:
        table = read("FULL  name,date_of_birth,phone number,E-Mail Address\nA,B,C,D")
        assert list(table.letters) == ["name", "date_of_birth", "phone", "email"]

    def test_rows_keep_their_numbers_and_empty_ones_are_left_out(self) -> None:
        assert [number for number, _ in read("\nName\n\nA\n , \n\nB\n").rows] == [4, 7]

    def test_cells_may_have_several_lines(self) -> None:
        (row,) = read('Name,Address\nA,"1 High Street\nLondon"').rows
        assert row == (2, {"name": "A", "address": "1 High Street\nLondon"})

    def test_what_stands_beyond_the_columns_is_noticed(self) -> None:
        assert read("Name,,Telephone\nA,,1,2\nB").rows == [
            (2, {"name": "A", "phone": "1", REST: "D"}),
            (3, {"name": "B"}),
        ]

    def test_our_own_files_come_back_as_they_were(self) -> None:
        ours = csv_file(["Name", "Telephone", "Problem"], [["A", "+44 20 7946 0018", "It was wrong"]])
        assert read(ours).rows == [(2, {"name": "A", "phone": "+44 20 7946 0018"})]

    def test_as_many_rows_as_there_may_be(self) -> None:
        assert len(read("Name\n" + "A\n" * import_files.MOST_ROWS).rows) == import_files.MOST_ROWS

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (b"", "empty"),
            (b"\xef\xbb\xbf", "empty"),
            (b" \n\n", "empty"),
            (b"Name\n", "no rows below its headings"),
            (b"Name\n,\n", "no rows below its headings"),
            (b"Name\nZo\xeb", "UTF-8"),
            (b"Name\nA\0B", "no CSV file"),
            (b"\xd0\xcf\x11\xe0 and more", "old Excel file"),
            (b"PK\x03\x04 and more", "could not be read"),
            (b'Name\n"A', "quotation mark"),
            (b"Telephone\n1", "“Name” is missing"),
            (b"Name,Shoe size\nA,1", "B1: there is no column “Shoe size”. The columns are Name, Date of birth"),
            (b"Name,Telephone,phone\nA,1,2", "C1: there are two columns “Telephone”"),
            (b"Name" + b"," * 100 + b"x\nA", "more than 100 columns"),
            (b"Name\n" + b"A\n" * 10_001, "more than 10,000 rows"),
            (b"Name\n" + b"A" * (5 * 1024 * 1024), "larger than 5 MB"),
        ],
        ids=range(16),
    )
    def test_what_cannot_be_read_is_refused_with_the_reason(self, content: bytes, told: str) -> None:
        assert told in refusal(content)


class TestWorkbook:
    def test_numbers_dates_and_texts_are_what_people_see(self) -> None:
        born = date(1980, 3, 15)
        table = read(
            workbook(
                ["Name", "Telephone", "Date of birth", "Insurance number"],
                ["Jane", 2079460018, born, 42],
                ["John", "+44 20 7946 0018", datetime(1980, 3, 15), 1234567890123456789],  # noqa: DTZ001 (as Excel)
                [None, None, None, None],
                ["Zoë", 12.5, datetime(1980, 3, 15, 9, 30), True],  # noqa: DTZ001 (as Excel)
            )
        )
        assert table.rows == [
            (2, {"name": "Jane", "phone": "020 7946 0018", "date_of_birth": "1980-03-15", "insurance_number": "42"}),
            (
                3,
                {
                    "name": "John",
                    "phone": "+44 20 7946 0018",
                    "date_of_birth": "1980-03-15",
                    "insurance_number": "1.23456789012346e+18",
                },
            ),
            (
                5,
                {
                    "name": "Zoë",
                    "phone": "12.5",
                    "date_of_birth": "1980-03-15 09:30:00",
                    "insurance_number": "yes",
                },
            ),
        ]

    def test_empty_sheets_beside_it_do_not_matter(self) -> None:
        made = openpyxl.load_workbook(io.BytesIO(workbook(["Name"], ["A"])))
        made.create_sheet("Sheet 2")
        made.save(file := io.BytesIO())
        assert read(file.getvalue()).rows == [(2, {"name": "A"})]

    def test_a_second_table_is_not_passed_over_in_silence(self) -> None:
        assert "2 sheets" in refusal(workbook(["Name"], ["A"], sheets=2))

    def test_formulas_are_refused_by_their_cell(self) -> None:
        assert "B2 is a formula" in refusal(workbook(["Name", "Telephone"], ["A", "=1+1"]))

    @pytest.mark.parametrize("where", [b"XFD2", b"A1048576"])
    def test_what_reaches_too_far_is_not_read_as_a_rectangle(self, where: bytes) -> None:
        far = repacked(workbook(["Name"], ["A"]), {b'r="A2"': b'r="' + where + b'"'})
        assert f"as far as {where.decode()}" in refusal(far)

    def test_what_unpacks_to_too_much_is_refused(self) -> None:
        blanks = b" " * (import_files.MOST_UNPACKED + 1)
        bomb = repacked(workbook(["Name"], ["A"]), {b"</worksheet>": blanks + b"</worksheet>"})
        assert len(bomb) < import_files.MOST_BYTES
        assert "too large" in refusal(bomb)

    @pytest.mark.parametrize("stays", ["[Content_Types].xml", None])
    def test_what_is_no_workbook_is_refused(self, stays: str | None) -> None:
        with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
            archive.writestr(stays or "letter.txt", "Name")
        assert "could not be read" in refusal(file.getvalue())


def test_letters_go_on_after_z() -> None:
    assert [letter(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
