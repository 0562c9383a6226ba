"""The sample blog's four pictures, drawn: python scripts/draw_pictures.py

Flat shapes in the letter's own colours, softened a little: nobody's photograph, nobody's rights.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

FOLDER = Path(__file__).resolve().parent.parent / "pipeline" / "demo" / "blog" / "pictures"
FINER = 2  # drawn so many times larger, so that edges come out smooth

Box = tuple[float, float, float, float]


class Sheet:
    """A picture being drawn, in px of the finished one."""

    def __init__(self, width: int, height: int, ground: str) -> None:
        self.size = (width, height)
        self.image = Image.new("RGB", (width * FINER, height * FINER), ground)

    def box(self, at: Box, fill: str, round_by: float = 0) -> None:
        x0, y0, x1, y1 = (side * FINER for side in at)
        ImageDraw.Draw(self.image).rounded_rectangle((x0, y0, x1, y1), round_by * FINER, fill)

    def shape(self, points: list[tuple[float, float]], fill: str) -> None:
        ImageDraw.Draw(self.image).polygon([(x * FINER, y * FINER) for x, y in points], fill)

    def oval(self, at: Box, fill: str) -> None:
        ImageDraw.Draw(self.image).ellipse([side * FINER for side in at], fill)

    def line(self, points: list[tuple[float, float]], fill: str, width: float) -> None:
        scaled = [(x * FINER, y * FINER) for x, y in points]
        ImageDraw.Draw(self.image).line(scaled, fill, round(width * FINER), joint="curve")

    def glow(self, x: float, y: float, radius: float, colour: tuple[int, int, int]) -> None:
        """Light that falls off around a place."""
        light = Image.new("L", self.image.size, 0)
        at = [side * FINER for side in (x - radius, y - radius, x + radius, y + radius)]
        ImageDraw.Draw(light).ellipse(at, fill=120)
        light = light.resize((self.size[0] // 4, self.size[1] // 4))
        light = light.filter(ImageFilter.GaussianBlur(radius / 9)).resize(self.image.size)
        shine = Image.composite(Image.new("RGB", self.image.size, colour), self.image, light)
        self.image = ImageChops.lighter(self.image, shine)

    def window_tree(self, at: Box, x: float, length: float, colour: str) -> None:
        """A tree seen through a window: no branch of it reaches into the room."""
        x0, y0, x1, y1 = (round(side * FINER) for side in at)
        room = self.image.copy()
        self.tree(x, at[3], length, -0.04, colour)
        room.paste(self.image.crop((x0, y0, x1, y1)), (x0, y0))
        self.image = room

    def tree(self, x: float, y: float, length: float, lean: float, colour: str, depth: int = 7) -> None:
        """A bare tree: each branch ends in two."""
        top = (x + length * math.sin(lean), y - length * math.cos(lean))
        self.line([(x, y), top], colour, max(1.2, depth * depth * 0.34))
        if depth > 1:
            for turn, shorter in ((-0.42, 0.74), (0.34, 0.79)):
                self.tree(*top, length * shorter, lean + turn + 0.05 * (depth % 3 - 1), colour, depth - 1)

    def save(self, name: str) -> None:
        whole = self.image.resize(self.size, Image.Resampling.LANCZOS)
        whole.filter(ImageFilter.GaussianBlur(0.6)).save(FOLDER / name, "JPEG", quality=78, optimize=True)


def lamp() -> Sheet:
    sheet = Sheet(1200, 800, "#8A7F6E")
    sheet.box((0, 0, 1200, 800), "#857A69")
    sheet.box((560, 60, 1090, 570), "#A79C88")  # the window's frame
    sheet.box((584, 84, 1066, 546), "#47525A")
    for row in range(23):
        sheet.box(
            (584, 84 + row * 20, 1066, 104 + row * 20), f"#{60 + row * 3:02X}{72 + row * 3:02X}{84 + row:02X}"
        )
    sheet.window_tree((584, 84, 1066, 546), 905, 118, "#2C3236")
    sheet.box((815, 84, 835, 546), "#A79C88")
    sheet.box((584, 300, 1066, 316), "#A79C88")
    sheet.box((535, 562, 1115, 588), "#B9AE99")
    sheet.box((0, 640, 1200, 800), "#5C4A39")  # the table
    sheet.box((0, 640, 1200, 650), "#7A644E")
    sheet.glow(330, 400, 420, (255, 222, 160))
    sheet.box((318, 420, 342, 610), "#6E5B45", 8)
    sheet.oval((250, 592, 410, 656), "#6E5B45")
    sheet.shape([(250, 250), (410, 250), (482, 440), (178, 440)], "#EAD3A0")
    sheet.shape([(262, 262), (398, 262), (420, 330), (240, 330)], "#F3E2B8")
    sheet.box((540, 602, 640, 668), "#9DB29B", 12)  # a cup
    sheet.oval((540, 592, 640, 616), "#7E957D")
    sheet.line([(640, 620), (664, 626), (660, 648), (638, 652)], "#9DB29B", 9)
    return sheet


def stairs() -> Sheet:
    sheet = Sheet(1200, 800, "#CFC4B0")
    sheet.shape([(0, 0), (390, 120), (390, 520), (0, 800)], "#BBAF99")
    sheet.shape([(1200, 0), (810, 120), (810, 520), (1200, 800)], "#AFA38D")
    sheet.shape([(0, 0), (1200, 0), (810, 120), (390, 120)], "#DDD3C1")
    sheet.box((390, 120, 810, 380), "#EFE3C4")
    sheet.glow(600, 210, 260, (255, 243, 214))
    steps = 14
    for step in range(steps):
        near, far = 1 - step / steps, 1 - (step + 1) / steps
        low, high = 340 + 460 * near**1.35, 340 + 460 * far**1.35
        wide, narrow = 150 + 330 * near**1.2, 150 + 330 * far**1.2
        edge = (low + high) / 2
        for part, riser, tread in (
            (1, "#8F7C63", "#A6937A"),
            (0.62, "#4F6350", "#6B8069"),
        ):  # the carpet last
            w, n = wide * part, narrow * part
            sheet.shape([(600 - w, low), (600 + w, low), (600 + w, edge), (600 - w, edge)], riser)
            sheet.shape([(600 - w, edge), (600 + w, edge), (600 + n, high), (600 - n, high)], tread)
    sheet.line([(86, 560), (430, 250)], "#6B5843", 16)
    return sheet


def chairs() -> Sheet:
    sheet = Sheet(1200, 900, "#D9CFBD")
    sheet.box((0, 640, 1200, 900), "#A8906F")
    sheet.box((0, 632, 1200, 650), "#EDE5D6")
    sheet.box((430, 70, 790, 520), "#EFE8DA")
    sheet.box((452, 92, 768, 498), "#C9D6D2")
    sheet.glow(610, 250, 200, (238, 244, 236))
    sheet.window_tree((452, 92, 768, 498), 690, 96, "#7C8A72")
    sheet.box((604, 92, 616, 498), "#EFE8DA")
    sheet.oval((90, 760, 1110, 890), "#97816A")
    for side, colour, shade in ((1, "#7F9480", "#6A7F6C"), (-1, "#B08A6E", "#99755B")):
        at = [(600 - side * (600 - x), y) for x, y in ((170, 400), (330, 372), (372, 640), (196, 690))]
        sheet.shape(at, shade)
        seat = [(600 - side * (600 - x), y) for x, y in ((196, 620), (470, 600), (486, 690), (220, 730))]
        sheet.shape(seat, colour)
        front = [(600 - side * (600 - x), y) for x, y in ((220, 730), (486, 690), (486, 770), (226, 820))]
        sheet.shape(front, shade)
        arm = [(600 - side * (600 - x), y) for x, y in ((150, 560), (250, 548), (268, 800), (172, 812))]
        sheet.shape(arm, colour)
        for x, y in ((190, 812), (470, 768)):
            foot = 600 - side * (600 - x)
            sheet.box((foot - 9, y, foot + 9, y + 44), "#5C4A39")
    blanket = [(928, 540), (1052, 552), (1036, 720), (934, 706)]
    sheet.shape(blanket, "#E7D9B8")
    for row in range(4):
        sheet.line([(930, 575 + row * 36), (1046, 587 + row * 36)], "#C9A98A", 6)
    return sheet


def kettle() -> Sheet:
    sheet = Sheet(1200, 800, "#C7CFC4")
    for x in range(0, 1200, 150):
        for y in range(0, 560, 112):
            sheet.box((x + 3, y + 3, x + 147, y + 109), "#D3DACF", 4)
    sheet.box((0, 560, 1200, 800), "#8A735A")
    sheet.box((0, 560, 1200, 574), "#A48C70")
    sheet.glow(250, 120, 300, (240, 243, 232))
    sheet.line([(440, 330), (470, 190), (600, 150), (730, 190), (760, 330)], "#4A443D", 20)
    sheet.shape([(780, 470), (900, 330), (930, 348), (800, 560)], "#5F7A78")
    sheet.shape([(440, 340), (760, 340), (830, 620), (370, 620)], "#6F8C89")
    sheet.shape([(470, 352), (540, 352), (500, 608), (410, 608)], "#8AA5A1")
    sheet.oval((430, 310, 770, 370), "#5F7A78")
    sheet.oval((572, 282, 628, 326), "#4A443D")
    sheet.oval((360, 596, 840, 644), "#5F7A78")
    for x, colour in ((170, "#B08A6E"), (960, "#E3D8C6")):
        sheet.box((x, 560, x + 120, 650), colour, 14)
        sheet.oval((x, 548, x + 120, 574), "#6B5843")
    return sheet


PICTURES: dict[str, Callable[[], Sheet]] = {
    "lamp": lamp,
    "stairs": stairs,
    "chairs": chairs,
    "kettle": kettle,
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        draw().save(f"{name}.jpg")
        print(f"{name}.jpg: {(FOLDER / f'{name}.jpg').stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
