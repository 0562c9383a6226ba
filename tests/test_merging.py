"""One body for many readers: whose words may share it, and by which names the rest is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from pipeline.deliver.merging import Shared, calls, line, runs
from pipeline.model import Message, Stencil
from tests.contracts import a_message

NONE: frozenset[str] = frozenset()


def test_letters_of_the_same_words_share_a_call_though_made_apart() -> None:
    one, same, other = a_message(1), a_message(2), a_message(3, text="Another")
    assert list(runs([one, same, other, one])) == [(one, same), (other,), (one,)]
    assert list(runs([])) == []


@pytest.mark.parametrize("field", ["subject", "html", "text", "tag"])
def test_whatever_differs_parts_them(field: str) -> None:
    assert len(list(runs([a_message(1), a_message(2, **{field: "Another"})]))) == 2


def test_a_reader_is_given_what_the_letter_has_blanks_for_and_her_key() -> None:
    message = a_message(7)
    shared = Shared(message, without=NONE)
    assert shared.blanks == ("key", "leave", "name", "name_html")
    assert shared.values(message) == {shared.name(blank): message.values[blank] for blank in shared.blanks}


def test_the_same_letter_has_the_same_names_and_another_has_others() -> None:
    first, again, other = (
        Shared(message, without=NONE) for message in (a_message(1), a_message(2), a_message(1, subject="x"))
    )
    assert first.name("key") == again.name("key") != other.name("key")


def test_a_letter_that_holds_its_own_names_gets_others(monkeypatch: pytest.MonkeyPatch) -> None:
    class Digest:
        def __init__(self, words: bytes) -> None:
            self.hexdigest = lambda: "00000000" if words.startswith((b"0", b"1")) else "0000000f"

    monkeypatch.setattr("pipeline.deliver.merging.hashlib.sha256", Digest)
    assert Shared(a_message(1, text="w00000000"), without=NONE).name("key") == "w0000000f0"


def test_a_blank_is_never_asked_of_a_reader_who_has_none() -> None:
    bare = Message(key="k", to="a@example.org", to_name="", common=a_message(1).common)
    with pytest.raises(KeyError):
        Shared(bare, without=NONE).values(bare)


def test_headers_of_the_provider_s_own_are_left_out_and_all_others_are_one_line() -> None:
    pieces = ("a\r\nBcc: b <", "leave", ">\r\nBcc: c ", "key", "\u2028d")
    headers = (("Date", "x"), ("X-Note", Stencil(pieces=pieces)))
    shared = Shared(a_message(1, headers=headers), without=frozenset({"date"}))
    cleaned = Stencil(pieces=("a Bcc: b <", "leave", "> Bcc: c ", "key", " d"))
    assert shared.headers == (("X-Note", cleaned),)


def test_no_call_is_heavier_than_the_limit_with_the_letter_that_its_readers_share() -> None:
    shared = b"the letter, " * 50

    def around(first: Message) -> tuple[Callable[[Message], bytes], Callable[[Sequence[bytes]], bytes]]:
        return (lambda message: message.to.encode()), (lambda parts: shared + b",".join(parts))

    first = a_message(1)
    messages = [replace(own, common=first.common) for own in (a_message(number) for number in range(1, 10))]
    room = 4 * len(b"reader1@example.org,")
    made = list(calls(messages, most=500, most_bytes=len(shared) + room, around=around))
    assert [len(parcel.envelopes) for parcel in made] == [4, 4, 1]
    assert all(len(parcel.body) <= len(shared) + room for parcel in made)
    # Where even one reader does not fit, the provider says so.
    alone = list(calls(messages, most=500, most_bytes=10, around=around))
    assert [len(parcel.envelopes) for parcel in alone] == [1] * 9


def test_a_header_that_must_not_be_set_is_a_bug_of_ours() -> None:
    with pytest.raises(ValueError, match="must not set"):
        Shared(a_message(1, headers=(("Bcc", "x"),)), without=NONE)


def test_what_would_be_read_as_an_encoded_word_is_none() -> None:
    assert line("a\r\n =?utf-8?q?b?=") == "a =\u2060?utf-8?q?b?="
