"""The SQLite store keeps the contract of a store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.store import SqlStore
from tests.contracts import a_store
from tests.picture_contract import PictureContract
from tests.store_contract import StoreContract


class TestSqlite(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SqlStore]:
        with a_store(tmp_path) as store:
            yield store


class TestSqlitePictures(PictureContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SqlStore]:
        with a_store(tmp_path) as store:
            yield store
