"""The author's portrait: our own small round copy, beside her name.

The corners are cut in the picture itself, on the colour that is behind it, since Outlook rounds
nothing. Imported only where one is made for its Pillow; `shown_portrait` needs none.
"""

from __future__ import annotations

import io

from pipeline.model import Copy, KeptPicture
from pipeline.render.inline import in_letter
from pipeline.render.look import HAND, PAPER, rgb
from pipeline.render.view import Shown

SHOWN_PX = 84
_COPY_PX = 2 * SHOWN_PX  # for fine screens
_FINER = 4  # the edge is drawn larger and made smaller, so that it is smooth
_ABOVE = 0.4  # of what is cut from a tall picture, so much above: faces are in the upper part


def shown_portrait(portrait: KeptPicture) -> Shown:
    return Shown(cid=in_letter(portrait).cid, width=SHOWN_PX, height=SHOWN_PX)


def ground_of(style: str) -> str:
    """The colour behind the portrait in the letter's voice."""
    return HAND if style == "plain" else PAPER


def round_copy(picture: Copy, ground: str) -> Copy:
    """The picture's middle as a disc on the ground. The same picture gives the same bytes."""
    from PIL import Image, ImageDraw, ImageOps

    with Image.open(io.BytesIO(picture.jpeg), formats=["JPEG"]) as opened:
        square = ImageOps.fit(
            opened.convert("RGB"), (_COPY_PX, _COPY_PX), Image.Resampling.LANCZOS, centering=(0.5, _ABOVE)
        )
    fine = Image.new("L", (_COPY_PX * _FINER, _COPY_PX * _FINER), 0)
    ImageDraw.Draw(fine).ellipse((0, 0, fine.width - 1, fine.height - 1), fill=255)
    disc = Image.new("RGB", square.size, rgb(ground))
    disc.paste(square, mask=fine.resize(square.size, Image.Resampling.LANCZOS))
    file = io.BytesIO()
    # Full colour detail: at the disc's edge, half of it would show as a coloured seam.
    disc.save(file, "JPEG", quality=88, subsampling=0, optimize=True)
    return Copy(jpeg=file.getvalue(), width=_COPY_PX, height=_COPY_PX)
