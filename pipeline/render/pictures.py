"""Our own copy of a picture: small, upright, in colours every screen knows, with nothing hidden in it.

What a camera writes into a file (the place, the hour, the owner's name) does not reach readers,
and no mail program has to ask the blog for it. Imported only where pictures are made: Pillow
takes a while to load.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator

from PIL import Image, ImageCms, UnidentifiedImageError

from pipeline.model import Copy, NoCopy

WIDEST_PX = 1104  # twice the column, for fine screens
NARROWEST_PX = 200  # icons, badges, portraits beside a comment
LOWEST_PX = 60  # rules and ornaments
TALLEST = 3.0  # times its width; a scroll of slides is no picture in a letter
MOST_PIXELS = 40_000_000
HEAVIEST_BYTES = 200_000
PAPER = (0xF7, 0xF2, 0xEA)  # shows through where a picture is clear
_WIDTHS = (WIDEST_PX, 828, 552)  # tried from the left until one is light enough
_QUALITIES = (82, 76, 70, 62, 54, 46)
# What the blog platforms make. Every further decoder is one more that a hostile file can aim at.
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
_TURNS = {  # EXIF 0x0112: how the camera was held
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ON_THEIR_SIDE = (5, 6, 7, 8)
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def own_copy(received: bytes) -> Copy | NoCopy:
    """The picture in `received` as a JPEG for mail, or why it is not shown.

    The same bytes give the same copy. Of what moves, the first frame is taken.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with _opened(received) as image:
                return _unfit(image) or _encoded(_flat(_turned(image)))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return NoCopy(problem=_too_many_pixels())
    except UnidentifiedImageError:
        return NoCopy(problem=_unknown(received))
    except MemoryError:
        return NoCopy(problem="it is too large to be read")
    except Exception:  # a broken file makes decoders raise whatever there is
        return NoCopy(problem="the file is damaged, or did not come whole")


def _opened(received: bytes) -> Image.Image:
    Image.init()
    return Image.open(io.BytesIO(received), formats=[name for name in _FORMATS if name in Image.OPEN])


def _unfit(image: Image.Image) -> NoCopy | None:
    width, height = image.size
    if width * height > MOST_PIXELS:
        return NoCopy(problem=_too_many_pixels())
    if _orientation(image) in _ON_THEIR_SIDE:
        width, height = height, width
    if width < NARROWEST_PX:
        return NoCopy(problem=f"it is only {width} px wide, which is an icon's size")
    if height < LOWEST_PX:
        return NoCopy(problem=f"it is only {height} px high, which is an ornament's size")
    if height > TALLEST * width:
        return NoCopy(problem=f"it is a strip of {width} × {height} px, too tall for a letter")
    return None


def _orientation(image: Image.Image) -> int:
    found = image.getexif().get(0x0112, 1)
    return found if isinstance(found, int) else 1


def _turned(image: Image.Image) -> Image.Image:
    """At most as wide as a letter needs, and upright. Made small first: it is less to turn."""
    orientation = _orientation(image)
    endless = max(image.size)
    box = (endless, WIDEST_PX) if orientation in _ON_THEIR_SIDE else (WIDEST_PX, endless)
    profile = image.info.get("icc_profile")
    # Palettes cannot be made smaller but by leaving pixels out.
    image = _with_full_colours(image)
    image.thumbnail(box, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if profile:
        image.info["icc_profile"] = profile
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _with_full_colours(image: Image.Image) -> Image.Image:
    if image.has_transparency_data or image.mode in ("LA", "La", "PA", "RGBa"):
        return image.convert("RGBA")
    if image.mode in ("P", "1"):
        return image.convert("RGB")
    if image.mode.startswith("I;16"):
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return image


def _flat(image: Image.Image) -> Image.Image:
    """In sRGB, on the letter's paper where it is clear, and with nothing written into it."""
    flat = Image.new("RGB", image.size, PAPER)
    clear = image.getchannel("A") if image.mode == "RGBA" else None
    flat.paste(_in_srgb(image), mask=clear)
    return flat


def _in_srgb(image: Image.Image) -> Image.Image:
    """By the picture's own profile: phones take wider colours than mail programs expect."""
    profile = image.info.get("icc_profile")
    colours = image.convert("RGB") if image.mode == "RGBA" else image
    if not profile:
        return colours.convert("RGB")
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        done = ImageCms.profileToProfile(colours, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return colours.convert("RGB")
    return done if done is not None else colours.convert("RGB")


def _encoded(image: Image.Image) -> Copy | NoCopy:
    for smaller in _sizes(image):
        for quality in _QUALITIES:
            file = io.BytesIO()
            smaller.save(file, "JPEG", quality=quality, optimize=True)
            if file.tell() <= HEAVIEST_BYTES:
                return Copy(jpeg=file.getvalue(), width=smaller.width, height=smaller.height)
    return NoCopy(problem="it is too full of detail to be made light enough for a letter")


def _sizes(image: Image.Image) -> Iterator[Image.Image]:
    yield image
    for width in _WIDTHS:
        if width < image.width:
            yield image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)


def _too_many_pixels() -> str:
    return f"it has more than {MOST_PIXELS // 1_000_000} million pixels"


def _unknown(received: bytes) -> str:
    """What the file is instead of a picture we can read, as far as its beginning tells."""
    start = received[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if received[4:8] == b"ftyp" and received[8:12] in _HEIC:
        return "it is a HEIC file, as iPhones make them; save it as JPEG on the blog"
    if b"<svg" in start:
        return "it is a drawing (SVG), which mail programs do not show; save it as PNG on the blog"
    if start.startswith((b"<!doctype html", b"<html")):
        return "its address leads to a page, not to a picture"
    return "it is not in a format we can read; JPEG and PNG always work"
