"""What every store keeps of pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipeline.errors import StoreError
from pipeline.store import SqlStore
from tests.contracts import ISSUE, NOW, a_letter, freeze
from tests.pictures import a_copy, failed, kept

SOURCE = "https://practice.example.org/kettle.jpg"


class PictureContract:
    """Subclass it and give a fixture `store` that is empty."""

    @pytest.fixture
    def store(self) -> Iterator[SqlStore]:
        raise NotImplementedError

    def test_a_picture_reads_back_exactly(self, store: SqlStore) -> None:
        picture = kept("p1", SOURCE)
        store.pictures.keep(picture, a_copy().jpeg)
        store.pictures.keep(failed("p2", SOURCE), b"")
        store.pictures.keep(kept("p3", SOURCE), a_copy().jpeg)
        assert store.pictures.kept(["p1", "p2"]) == (picture, failed("p2", SOURCE))
        assert store.pictures.kept([]) == ()
        assert store.pictures.jpeg(picture.sha256) == a_copy().jpeg

    def test_a_copy_takes_the_place_of_a_failure_and_of_nothing_else(self, store: SqlStore) -> None:
        store.pictures.keep(failed("p1", SOURCE), b"")
        later = dataclasses.replace(failed("p1", SOURCE, "it is gone"), fetched_at=NOW + timedelta(days=1))
        store.pictures.keep(later, b"")
        assert store.pictures.kept(["p1"]) == (later,)
        picture = kept("p1", SOURCE)
        store.pictures.keep(picture, a_copy().jpeg)
        store.pictures.keep(kept("p1", SOURCE, a_copy(800, 600)), a_copy(800, 600).jpeg)
        store.pictures.keep(later, b"")
        assert store.pictures.kept(["p1"]) == (picture,)
        assert store.pictures.jpeg(picture.sha256) == a_copy().jpeg

    def test_a_picture_that_is_not_there_is_an_error(self, store: SqlStore) -> None:
        with pytest.raises(StoreError, match="not there"):
            store.pictures.jpeg("0" * 64)

    def test_bytes_that_are_not_those_of_the_hash_are_an_error(self, store: SqlStore) -> None:
        picture = kept("p1", SOURCE)
        store.pictures.keep(picture, a_copy().jpeg + b"!")
        with pytest.raises(StoreError, match="not there as it was"):
            store.pictures.jpeg(picture.sha256)

    def test_a_letter_frozen_before_there_were_pictures_has_none(self, store: SqlStore) -> None:
        freeze(store, 1)
        with store.database.writing() as connection:
            connection.exec_driver_sql(
                "UPDATE issue SET letter = json_remove(letter, '$.pictures'),"
                " draft = json_remove(draft, '$.descriptions'),"
                " choices = json_remove(choices, '$.descriptions')"
            )
        assert store.ledger.letter(ISSUE) == a_letter()
        record = store.issues.get(ISSUE)
        assert record is not None
        assert record.choices.descriptions == ()
