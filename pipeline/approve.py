"""What a yes is given to: the fingerprint of a letter and the number of its readers."""

from __future__ import annotations

import hashlib
import json

from pipeline.model import Letter


def fingerprint(letter: Letter, readers: int) -> str:
    """SHA-256 (hex) of all a reader gets and of how many get it; any change changes it."""
    whole = [
        letter.issue,
        letter.subject,
        letter.preheader,
        letter.html,
        letter.text,
        letter.sender.name,
        letter.sender.address,
        letter.sender.reply_to,
        readers,
        *(picture.sha256 for picture in letter.pictures),
    ]
    return hashlib.sha256(json.dumps(whole, ensure_ascii=False).encode()).hexdigest()
