"""Pictures: our own copies, found again by post or by hash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from pipeline.errors import StoreError
from pipeline.model import KeptPicture
from pipeline.store.database import Database
from pipeline.store.tables import picture

_KEPT = tuple(picture.c[field.name] for field in fields(KeptPicture))  # all but the bytes


class SqlPictures:
    """`ports.Pictures` on SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def kept(self, posts: Sequence[str]) -> tuple[KeptPicture, ...]:
        statement = select(*_KEPT).where(picture.c.post.in_(posts)).order_by(picture.c.post, picture.c.source)
        with self._database.reading() as connection:
            return tuple(KeptPicture(**row._mapping) for row in connection.execute(statement))

    def keep(self, picture_: KeptPicture, jpeg: bytes) -> None:
        row = {field.name: getattr(picture_, field.name) for field in fields(KeptPicture)} | {"jpeg": jpeg}
        with self._database.writing() as connection:
            # What a letter may be frozen with stays as it is; only a failure makes room.
            connection.execute(
                insert(picture)
                .values(row)
                .on_conflict_do_update(
                    index_elements=["post", "source"], set_=row, where=picture.c.sha256 == ""
                )
            )

    def jpeg(self, sha256: str) -> bytes:
        statement = select(picture.c.jpeg).where(picture.c.sha256 == sha256).limit(1)
        with self._database.reading() as connection:
            found: bytes | None = connection.execute(statement).scalar_one_or_none()
        if found is None or hashlib.sha256(found).hexdigest() != sha256:
            raise StoreError(
                f"{self._database.path.name}: a picture of the letter is not there as it was",
                hint="bring back the newest copy of the database",
            )
        return found
