"""Makers of pictures: real files, and our copies of them as the store would give them."""

from __future__ import annotations

import hashlib
import io
import random
from functools import cache

from PIL import Image

from pipeline.model import Attachment, Copy, KeptPicture, Letter
from pipeline.render.pictures import own_copy
from tests.contracts import NOW

ORIENTATION = 0x0112
SKY, EARTH = (120, 160, 200), (90, 70, 50)


def landscape(width: int = 1600, height: int = 1000, mode: str = "RGB") -> Image.Image:
    """Sky above, earth below: it can be seen which way is up."""
    image = Image.new("RGB", (width, height), SKY)
    image.paste(EARTH, (0, height // 2, width, height))
    return image.convert(mode)


def noise(width: int, height: int) -> Image.Image:
    """The hardest picture to make small."""
    return Image.frombytes("RGB", (width, height), random.Random(1).randbytes(width * height * 3))


def file_of(image: Image.Image, kind: str = "JPEG", **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def turned(orientation: int, image: Image.Image) -> bytes:
    """A JPEG that says it was taken with the camera held so."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "A camera"
    return file_of(image, exif=exif)


def opened(jpeg: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(jpeg))
    image.load()
    return image


@cache
def a_copy(width: int = 1600, height: int = 1000) -> Copy:
    made = own_copy(file_of(landscape(width, height)))
    assert isinstance(made, Copy)
    return made


def kept(post: str, source: str, copy: Copy | None = None) -> KeptPicture:
    copy = copy or a_copy()
    return KeptPicture(
        post=post,
        source=source,
        sha256=hashlib.sha256(copy.jpeg).hexdigest(),
        size=len(copy.jpeg),
        width=copy.width,
        height=copy.height,
        fetched_at=NOW,
    )


def failed(post: str, source: str, problem: str = "it is not in a format we can read") -> KeptPicture:
    return KeptPicture(post=post, source=source, problem=problem, fetched_at=NOW)


def travelling(letter: Letter) -> tuple[Attachment, ...]:
    """The letter's pictures as attachments; each is a stand-in where only its name matters."""
    return tuple(
        Attachment(cid=one.cid, name=f"{one.sha256[:12]}.jpg", media_type="image/jpeg", content=a_copy().jpeg)
        for one in letter.pictures
    )
