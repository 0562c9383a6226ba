"""Our own copies: whatever a blog serves becomes a small plain JPEG, or a reason."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms

from pipeline.collect.apart import ChildLimits
from pipeline.collect.copying import ApartCopier
from pipeline.model import Copy, NoCopy
from pipeline.render.pictures import HEAVIEST_BYTES, PAPER, own_copy
from tests.pictures import EARTH, SKY, file_of, landscape, noise, opened, turned


def copied(received: bytes) -> tuple[Copy, Image.Image]:
    made = own_copy(received)
    assert isinstance(made, Copy), made
    image = opened(made.jpeg)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (made.width, made.height))
    return made, image


def near(pixel: object, colour: tuple[int, int, int], by: int = 12) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(a - b) <= by for a, b in zip(pixel, colour, strict=True))


def test_a_large_picture_is_made_as_wide_as_fine_screens_need() -> None:
    made, _ = copied(file_of(landscape(3000, 2000)))
    assert (made.width, made.height) == (1104, 736)
    assert len(made.jpeg) <= HEAVIEST_BYTES


def test_a_small_picture_keeps_its_width() -> None:
    made, _ = copied(file_of(landscape(300, 200)))
    assert (made.width, made.height) == (300, 200)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_what_was_up_for_the_photographer_is_up_in_the_letter(orientation: int) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = landscape(1600, 1000)
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    made, image = copied(turned(orientation, stored))
    assert (made.width, made.height) == (1104, 690)
    assert near(image.getpixel((552, 100)), SKY)
    assert near(image.getpixel((552, 600)), EARTH)


def test_nothing_a_camera_wrote_is_left_in_it() -> None:
    received = turned(6, landscape())
    assert b"A camera" in received
    made, image = copied(received)
    assert b"A camera" not in made.jpeg
    assert dict(image.getexif()) == {}
    with_remark = file_of(landscape(), comment=b"Anna, at home")
    assert b"Anna, at home" in with_remark
    assert b"Anna" not in copied(with_remark)[0].jpeg


def test_a_picture_for_print_has_its_colours() -> None:
    _, image = copied(file_of(landscape(mode="CMYK")))
    assert near(image.getpixel((500, 100)), SKY)


def test_a_wide_colour_profile_is_read_and_left_out() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made, image = copied(file_of(landscape(), icc_profile=profile))
    assert near(image.getpixel((500, 100)), SKY)
    assert b"ICC_PROFILE" not in made.jpeg
    _, image = copied(file_of(landscape(), icc_profile=b"no profile at all"))
    assert near(image.getpixel((500, 100)), SKY)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_clear_shows_the_paper(kind: str) -> None:
    image = Image.new("RGBA", (600, 400), (0, 0, 0, 0))
    image.paste((*EARTH, 255), (0, 200, 600, 400))
    _, made = copied(file_of(image, kind, lossless=True))
    assert near(made.getpixel((300, 50)), PAPER)
    assert near(made.getpixel((300, 350)), EARTH)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGBA"])
def test_every_kind_of_png_is_read(mode: str) -> None:
    image = landscape(mode="L").convert("I;16") if mode == "I;16" else landscape(mode=mode)
    if mode == "I;16":
        image = image.point(lambda value: value * 256)
    _, made = copied(file_of(image, "PNG"))
    light, dark = made.getpixel((552, 100)), made.getpixel((552, 600))
    assert isinstance(light, tuple)
    assert isinstance(dark, tuple)
    assert sum(light) > sum(dark) + 30


def test_of_what_moves_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (400, 300), colour) for colour in (SKY, EARTH)]
    received = file_of(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    assert near(copied(received)[1].getpixel((200, 150)), SKY)


def test_a_palette_with_a_clear_colour_shows_the_paper() -> None:
    image = Image.new("P", (400, 300), 0)
    image.putpalette([10, 10, 10, *SKY])
    image.paste(1, (0, 150, 400, 300))
    _, made = copied(file_of(image, "GIF", transparency=0))
    assert near(made.getpixel((200, 50)), PAPER)


def test_a_busy_picture_is_made_coarser_until_it_is_light() -> None:
    made, _ = copied(file_of(noise(900, 600), quality=95))
    assert len(made.jpeg) <= HEAVIEST_BYTES
    assert made.width in (900, 828, 552)


def test_the_same_file_gives_the_same_copy() -> None:
    received = file_of(landscape(), "WEBP")
    assert own_copy(received) == own_copy(received)


def header_of_png(width: int, height: int) -> bytes:
    """A PNG that only says how large it is."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


HEIC = struct.pack(">I", 24) + b"ftypheic" + b"\0" * 12 + b"rubbish" * 200
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("received", "said"),
    [
        pytest.param(file_of(landscape(199, 300)), "only 199 px wide", id="icon"),
        pytest.param(turned(6, landscape(400, 150)), "only 150 px wide", id="icon on its side"),
        pytest.param(file_of(landscape(900, 40)), "only 40 px high", id="ornament"),
        pytest.param(file_of(landscape(300, 1000)), "too tall for a letter", id="strip"),
        pytest.param(file_of(Image.new("1", (8000, 6000)), "PNG"), "40 million pixels", id="48 megapixels"),
        pytest.param(header_of_png(12_000, 9_000), "40 million pixels", id="bomb that warns"),
        pytest.param(header_of_png(60_000, 60_000), "40 million pixels", id="bomb"),
        pytest.param(file_of(landscape())[:4000], "damaged", id="truncated jpeg"),
        pytest.param(file_of(noise(300, 300), "PNG")[:4000], "damaged", id="truncated png"),
        pytest.param(header_of_png(900, 600), "damaged", id="png without pixels"),
        pytest.param(HEIC, "HEIC", id="heic"),
        pytest.param(SVG, "SVG", id="svg"),
        pytest.param(b"<!DOCTYPE html><p>Not found", "leads to a page", id="page"),
        pytest.param(file_of(landscape(300, 300), "TIFF"), "not in a format", id="tiff"),
        pytest.param(file_of(landscape(300, 300), "BMP"), "not in a format", id="bmp"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 300 300\n", "not in a format", id="eps"),
        pytest.param(b"\xff\xd8\xff" + b"\0" * 50, "", id="beginning of a jpeg"),
        pytest.param(b"", "not in a format", id="nothing"),
        pytest.param(file_of(noise(552, 1650), quality=95), "too full of detail", id="noise"),
    ],
)
def test_what_is_no_picture_for_a_letter_has_a_reason(received: bytes, said: str) -> None:
    made = own_copy(received)
    assert isinstance(made, NoCopy), made
    assert said in made.problem


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_no_broken_file_is_more_than_a_reason(kind: str) -> None:
    whole = file_of(landscape(400, 300), kind)
    for at in range(0, len(whole), max(1, len(whole) // 60)):
        for broken in (whole[:at], whole[:at] + b"\xff\x00\x7f" + whole[at + 3 :]):
            assert isinstance(own_copy(broken), Copy | NoCopy)


def test_a_child_makes_the_same_copy() -> None:
    received = file_of(landscape(), "PNG")
    assert ApartCopier()(received) == own_copy(received)
    assert ApartCopier()(SVG) == own_copy(SVG)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        pytest.param(ChildLimits(wall_s=0.01), "took too long", id="time"),
        pytest.param(ChildLimits(memory_bytes=60_000_000), "too large", id="memory"),
        pytest.param(ChildLimits(memory_bytes=10_000_000), "broke off", id="no memory at all"),
    ],
)
def test_a_child_that_is_stopped_is_a_reason(limits: ChildLimits, said: str) -> None:
    made = ApartCopier(limits=limits)(file_of(landscape()))
    assert isinstance(made, NoCopy)
    assert said in made.problem


def test_an_honest_picture_of_the_largest_size_fits_the_childs_limits() -> None:
    file = io.BytesIO()
    landscape(7300, 5400, "RGBA").save(file, "PNG", compress_level=1)
    made = ApartCopier()(file.getvalue())
    assert isinstance(made, Copy), made
