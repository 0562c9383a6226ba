"""What every store does, whatever holds it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from pipeline.errors import NotAllowed
from pipeline.model import (
    Alias,
    Approval,
    Choices,
    FeedOutcome,
    FeedState,
    IssueState,
    NewReader,
    Post,
    SubscriberState,
    Validators,
)
from pipeline.store import SqlStore
from tests.contracts import (
    FEED,
    ISSUE,
    NOW,
    a_draft,
    a_post,
    address,
    freeze,
    leave,
    some_readers,
)


class StoreContract:
    """Every store: subclass it and give a fixture `store` that is empty."""

    @pytest.fixture
    def store(self) -> Iterator[SqlStore]:
        raise NotImplementedError

    # --- posts

    def test_a_feed_never_tried_is_a_fresh_state(self, store: SqlStore) -> None:
        assert store.posts.feed(FEED) == FeedState(url=FEED)
        assert store.posts.feeds() == ()

    def test_feed_and_posts_read_back_exactly(self, store: SqlStore) -> None:
        state = FeedState(
            url=FEED,
            title="Blog",
            validators=Validators(etag='W/"x"', last_modified="Tue, 03 Nov 2026 09:00:00 GMT"),
            body_sha256="a" * 64,
            last_try=NOW,
            last_success=NOW - timedelta(microseconds=1),
            outcome=FeedOutcome.CHANGED,
            message="fine",
            failures=2,
            retry_at=NOW + timedelta(hours=1),
            moved_to="https://new.example.org/feed",
            moved_since=NOW,
        )
        posts = (a_post(1), a_post(2, published=None, backlog=True, summary_only=True))
        store.posts.commit(state, posts)
        assert store.posts.feed(FEED) == state
        assert store.posts.feeds() == (state,)
        assert store.posts.known(FEED) == posts
        assert store.posts.get(posts[1].id) == posts[1]
        assert store.posts.get("nothing") is None
        assert store.posts.known("another") == ()

    def test_a_commit_replaces_what_changed(self, store: SqlStore) -> None:
        store.posts.commit(FeedState(url=FEED, failures=1), [a_post(1)])
        newer = a_post(1, title="Better", changed_at=NOW + timedelta(days=1))
        store.posts.commit(FeedState(url=FEED), [newer])
        assert store.posts.known(FEED) == (newer,)
        assert store.posts.feed(FEED).failures == 0

    def test_posts_are_found_by_the_date_that_counts(self, store: SqlStore) -> None:
        day = timedelta(days=1)
        first = a_post(1, published=NOW)
        undated = a_post(2, published=None, first_seen=NOW + day)
        last = a_post(3, published=NOW + 2 * day)
        store.posts.commit(FeedState(url=FEED), [last, undated, first])
        assert store.posts.dated_between(NOW, NOW + 2 * day) == (first, undated)
        assert store.posts.newest() == last

    def test_an_empty_store_has_no_newest_post(self, store: SqlStore) -> None:
        assert store.posts.newest() is None

    def test_late_posts_came_after_the_moment_and_not_as_backlog(self, store: SqlStore) -> None:
        hour = timedelta(hours=1)
        old = NOW - timedelta(days=40)
        late = a_post(1, published=old, first_seen=NOW + hour)
        backlog = a_post(2, published=old, first_seen=NOW + hour, backlog=True)
        early = a_post(3, published=old, first_seen=NOW)
        current = a_post(4, published=NOW, first_seen=NOW + hour)
        store.posts.commit(FeedState(url=FEED), [late, backlog, early, current])
        assert store.posts.late(seen_after=NOW, before=NOW) == (late,)

    def test_names_are_kept_by_scope_and_never_twice(self, store: SqlStore) -> None:
        here = Alias(scope=FEED, name="guid 1", post="p1")
        everywhere = Alias(scope="", name="link example.org/1", post="p1")
        both = Alias(scope="", name="link example.org/1", post="p2")
        store.posts.commit(FeedState(url=FEED), (), (here, everywhere))
        store.posts.commit(FeedState(url=FEED), (), (both, here))
        assert store.posts.aliases(FEED) == (everywhere, both, here)
        assert store.posts.aliases("another") == (everywhere, both)

    def test_the_posts_of_other_feeds_are_told_apart(self, store: SqlStore) -> None:
        other = a_post(2, feed="https://other.example.org/feed")
        store.posts.commit(FeedState(url=FEED), [a_post(1), other])
        assert store.posts.others(FEED) == (other,)
        assert store.posts.known(FEED) == (a_post(1),)

    def test_held_posts_wait_until_somebody_decides(self, store: SqlStore) -> None:
        waiting = [a_post(number, held="it looks odd") for number in (1, 2)]
        gone = a_post(3, held="it looks odd", withdrawn=True)
        store.posts.commit(FeedState(url=FEED), [*waiting, gone, a_post(4)])
        assert store.posts.held() == tuple(waiting)
        store.posts.release(waiting[0].id, NOW)
        store.posts.drop(waiting[1].id)
        store.posts.drop("none such")
        assert store.posts.held() == ()
        assert store.posts.get(waiting[0].id) == dataclasses.replace(waiting[0], held="", released_at=NOW)
        assert store.posts.get(waiting[1].id) == dataclasses.replace(waiting[1], dropped=True)

    def test_a_dropped_post_stays_dropped_whatever_its_feed_says(self, store: SqlStore) -> None:
        store.posts.commit(FeedState(url=FEED), [a_post(1)])
        store.posts.drop(a_post(1).id)
        store.posts.commit(FeedState(url=FEED), [a_post(1, title="Better")])
        assert store.posts.known(FEED) == (a_post(1, title="Better", dropped=True),)

    def test_a_released_post_comes_too_late_like_a_new_one(self, store: SqlStore) -> None:
        old = a_post(1, published=NOW - timedelta(days=40), held="it looks odd", backlog=True)
        store.posts.commit(FeedState(url=FEED), [old])
        assert store.posts.late(seen_after=NOW, before=NOW) == ()
        store.posts.release(old.id, NOW + timedelta(hours=1))
        assert [post.id for post in store.posts.late(seen_after=NOW, before=NOW)] == [old.id]

    def test_what_was_said_of_a_post_can_be_unsaid(self, store: SqlStore) -> None:
        first, other = a_post(1, held="it looks like a test"), a_post(2)
        store.posts.commit(FeedState(url=FEED), [first, other])
        steps: tuple[tuple[Post, Callable[[], None]], ...] = (
            (first, lambda: store.posts.release(first.id, NOW + timedelta(hours=1))),
            (first, lambda: store.posts.drop(first.id)),
            (other, lambda: store.posts.correct(other.id, ISSUE, NOW + timedelta(hours=1))),
        )
        for post, say in steps:
            say()
            assert store.posts.get(post.id) != post
            store.posts.undecide(post)
            assert store.posts.get(post.id) == post

    def test_the_newest_post_is_one_that_may_be_told_of(self, store: SqlStore) -> None:
        held = a_post(5, held="it looks odd")
        store.posts.commit(FeedState(url=FEED), [a_post(1), held, a_post(6, withdrawn=True)])
        assert store.posts.newest() == a_post(1)

    def test_mailed_posts_are_those_of_other_issues(self, store: SqlStore) -> None:
        freeze(store, 1, issue="2026-10", posts=["a", "b"])
        assert store.posts.mailed(except_issue="2026-11") == {"a", "b"}
        assert store.posts.mailed(except_issue="2026-10") == frozenset()

    # --- issues

    def test_choices_make_an_issue_and_stay(self, store: SqlStore) -> None:
        choices = Choices(lead="p1", quote="", note="hello\n", leave_out=("p2", "p3"))
        store.issues.save_choices(ISSUE, choices)
        store.issues.save_draft(ISSUE, a_draft(), NOW)
        record = store.issues.get(ISSUE)
        assert record is not None
        assert (record.choices, record.draft, record.state) == (choices, a_draft(), IssueState.DRAFT)
        assert record.composed_at == NOW

    def test_issues_are_listed_newest_first(self, store: SqlStore) -> None:
        for name in ("2026-09", "2026-11", "2026-10"):
            store.issues.save_choices(name, Choices())
        assert [record.name for record in store.issues.all()] == ["2026-11", "2026-10", "2026-09"]
        assert store.issues.get("2020-01") is None

    def test_an_approval_is_kept_and_taken_back(self, store: SqlStore) -> None:
        approval = Approval(fingerprint="f" * 64, readers=2, at=NOW)
        store.issues.save_draft(ISSUE, a_draft(), NOW)
        store.issues.approve(ISSUE, approval)
        record = store.issues.get(ISSUE)
        assert record is not None
        assert (record.state, record.approval) == (IssueState.APPROVED, approval)
        store.issues.unapprove(ISSUE)
        record = store.issues.get(ISSUE)
        assert record is not None
        assert (record.state, record.approval) == (IssueState.DRAFT, None)

    @pytest.mark.parametrize("change", ["draft", "choices"])
    def test_any_change_voids_the_yes(self, store: SqlStore, change: str) -> None:
        store.issues.save_draft(ISSUE, a_draft(), NOW)
        store.issues.approve(ISSUE, Approval(fingerprint="f" * 64, readers=2, at=NOW))
        if change == "draft":
            store.issues.save_draft(ISSUE, a_draft(), NOW)
        else:
            store.issues.save_choices(ISSUE, Choices(subject="other"))
        record = store.issues.get(ISSUE)
        assert record is not None
        assert (record.state, record.approval) == (IssueState.DRAFT, None)

    def test_the_same_choices_again_change_nothing(self, store: SqlStore) -> None:
        store.issues.save_draft(ISSUE, a_draft(), NOW)
        store.issues.approve(ISSUE, Approval(fingerprint="f" * 64, readers=2, at=NOW))
        store.issues.save_choices(ISSUE, Choices())
        record = store.issues.get(ISSUE)
        assert record is not None
        assert record.state is IssueState.APPROVED

    def test_nothing_is_approved_that_is_not_there(self, store: SqlStore) -> None:
        approval = Approval(fingerprint="f" * 64, readers=2, at=NOW)
        with pytest.raises(NotAllowed, match="does not exist"):
            store.issues.approve(ISSUE, approval)
        store.issues.save_choices(ISSUE, Choices())
        with pytest.raises(NotAllowed, match="no letter"):
            store.issues.approve(ISSUE, approval)
        with pytest.raises(NotAllowed, match="is draft"):
            store.issues.unapprove(ISSUE)

    def test_a_skipped_month_says_why_and_can_be_composed_after_all(self, store: SqlStore) -> None:
        store.issues.skip(ISSUE, "no post", NOW)
        store.issues.skip(ISSUE, "still no post", NOW)
        record = store.issues.get(ISSUE)
        assert record is not None
        assert (record.state, record.reason, record.draft) == (IssueState.SKIPPED, "still no post", None)
        store.issues.save_draft(ISSUE, a_draft(), NOW)
        record = store.issues.get(ISSUE)
        assert record is not None
        assert (record.state, record.reason, record.finished_at) == (IssueState.DRAFT, "", None)

    def test_an_issue_being_sent_is_not_touched(self, store: SqlStore) -> None:
        freeze(store, 1)
        changes: tuple[Callable[[], None], ...] = (
            lambda: store.issues.save_draft(ISSUE, a_draft(), NOW),
            lambda: store.issues.save_choices(ISSUE, Choices(subject="x")),
            lambda: store.issues.skip(ISSUE, "no", NOW),
            lambda: store.issues.unapprove(ISSUE),
            lambda: store.issues.approve(ISSUE, Approval(fingerprint="f", readers=1, at=NOW)),
        )
        for change in changes:
            with pytest.raises(NotAllowed, match="is sending"):
                change()

    # --- readers

    def test_readers_are_added_once(self, store: SqlStore) -> None:
        assert store.readers.add(some_readers(2), NOW) == (2, 0, 0)
        assert store.readers.add([*some_readers(3), *some_readers(3)], NOW) == (1, 5, 0)
        everybody = store.readers.all()
        assert [reader.email for reader in everybody] == [address(1), address(2), address(3)]
        assert everybody[0].name == "Reader 1"
        assert everybody[0].added_at == NOW
        assert store.readers.count_active() == 3

    def test_a_no_is_never_undone_by_adding(self, store: SqlStore) -> None:
        store.readers.add(some_readers(4), NOW)
        leave(store, 1)
        leave(store, 2, SubscriberState.BOUNCED)
        leave(store, 3, SubscriberState.COMPLAINED)
        leave(store, 4, SubscriberState.PENDING)
        assert store.readers.add(some_readers(5), NOW) == (1, 1, 3)
        assert store.readers.count_active() == 1

    def test_new_readers_since_a_moment_are_counted(self, store: SqlStore) -> None:
        store.readers.add(some_readers(1), NOW)
        store.readers.add(some_readers(3), NOW + timedelta(seconds=1))
        assert store.readers.count_active_since(NOW) == 2

    def test_readers_added_by_mistake_are_forgotten_but_not_who_was_there_or_left(
        self, store: SqlStore
    ) -> None:
        later = NOW + timedelta(hours=1)
        store.readers.add(some_readers(1), NOW)
        store.readers.add(some_readers(3), later)
        store.readers.remove(address(3), later)
        mistake = [address(number) for number in range(1, 5)]
        assert store.readers.take_back(mistake, added_at=later) == 1
        assert [one.email for one in store.readers.all()] == [address(1), address(3)]
        assert store.readers.add(some_readers(3), later) == (1, 1, 1)

    def test_a_reader_who_was_mailed_is_never_forgotten_by_an_undo(self, store: SqlStore) -> None:
        freeze(store, 2)
        (added,) = {one.added_at for one in store.readers.all()}
        assert store.readers.take_back([address(1), address(2)], added_at=added) == 0

    def test_a_removed_reader_is_off_the_list_for_good(self, store: SqlStore) -> None:
        readers = [NewReader(email=address(n), name="", consent="a test") for n in (1, 2)]
        store.readers.add(readers, NOW)
        assert store.readers.remove(address(1), NOW)
        assert not store.readers.remove(address(1), NOW)
        assert not store.readers.remove("nobody@example.org", NOW)
        assert store.readers.count_active() == 1
        assert store.readers.add(readers, NOW) == (0, 1, 1)

    def test_many_readers_are_added_in_one_go(self, store: SqlStore) -> None:
        assert store.readers.add(some_readers(1200), NOW) == (1200, 0, 0)
        assert store.readers.add(some_readers(1201), NOW) == (1, 1200, 0)
