"""An issue becomes one HTML and one text body, with placeholders for what differs by reader.

The steps, each in the module of its name: `view` lays the issue out in pieces, `templates`
sets them as HTML (`html`) and as text (`text`), `verbatim` proves that every word shown as
the author's is hers, `message` fills in one reader.
"""

from pipeline.render.letter import render

__all__ = ["render"]
