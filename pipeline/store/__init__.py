"""All that is remembered: posts, issues, readers, and who was sent what."""

from __future__ import annotations

from pipeline.store.sql import SqlStore, open_store

__all__ = ["SqlStore", "open_store"]
