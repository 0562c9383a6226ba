"""The posts in memory keep the contract of the posts in the store."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from pipeline.store import SqlStore
from tests.fakes import MemoryPosts
from tests.store_contract import StoreContract

NAMES = (
    "test_a_feed_never_tried_is_a_fresh_state",
    "test_feed_and_posts_read_back_exactly",
    "test_a_commit_replaces_what_changed",
    "test_posts_are_found_by_the_date_that_counts",
    "test_an_empty_store_has_no_newest_post",
    "test_late_posts_came_after_the_moment_and_not_as_backlog",
    "test_names_are_kept_by_scope_and_never_twice",
    "test_the_posts_of_other_feeds_are_told_apart",
    "test_held_posts_wait_until_somebody_decides",
    "test_a_dropped_post_stays_dropped_whatever_its_feed_says",
    "test_a_released_post_comes_too_late_like_a_new_one",
    "test_what_was_said_of_a_post_can_be_unsaid",
    "test_the_newest_post_is_one_that_may_be_told_of",
)


@pytest.mark.parametrize("name", NAMES)
def test_memory_does_as_the_store_does(name: str) -> None:
    store = cast(SqlStore, SimpleNamespace(posts=MemoryPosts()))
    getattr(StoreContract(), name)(store)
