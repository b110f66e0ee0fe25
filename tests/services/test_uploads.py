"""Uploaded pictures are drawn anew; telephone numbers are checked and kept as written."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from app.errors import Invalid, NotFound
from app.models import Picture
from app.services import phones, pictures
from tests.support.databases import Database


def picture_file(kind: str = "PNG", size: tuple[int, int] = (40, 20), **options: Any) -> bytes:
    """A picture file: red, with whatever Pillow is told to put into it."""
    output = BytesIO()
    Image.new("RGB", size, "#dd1111").save(output, kind, **options)
    return output.getvalue()


def drawn(upload: bytes) -> tuple[Image.Image, str]:
    read = pictures.read_upload(upload)
    return Image.open(BytesIO(read.content)), read.content_type


class TestReading:
    @pytest.mark.parametrize(
        ("kind", "content_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
    )
    def test_it_keeps_the_picture(self, kind: str, content_type: str) -> None:
        image, told = drawn(picture_file(kind))

        red, green, _ = image.convert("RGB").tobytes()[:3]
        assert (told, image.size) == (content_type, (40, 20))
        assert red > 180
        assert green < 60

    def test_where_it_was_taken_is_dropped(self) -> None:
        exif = Image.Exif()
        exif[0x8825] = {1: "N", 2: (51.5, 0.0, 0.0)}
        exif[0x010F] = "Secret Camera"
        upload = picture_file("JPEG", exif=exif)
        assert b"Secret Camera" in upload

        read = pictures.read_upload(upload)

        assert b"Secret Camera" not in read.content
        assert not Image.open(BytesIO(read.content)).getexif()

    def test_it_stands_upright(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6  # turned by a quarter

        image, _ = drawn(picture_file("JPEG", exif=exif))

        assert image.size == (20, 40)

    def test_it_is_made_smaller(self) -> None:
        image, _ = drawn(picture_file(size=(3000, 1500)))

        assert image.size == (1200, 600)

    def test_transparency_stays(self) -> None:
        output = BytesIO()
        Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(output, "PNG")

        image, _ = drawn(output.getvalue())

        assert image.convert("RGBA").tobytes()[3] == 0

    @pytest.mark.parametrize(
        "upload",
        [
            b"",
            b"not a picture",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            picture_file("GIF"),
            picture_file("PNG")[:60],
            picture_file("JPEG", size=(400, 400))[:500],
            b"\x89PNG\r\n\x1a\n" + b"\xff" * 100,
        ],
    )
    def test_what_is_no_picture_is_refused(self, upload: bytes) -> None:
        with pytest.raises(Invalid, match="JPEG, PNG or WebP"):
            pictures.read_upload(upload)

    def test_a_small_file_with_too_many_pixels_is_refused(self) -> None:
        with pytest.raises(Invalid, match="smaller"):
            pictures.read_upload(picture_file(size=(5_001, 5_000)))


class TestReplacing:
    def test_the_former_one_is_gone(self, database: Database) -> None:
        with database.unit_of_work() as session:
            first = pictures.replaced(None, pictures.read_upload(picture_file()))
            second = pictures.replaced(first, pictures.read_upload(picture_file("JPEG")))

            assert [row.id for row in session.query(Picture)] == [second]
            assert pictures.replaced(second, None) is None
            assert session.query(Picture).count() == 0

    def test_an_address_never_shows_a_later_picture(self, database: Database) -> None:
        with database.unit_of_work():
            first = pictures.replaced(None, pictures.read_upload(picture_file()))
            address = pictures.picture_url(first)
            assert address is not None
            second = pictures.replaced(first, pictures.read_upload(picture_file()))
            pictures.replaced(pictures.replaced(second, None), pictures.read_upload(picture_file()))

            with pytest.raises(NotFound):
                pictures.open_picture(address.removeprefix("/media/"))


class TestSmall:
    def shown(self, database: Database, content: bytes, side: int | None = None) -> pictures.Shown:
        with database.unit_of_work() as session:
            row = Picture(content_type="image/png", content=content)
            session.add(row)
            session.flush()
            address = pictures.picture_url(row.id, side=side)
            assert address is not None
            return pictures.open_picture(address.removeprefix("/media/"))

    def test_it_is_drawn_no_bigger_than_asked(self, database: Database) -> None:
        shown = self.shown(database, picture_file(size=(1200, 600)), side=144)

        assert shown.content_type == "image/webp"
        assert Image.open(BytesIO(shown.content)).size == (144, 72)

    def test_a_picture_that_is_small_already_stays(self, database: Database) -> None:
        content = picture_file("WEBP", size=(4, 2), quality=1)

        assert self.shown(database, content, side=144).content == content

    def test_without_a_side_it_is_the_whole(self, database: Database) -> None:
        content = picture_file(size=(1200, 600))

        assert self.shown(database, content).content == content

    def test_what_cannot_be_drawn_is_sent_as_it_is(self, database: Database) -> None:
        shown = self.shown(database, b"no picture", side=144)

        assert (shown.content, shown.content_type) == (b"no picture", "image/png")


class TestPhones:
    @pytest.mark.parametrize("text", ["020 7946 0018", "+44 20 7946 0018", "(020) 7946-0018", "+49 30 901820", ""])
    def test_a_number_stays_as_it_was_written(self, database: Database, text: str) -> None:
        with database.unit_of_work():
            assert phones.checked(f"  {text} ") == text

    @pytest.mark.parametrize("text", ["12", "call me", "+999 12345678", "0" * 41, "020 7946 0018 0018 0018 0018"])
    def test_what_nobody_could_dial_is_refused(self, database: Database, text: str) -> None:
        with database.unit_of_work(), pytest.raises(Invalid) as refusal:
            phones.checked(text)

        assert list(refusal.value.errors) == ["phone"]
