"""Feeds and their posts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from pipeline.model import Alias, FeedState, IssueState, Mailing, Post, Validators
from pipeline.store.database import Database
from pipeline.store.tables import alias, feed, issue, issue_post, post

_dated = func.coalesce(post.c.published, post.c.first_seen)
_UNDER_WAY = (IssueState.SENDING, IssueState.SENT)


class SqlPosts:
    """`ports.Posts` on SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def feed(self, url: str) -> FeedState:
        with self._database.reading() as connection:
            row = connection.execute(select(feed).where(feed.c.url == url)).one_or_none()
        return FeedState(url=url) if row is None else _feed_state(row)

    def feeds(self) -> tuple[FeedState, ...]:
        """Every feed ever tried, by address."""
        with self._database.reading() as connection:
            return tuple(map(_feed_state, connection.execute(select(feed).order_by(feed.c.url))))

    def known(self, feed: str) -> tuple[Post, ...]:
        return self._posts(select(post).where(post.c.feed == feed).order_by(_dated, post.c.id))

    def others(self, feed: str) -> tuple[Post, ...]:
        return self._posts(select(post).where(post.c.feed != feed).order_by(_dated, post.c.id))

    def aliases(self, feed: str) -> tuple[Alias, ...]:
        statement = select(alias).where(alias.c.scope.in_(["", feed]))
        with self._database.reading() as connection:
            rows = connection.execute(statement.order_by(alias.c.scope, alias.c.name, alias.c.post))
            return tuple(Alias(**row._mapping) for row in rows)

    def commit(self, state: FeedState, posts: Sequence[Post], aliases: Sequence[Alias] = ()) -> None:
        feed_row = _values(state) | {
            "etag": state.validators.etag,
            "last_modified": state.validators.last_modified,
        }
        del feed_row["validators"]
        with self._database.writing() as connection:
            connection.execute(
                insert(feed).values(feed_row).on_conflict_do_update(index_elements=["url"], set_=feed_row)
            )
            if posts:
                statement = insert(post)
                replaced: dict[str, ColumnElement[Any]] = {
                    column.name: statement.excluded[column.name] for column in post.c if column.name != "id"
                }
                # Said by a person while the feed was being read: that stands.
                replaced["dropped"] = or_(post.c.dropped, statement.excluded.dropped)
                newer = post.c.edition > statement.excluded.edition
                for column in (post.c.edition, post.c.corrects, post.c.released_at):
                    replaced[column.name] = case((newer, column), else_=statement.excluded[column.name])
                connection.execute(
                    statement.on_conflict_do_update(index_elements=["id"], set_=replaced),
                    [_values(one) for one in posts],
                )
            if aliases:
                connection.execute(insert(alias).on_conflict_do_nothing(), [_values(one) for one in aliases])

    def get(self, post_id: str) -> Post | None:
        found = self._posts(select(post).where(post.c.id == post_id))
        return found[0] if found else None

    def dated_between(self, start: datetime, end: datetime) -> tuple[Post, ...]:
        return self._posts(
            select(post).where(_dated >= start, _dated < end).order_by(_dated, post.c.first_seen, post.c.id)
        )

    def late(self, *, seen_after: datetime, before: datetime) -> tuple[Post, ...]:
        return self._posts(
            select(post)
            .where(
                _dated < before,
                or_(
                    and_(post.c.first_seen > seen_after, post.c.backlog.is_(False)),
                    post.c.released_at > seen_after,
                ),
            )
            .order_by(_dated, post.c.first_seen, post.c.id)
        )

    def newest(self) -> Post | None:
        found = self._posts(
            select(post)
            .where(post.c.held == "", post.c.dropped.is_(False), post.c.withdrawn.is_(False))
            .order_by(_dated.desc(), post.c.first_seen.desc(), post.c.id.desc())
            .limit(1)
        )
        return found[0] if found else None

    def mailed(self, *, except_issue: str) -> frozenset[str]:
        with self._database.reading() as connection:
            return frozenset(
                connection.execute(
                    select(issue_post.c.post)
                    .join(issue, issue.c.name == issue_post.c.issue)
                    .outerjoin(post, post.c.id == issue_post.c.post)
                    .where(
                        issue.c.name != except_issue,
                        issue.c.state.in_(_UNDER_WAY),
                        issue_post.c.edition >= func.coalesce(post.c.edition, 0),
                    )
                ).scalars()
            )

    def mailings(self) -> tuple[Mailing, ...]:
        later = issue_post.alias("later")
        statement = (
            select(
                issue_post.c.post,
                issue_post.c.issue,
                issue.c.started_at.label("at"),
                issue_post.c.edition,
                issue_post.c.words_sha256,
            )
            .join(issue, issue.c.name == issue_post.c.issue)
            .where(
                issue.c.state.in_(_UNDER_WAY),
                issue.c.started_at.is_not(None),
                ~exists().where(later.c.post == issue_post.c.post, later.c.edition > issue_post.c.edition),
            )
            .order_by(issue.c.started_at.desc(), issue_post.c.position)
        )
        with self._database.reading() as connection:
            return tuple(Mailing(**row._mapping) for row in connection.execute(statement))

    def held(self) -> tuple[Post, ...]:
        return self._posts(
            select(post)
            .where(
                post.c.held != "",
                post.c.dropped.is_(False),
                post.c.withdrawn.is_(False),
                ~exists().where(issue_post.c.post == post.c.id, issue_post.c.edition >= post.c.edition),
            )
            .order_by(_dated, post.c.first_seen, post.c.id)
        )

    def release(self, post_id: str, now: datetime) -> None:
        self._decide(post_id, held="", dropped=False, released_at=now)

    def drop(self, post_id: str) -> None:
        self._decide(post_id, dropped=True)

    def correct(self, post_id: str, issue: str, now: datetime) -> None:
        self._decide(post_id, edition=post.c.edition + 1, corrects=issue, released_at=now)

    def leave_as_mailed(self, post_id: str) -> None:
        self._decide(post_id, edition=post.c.edition - 1, corrects="")

    def undecide(self, before: Post) -> None:
        said = ("held", "released_at", "dropped", "edition", "corrects")
        self._decide(before.id, **{name: getattr(before, name) for name in said})

    def _decide(self, post_id: str, **said: Any) -> None:
        with self._database.writing() as connection:
            connection.execute(update(post).where(post.c.id == post_id).values(said))

    def _posts(self, statement: Select[Any]) -> tuple[Post, ...]:
        with self._database.reading() as connection:
            return tuple(Post(**row._mapping) for row in connection.execute(statement))


def _values(item: FeedState | Post | Alias) -> dict[str, Any]:
    return {field.name: getattr(item, field.name) for field in fields(item)}


def _feed_state(row: Row[Any]) -> FeedState:
    columns = dict(row._mapping)
    validators = Validators(etag=columns.pop("etag"), last_modified=columns.pop("last_modified"))
    return FeedState(validators=validators, **columns)
