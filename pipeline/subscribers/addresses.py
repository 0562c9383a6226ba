"""Addresses and names as they are kept."""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

LONGEST_NAME = 80
_LONGEST_ADDRESS = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets
# C0, C1, lone surrogates, and what turns the direction of the text around it.
_NOT_IN_A_NAME = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)


def normalise(raw: str) -> str:
    """The address in the one form in which two of the same are equal: lower case, ASCII domain.

    Raises ValueError with a reason that does not hold the address. Nothing is asked of the network.
    """
    address = unicodedata.normalize("NFC", raw.strip())
    reason = _plainly_wrong(address)
    if reason:
        raise ValueError(reason)
    try:
        valid = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        # Its message quotes parts of the address.
        raise ValueError("not a mail address") from None
    return f"{valid.ascii_local_part}@{valid.ascii_domain}".lower()


def clean_name(raw: str) -> str:
    """The name on one line, at most 80 characters; "" where there is none."""
    one_line = " ".join(_NOT_IN_A_NAME.sub(" ", unicodedata.normalize("NFC", raw)).split())
    return one_line[:LONGEST_NAME].rstrip()


def _plainly_wrong(address: str) -> str:
    """The commonest slips, each with its own words; "" where none is seen."""
    if not address:
        return "the address is empty"
    if len(address) > _LONGEST_ADDRESS:
        return "the address is too long"
    if "@" not in address:
        return "there is no @ in the address"
    if address.count("@") > 1 or "," in address or ";" in address:
        return "this is more than one address"
    if any(character.isspace() for character in address):
        return "there is a space in the address"
    if not address.rpartition("@")[0].isascii():
        return "letters with accents before the @ cannot be mailed everywhere"
    return ""
