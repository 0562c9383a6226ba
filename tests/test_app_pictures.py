"""Pictures on the way of a letter: fetched once from a real server, kept, described, sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from pipeline.app.context import App
from pipeline.app.draft import compose_issue, prepare
from pipeline.app.mail import send, send_test
from pipeline.app.pictures import LONGEST_S, MOST
from pipeline.app.yes import approve
from pipeline.check import blocking
from pipeline.errors import ChecksFailed, NotAllowed, StoreError, UsageError
from pipeline.model import Choices, Fetched, FetchResult, Issue, Validators
from tests.pictures import file_of, landscape, noise
from tests.practice import WORDS, clock_of, collected, item, never, practice, with_readers, write_feed
from tests.servers import Behaviour, Server, answer, by_path, redirect

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
JPEG = file_of(landscape(1600, 1000))
PAGES: dict[str, Behaviour] = {
    "/kettle.jpg": answer(JPEG),
    "/moved.jpg": redirect("/kettle.jpg"),
    "/icon.png": answer(file_of(landscape(64, 64), "PNG")),
    "/page.jpg": answer(b"<!doctype html><p>Log in"),
    "/private.jpg": answer(status="403 Forbidden"),
    "/huge.jpg": answer(b"", length=11_000_000),
    "/short.jpg": answer(JPEG[:3000], length=len(JPEG)),
}


@pytest.fixture
def blog() -> Iterator[Server]:
    with Server(by_path(PAGES)) as server:
        yield server


def asked(blog: Server) -> list[str]:
    return [head.split(" ", 2)[1] for head in blog.heads]


def composed(app: App, folder: Path, *pictures: str, **chosen: object) -> Issue:
    write_feed(folder, item("Keeping company", WORDS * 3 + "".join(pictures), "03 Nov 2026"))
    collected(app)
    return compose_issue(app, "2026-11", Choices(**chosen))  # type: ignore[arg-type]


def picture(source: str, alt: str = "A kettle") -> str:
    return f'<p><img src="{source}" alt="{alt}"></p>'


def problems(app: App) -> dict[str, str]:
    (post,) = prepare(app, "2026-11").posts
    return {one.source.rpartition("/")[2]: one.problem for one in app.store.pictures.kept([post.post.id])}


def images(mail: Path) -> list[bytes]:
    message = message_from_bytes(mail.read_bytes(), policy=policy.default)
    return [part.get_content() for part in message.walk() if part.get_content_type() == "image/jpeg"]


def test_a_picture_is_fetched_once_and_goes_to_every_reader(tmp_path: Path, blog: Server) -> None:
    with practice(tmp_path, NOW) as app:
        composed(app, tmp_path, picture(blog.url("/kettle.jpg")), picture(blog.url("/moved.jpg"), "Again"))
        compose_issue(app, "2026-11")
        prepared = prepare(app, "2026-11")
        assert prepare(app, "2026-11").fingerprint == prepared.fingerprint
        assert asked(blog) == ["/kettle.jpg", "/moved.jpg", "/kettle.jpg"]
        (only,) = prepared.letter.pictures
        with_readers(app, 3)
        approve(app, "2026-11", 3)
        *_, totals = send(app, "2026-11", stop=never)
        assert totals.accepted == 3
        jpeg = app.store.pictures.jpeg(only.sha256)
        mails = list(app.settings.outbox_folder.glob("*.eml"))
        assert [images(mail) for mail in mails] == [[jpeg]] * 3


def test_what_could_not_be_had_stays_a_link_with_its_reason_and_is_tried_again(
    tmp_path: Path, blog: Server
) -> None:
    names = ["icon.png", "page.jpg", "private.jpg", "huge.jpg", "short.jpg", "gone.jpg"]
    with practice(tmp_path, NOW) as app:
        composed(app, tmp_path, *(picture(blog.url(f"/{name}")) for name in names))
        said = problems(app)
        assert "only 64 px wide" in said["icon.png"]
        assert "leads to a page" in said["page.jpg"]
        assert said["private.jpg"].startswith("the site answered 403 Forbidden")
        assert "larger than 10 MiB" in said["huge.jpg"]
        assert "broke off before the picture had come whole" in said["short.jpg"]
        assert said["gone.jpg"] == "the site answered 404 Not Found: there is no picture at this address"
        assert not any("feed" in problem for problem in said.values())
        prepared = prepare(app, "2026-11")
        assert prepared.letter.pictures == ()
        assert blocking(prepared.checks) == ()
        blog.heads.clear()
        compose_issue(app, "2026-11")
        assert len(asked(blog)) == len(names)


def test_no_picture_is_taken_from_this_network_unless_it_is_allowed(tmp_path: Path, blog: Server) -> None:
    with practice(tmp_path, NOW, feeds__allow_private=False) as app:
        composed(app, tmp_path, picture(blog.url("/kettle.jpg")))
        assert list(problems(app).values()) != [""]
        assert blog.heads == []


def test_where_pictures_are_to_be_links_nothing_is_asked_for(tmp_path: Path, blog: Server) -> None:
    with practice(tmp_path, NOW, letter__pictures="link") as app:
        composed(app, tmp_path, picture(blog.url("/kettle.jpg"), ""))
        prepared = prepare(app, "2026-11")
    assert blog.heads == []
    assert "<img" not in prepared.letter.html
    assert blocking(prepared.checks) == ()


class Slow:
    """A fetcher for which each picture takes half a minute."""

    def __init__(self, app: App) -> None:
        self._clock = clock_of(app)
        self.count = 0

    def fetch(self, source: str, validators: Validators) -> FetchResult:
        self.count += 1
        self._clock.sleep(30)
        return Fetched(url=source, final_url=source, body=JPEG)


def test_slow_pictures_do_not_hold_up_the_draft(tmp_path: Path) -> None:
    with practice(tmp_path, NOW) as app:
        slow = Slow(app)
        composed(
            replace(app, pictures=slow),
            tmp_path,
            *(picture(f"https://blog.example/{n}.jpg", f"Number {n}") for n in range(5)),
        )
        assert slow.count == LONGEST_S / 30
        assert [problem for problem in problems(app).values() if problem] == [
            "there was no time left to fetch it"
        ] * 3


def test_a_letter_of_many_pictures_shows_the_first_dozen(tmp_path: Path, blog: Server) -> None:
    with practice(tmp_path, NOW) as app:
        sources = [blog.url(f"/kettle.jpg?{n}") for n in range(MOST + 2)]
        with Server(answer(JPEG)) as other:
            sources = [other.url(f"/{n}.jpg") for n in range(MOST + 2)]
            composed(app, tmp_path, *(picture(source, f"Number {n}") for n, source in enumerate(sources)))
            assert len(other.heads) == MOST
        assert sum(not problem for problem in problems(app).values()) == MOST


# --- the author's descriptions


def test_a_picture_without_a_word_blocks_until_she_describes_it(tmp_path: Path, blog: Server) -> None:
    with practice(tmp_path, NOW) as app:
        composed(app, tmp_path, picture(blog.url("/kettle.jpg"), ""))
        with_readers(app)
        with pytest.raises(ChecksFailed, match=r"please describe this picture: “kettle\.jpg”"):
            approve(app, "2026-11", 3)
        described = Choices(descriptions=(("Kettle.jpg", "A kettle,  singing"),))
        compose_issue(app, "2026-11", described)
        issue = compose_issue(app, "2026-11")
        assert issue.descriptions == ((blog.url("/kettle.jpg"), "A kettle, singing"),)
        assert 'alt="A kettle, singing"' in prepare(app, "2026-11").letter.html
        approve(app, "2026-11", 3)


def test_an_ornament_is_said_to_be_one_and_a_later_word_wins(tmp_path: Path, blog: Server) -> None:
    with practice(tmp_path, NOW) as app:
        url = blog.url("/kettle.jpg")
        assert composed(app, tmp_path, picture(url, ""), descriptions=((url, ""),)).descriptions == (
            (url, ""),
        )
        assert blocking(prepare(app, "2026-11").checks) == ()
        again = compose_issue(app, "2026-11", Choices(descriptions=(("kettle.jpg", "A kettle"),)))
        assert again.descriptions == ((url, "A kettle"),)


def test_a_description_of_no_picture_is_refused_and_does_not_stick(tmp_path: Path, blog: Server) -> None:
    with practice(tmp_path, NOW) as app:
        composed(app, tmp_path, picture(blog.url("/kettle.jpg")))
        with pytest.raises(
            UsageError, match=r"'teapot.jpg' is none of this letter's pictures[^§]*kettle.jpg"
        ):
            compose_issue(app, "2026-11", Choices(descriptions=(("teapot.jpg", "A teapot"),)))
        assert compose_issue(app, "2026-11").descriptions == ()


def test_a_name_that_two_pictures_have_is_refused(tmp_path: Path, blog: Server) -> None:
    with practice(tmp_path, NOW) as app:
        composed(app, tmp_path, picture(blog.url("/kettle.jpg")), picture(blog.url("/b/kettle.jpg")))
        with pytest.raises(UsageError, match="more than one picture"):
            compose_issue(app, "2026-11", Choices(descriptions=(("kettle.jpg", "A kettle"),)))


def test_a_description_of_a_picture_that_went_is_forgotten(tmp_path: Path, blog: Server) -> None:
    with practice(tmp_path, NOW) as app:
        composed(app, tmp_path, picture(blog.url("/kettle.jpg")), descriptions=(("kettle.jpg", "A kettle"),))
        assert composed(app, tmp_path).descriptions == ()


def test_descriptions_in_config_win_one_by_one(tmp_path: Path, blog: Server) -> None:
    with practice(tmp_path, NOW) as app:
        url, other = blog.url("/kettle.jpg"), blog.url("/moved.jpg")
        composed(
            app, tmp_path, picture(url), picture(other), descriptions=((url, "By command"), (other, "Other"))
        )
        table = {"2026-11": {"descriptions": {"kettle.jpg": "In the file", "gone.jpg": "x"}}}
        settings = app.settings.model_validate({**app.settings.model_dump(by_alias=True), "issue": table})
        issue = compose_issue(replace(app, settings=settings), "2026-11")
        assert dict(issue.descriptions) == {url: "In the file", other: "Other"}


# --- what was agreed to stays


def test_a_picture_that_changes_on_the_blog_does_not_change_the_letter(tmp_path: Path) -> None:
    pages: dict[str, Behaviour] = {"/a.jpg": answer(JPEG)}
    with practice(tmp_path, NOW) as app, Server(by_path(pages)) as blog:
        composed(app, tmp_path, picture(blog.url("/a.jpg")))
        before = prepare(app, "2026-11").letter.pictures
        pages["/a.jpg"] = answer(file_of(noise(400, 300)))
        compose_issue(app, "2026-11")
        assert prepare(app, "2026-11").letter.pictures == before


def test_a_letter_under_way_keeps_its_pictures_when_the_post_loses_them(tmp_path: Path, blog: Server) -> None:
    with practice(tmp_path, NOW) as app:
        composed(app, tmp_path, picture(blog.url("/kettle.jpg")))
        with_readers(app, 60)
        approve(app, "2026-11", 60)
        outbox = app.settings.outbox_folder
        list(send(app, "2026-11", stop=lambda: any(outbox.glob("*.eml"))))
        assert len(list(app.settings.outbox_folder.glob("*.eml"))) == 50
        write_feed(tmp_path, item("Keeping company", WORDS, "03 Nov 2026"))
        collected(app)
        list(send(app, "2026-11", stop=never))
        mails = list(app.settings.outbox_folder.glob("*.eml"))
        assert [len(images(mail)) for mail in mails] == [1] * 60


def test_a_damaged_picture_stops_the_letter_before_anybody_gets_it(tmp_path: Path, blog: Server) -> None:
    with practice(tmp_path, NOW) as app:
        composed(app, tmp_path, picture(blog.url("/kettle.jpg")))
        with_readers(app)
        approve(app, "2026-11", 3)
        with app.store.database.writing() as connection:  # type: ignore[attr-defined]
            connection.exec_driver_sql("UPDATE picture SET jpeg = x'00'")
        with pytest.raises(StoreError, match="not there as it was"):
            list(send(app, "2026-11", stop=never))
        assert list(app.settings.outbox_folder.glob("*.eml")) == []


def test_a_picture_that_came_after_the_yes_voids_it(tmp_path: Path, blog: Server) -> None:
    with practice(tmp_path, NOW) as app:
        composed(app, tmp_path, picture(blog.url("/kettle.jpg")))
        with_readers(app)
        approve(app, "2026-11", 3)
        linked = app.settings.model_copy(
            update={"letter": app.settings.letter.model_copy(update={"pictures": "link"})}
        )
        with pytest.raises(NotAllowed, match="changed after the yes"):
            list(send(replace(app, settings=linked), "2026-11", stop=never))


def test_a_test_mail_shows_the_pictures(tmp_path: Path, blog: Server) -> None:
    with practice(tmp_path, NOW) as app:
        composed(app, tmp_path, picture(blog.url("/kettle.jpg")))
        send_test(app, "2026-11", "miriam@practice.example")
        (mail,) = app.settings.outbox_folder.glob("*.eml")
        message = message_from_bytes(mail.read_bytes(), policy=policy.default)
        assert isinstance(message, EmailMessage)
        assert len(images(mail)) == 1
