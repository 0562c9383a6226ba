"""The desk in a real browser: by keyboard alone, at every width, by day and by night."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from pipeline.app.mail import send
from pipeline.app.yes import approve
from pipeline.demo.server import BlogServer
from pipeline.model import IssueState
from tests.browser import Scheme, launched, sideways
from tests.desks import Served, a_feed, served
from tests.practice import WORDS, configure, item, never, with_readers
from tests.servers import Behaviour, Server, answer, by_path

AXE = {"resultTypes": ["violations"]}
LOOKS: tuple[tuple[int, Scheme], ...] = ((360, "dark"), (768, "light"), (1024, "dark"), (1400, "light"))
PAGE_BYTES = 150_000
NOTE_MS = 150


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@contextmanager
def at_the_desk(
    chromium: Browser, desk: Served, *, width: int = 1300, touches: bool = False
) -> Iterator[Page]:
    """A browser that came in. At the end: nothing was asked of another host, no script failed."""
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, has_touch=touches, is_mobile=touches
    )
    asked: list[str] = []
    wrong: list[str] = []
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.set_default_timeout(15_000)
    try:
        page.goto(desk.address)
        yield page
        assert [url for url in asked if not url.startswith((desk.origin, "data:", "about:"))] == []
        assert wrong == []
    finally:
        context.close()


def faults(page: Page) -> list[str]:
    found = Axe().run(page, options=AXE).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def look_at(page: Page, name: str) -> None:
    """Every part open, from a phone to a wide screen, by day and night: no axe finding, nothing runs off."""
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert sideways(page) <= 0, (name, width, scheme)
        assert faults(page) == [], (name, width, scheme)
    page.set_viewport_size({"width": 720, "height": 900})
    page.evaluate("document.documentElement.style.fontSize = '200%'")  # text at 200 %, as browsers do it
    assert sideways(page) <= 0, (name, "200 %")
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size({"width": 1300, "height": 900})


def tab_to(page: Page, name: str, *, role: str = "button") -> None:
    """Go on with the Tab key until the thing named has the focus."""
    wanted = page.get_by_role(role, name=name)  # type: ignore[arg-type]
    for _ in range(120):
        if wanted.evaluate_all("all => all.some(one => one === document.activeElement)"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no Tab leads to {name!r}")


def test_from_the_first_question_to_the_yes_by_keyboard_alone(chromium: Browser, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    with (
        BlogServer() as blog,
        served(config, allow_private=True) as desk,
        at_the_desk(chromium, desk) as page,
    ):
        expect(page).to_have_url(re.compile("/begin$"))
        look_at(page, "the six questions")
        tab_to(page, "1. Where is your blog?", role="textbox")
        page.keyboard.type(blog.address)
        for words in ("Miriam", "", "letters@example.org", "12 Example Lane, Sampletown"):
            page.keyboard.press("Tab")
            page.keyboard.type(words)
        tab_to(page, "Show me my first letter")
        page.keyboard.press("Enter")
        page.wait_for_url("**/?said=made")
        expect(page.get_by_role("status").first).to_have_text("Here is the letter.")
        # The list is brought in another way as a rule; here by hand, too.
        tab_to(page, "Go there: Readers", role="link")
        page.keyboard.press("Enter")
        tab_to(page, "Addresses, one a line", role="textbox")
        page.keyboard.type("Anna anna@example.org")
        page.keyboard.press("Tab")
        page.keyboard.type("she asked me, 2026")
        tab_to(page, "Add them")
        page.keyboard.press("Enter")
        page.wait_for_url("**/?said=readers*")
        tab_to(page, "To say yes, type the number of readers", role="textbox")
        page.keyboard.type("1")
        page.keyboard.press("Enter")
        page.wait_for_url("**/?said=approved*")
        record = desk.room.app.store.issues.get("2026-11")
        assert record
        assert record.state is IssueState.APPROVED
        assert record.approval
        assert record.approval.readers == 1
        look_at(page, "approved")


def test_an_address_without_a_feed_is_said_and_of_several_feeds_one_is_picked(
    chromium: Browser, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    with (
        BlogServer() as blog,
        Server(by_path({"/": a_site(blog.url, blog.wordpress_url)})) as site,
        served(config, allow_private=True) as desk,
        at_the_desk(chromium, desk) as page,
    ):
        page.get_by_label("1. Where is your blog?").fill(f"{blog.address}/nothing-here")
        page.get_by_label("2. Your name, as you sign your letters").fill("Miriam")
        page.get_by_label("3. From which email address?").fill("letters@example.org")
        page.get_by_label("4. A postal address").fill("12 Example Lane, Sampletown")
        page.get_by_role("button", name="Show me my first letter").click()
        expect(page.get_by_role("alert")).to_be_visible()
        assert not config.exists()
        look_at(page, "an address without a feed")
        page.get_by_label("1. Where is your blog?").fill(site.url("/"))
        expect(page.get_by_label("2. Your name, as you sign your letters")).to_have_value("Miriam")
        page.get_by_role("button", name="Show me my first letter").click()
        expect(page.get_by_text("There are several feeds.")).to_be_visible()
        look_at(page, "several feeds")
        page.locator("input[name=feed]").nth(1).check()
        page.get_by_role("button", name="Show me my first letter").click()
        page.wait_for_url("**/?said=made")
        assert blog.wordpress_url in config.read_text("utf-8")


def a_site(*feeds: str) -> Behaviour:
    links = "".join(f'<link rel="alternate" type="application/rss+xml" href="{feed}">' for feed in feeds)
    html = f"<!doctype html><html><head><title>A site</title>{links}</head><body>Hello.</body></html>"
    return answer(html.encode(), headers=["Content-Type: text/html; charset=utf-8"])


def test_each_switch_shows_the_letter_so(chromium: Browser, tmp_path: Path) -> None:
    with (
        BlogServer() as blog,
        served(configure(tmp_path, feeds__urls=[blog.url])) as desk,
        at_the_desk(chromium, desk) as page,
    ):
        page.get_by_role("button", name="Make the letter").click()
        frame = page.frame_locator("iframe")
        expect(frame.locator("h1")).to_have_text("The part that isn’t on the worksheet")
        box = page.locator("iframe")
        for key, width in (("p", 360), ("c", 640)):
            page.keyboard.press(key)
            assert box.evaluate("frame => frame.clientWidth") == width
        paper = "body => getComputedStyle(body).backgroundColor"
        for key, shade in (("d", "rgb(28, 26, 24)"), ("l", "rgb(247, 242, 234)")):
            page.keyboard.press(key)
            expect(frame.locator("body")).to_have_css("background-color", shade)
            assert frame.locator("body").evaluate(paper) == shade
        page.keyboard.press("f")
        expect(frame.locator("html")).to_have_css("filter", "invert(1) hue-rotate(180deg)")
        page.keyboard.press("o")
        expect(frame.locator("img[src]")).to_have_count(0)
        page.keyboard.press("i")
        expect(frame.locator('img[src^="data:image/jpeg"]')).to_have_count(1)
        page.keyboard.press("t")
        expect(frame.locator("pre")).to_contain_text("Dear Anna,")
        page.keyboard.press("s")
        expect(frame.locator("pre")).to_contain_text("List-Unsubscribe:")
        # The switches stay as they were set; the keys can be switched off.
        page.reload()
        expect(frame.locator("pre")).to_contain_text("List-Unsubscribe:")
        page.get_by_text("Keys", exact=True).click()
        page.get_by_label("Use these keys").uncheck()
        page.keyboard.press("h")
        expect(frame.locator("pre")).to_contain_text("List-Unsubscribe:")
        page.get_by_text("Letter", exact=True).click()
        expect(frame.locator("h1")).to_be_visible()
        # What the letter holds can run nothing and read nothing of the desk.
        assert box.get_attribute("sandbox") == ""
        look_at(page, "the desk")
        page.locator("#pictures img").scroll_into_view_if_needed()
        page.locator("#pictures img").evaluate("image => image.decode()")
        weight = page.evaluate(
            """() => ["resource", "navigation"].flatMap(kind => performance.getEntriesByType(kind))
              .filter(one => !/letter|picture/.test(one.name))
              .reduce((sum, one) => sum + one.encodedBodySize, 0)"""
        )
        letter = page.request.get(f"{desk.origin}/letter?pictures=off")
        assert weight + len(letter.body()) <= PAGE_BYTES


def test_what_she_chose_survives_a_reload_and_a_new_post(chromium: Browser, tmp_path: Path) -> None:
    a_feed(tmp_path)
    with served(configure(tmp_path)) as desk, at_the_desk(chromium, desk) as page:
        page.get_by_role("button", name="Make the letter").click()
        frame = page.frame_locator("iframe")
        page.get_by_text("Posts", exact=True).click()
        # By arrow keys: down to the second post, and up with it, so that it leads.
        page.get_by_role("button", name=re.compile("^Leave it out: ")).first.focus()
        page.keyboard.press("ArrowDown")
        led = page.evaluate("document.activeElement.closest('li').querySelector('.title').textContent.trim()")
        with page.expect_navigation():
            page.keyboard.press("Alt+ArrowUp")
        expect(frame.locator("h1")).to_have_text(led)
        page.get_by_text("Subject", exact=True).first.click()
        page.get_by_label("Subject", exact=True).fill("For dark afternoons")
        page.get_by_role("button", name="Use this subject").click()
        page.get_by_text("The sentence set large", exact=True).first.click()
        page.get_by_label("None", exact=True).check()
        page.get_by_role("button", name="Use this one").click()
        page.wait_for_url("**/?said=saved#quote")
        expect(page.get_by_role("button", name="Undo: the sentence set large")).to_be_visible()
        a_feed(tmp_path, item("A fourth", WORDS * 2, "15 Nov 2026"))
        page.request.get(desk.origin)
        token = page.locator("input[name=token]").first.input_value()
        page.evaluate("token => fetch('/look', {method: 'POST', body: new URLSearchParams({token})})", token)
        page.goto(desk.origin)
        expect(frame.locator("h1")).to_have_text(led)
        expect(page).to_have_title("November 2026: For dark afternoons")
        page.get_by_text("Posts", exact=True).click()
        expect(page.locator(".posts .title", has_text="A fourth")).to_be_visible()
        assert page.locator("#large input:checked").input_value() == "none"
        look_at(page, "with a question")
        page.get_by_role("link", name=re.compile("^How it was read")).first.click()
        page.get_by_role("button", name="from person to person").first.focus()
        expect(page.get_by_role("tooltip").first).to_be_visible()
        look_at(page, "how it was read")


def test_two_windows_and_a_note_that_is_seen_as_it_is_typed(chromium: Browser, tmp_path: Path) -> None:
    more = [item(f"Post {n}", WORDS * 3, f"{14 + n} Nov 2026") for n in range(2)]
    a_feed(tmp_path, *more)  # a month of five
    with served(configure(tmp_path)) as desk, at_the_desk(chromium, desk) as page:
        page.get_by_role("button", name="Make the letter").click()
        other = page.context.new_page()
        other.goto(desk.origin)
        frame = page.frame_locator("iframe")
        note = page.get_by_role("textbox", name="Your opening note")
        page.bring_to_front()  # a window behind another one is drawn once a second
        note.click()
        took: list[float] = []
        for n in range(15):
            took.append(
                note.evaluate(
                    """(field, words) => new Promise(done => {
                      const began = performance.now(), form = field.form;
                      const seen = new MutationObserver(() => {
                        if (form.dataset.shown !== field.value) return;
                        seen.disconnect();
                        requestAnimationFrame(() => done(performance.now() - began));
                      });
                      seen.observe(form, {attributes: true, attributeFilter: ["data-shown"]});
                      field.value = words;
                      field.dispatchEvent(new Event("input", {bubbles: true}));
                    })""",
                    f"Dear all, it *rained* {n} times.",
                )
            )
        assert statistics.median(took) <= NOTE_MS
        expect(page.locator("#note [data-note-tree] em")).to_have_text("rained")
        expect(page.locator("#note [data-note-said]")).to_have_text("Saved.")
        expect(frame.locator("em", has_text="rained")).to_be_visible()
        # The other window still shows the letter without a note: what it does now is not taken.
        other.get_by_role("textbox", name="Your opening note").fill("Something else altogether.")
        expect(other.locator("#note [data-note-said]")).to_contain_text("Changed in another window")
        other.get_by_text("Subject", exact=True).first.click()
        other.get_by_role("button", name="Use this subject").click()
        expect(other.get_by_role("heading", name="Changed in another window")).to_be_visible()
        look_at(other, "changed in another window")
        other.get_by_role("link", name="Show me the letter as it is now").click()
        expect(other.get_by_role("textbox", name="Your opening note")).to_have_value(
            "Dear all, it *rained* 14 times."
        )
        # This window knows of its own note, and goes on.
        page.get_by_text("Subject", exact=True).first.click()
        page.get_by_role("button", name="Use this subject").click()
        page.wait_for_url("**/?said=saved#subject")


def test_the_letter_is_watched_while_it_goes_out(chromium: Browser, tmp_path: Path) -> None:
    a_feed(tmp_path)
    with served(configure(tmp_path)) as desk, at_the_desk(chromium, desk) as page:
        look_at(page, "nothing yet")
        page.get_by_role("button", name="Make the letter").click()
        expect(page.get_by_role("heading", name="Your yes")).to_be_visible()
        with_readers(desk.room.app, 5)
        page.reload()
        page.get_by_label("To say yes, type the number of readers").fill("4")
        page.get_by_role("button", name="Yes, send this letter").click()
        expect(page.get_by_role("heading", name="That did not work")).to_be_visible()
        look_at(page, "a problem")
        page.get_by_role("link", name="Back to the letter").click()
        page.get_by_label("To say yes, type the number of readers").fill("5")
        page.get_by_role("button", name="Yes, send this letter").click()
        page.get_by_text("Send it now", exact=True).click()
        page.get_by_role("button", name="Send it now to 5 readers").click()
        page.wait_for_url("**/past")
        expect(page.get_by_role("cell", name="5", exact=True)).to_have_count(2)
        look_at(page, "past letters")
        assert len(list(tmp_path.glob("outbox/**/*.eml"))) == 5


def titles(page: Page) -> list[str]:
    return [one.split(" leads")[0].strip() for one in page.locator("[data-posts] .title").all_text_contents()]


def test_posts_are_dragged_into_her_order_and_by_keys_with_the_focus_kept(
    chromium: Browser, tmp_path: Path
) -> None:
    a_feed(tmp_path)
    with served(configure(tmp_path)) as desk, at_the_desk(chromium, desk) as page:
        page.get_by_role("button", name="Make the letter").click()
        page.get_by_text("Posts", exact=True).click()
        page.emulate_media(reduced_motion="reduce")  # no smooth scrolling while the mouse is on its way
        first, second, third = titles(page)
        grips = page.locator("[data-grip] .dots")
        for wanted, grip, onto in (
            ([first, third, second], 2, 1),
            ([third, first, second], 1, 0),
            ([first, second, third], 0, 2),
        ):
            page.locator("#posts").evaluate("posts => posts.scrollIntoView({behavior: 'instant'})")
            start = grips.nth(grip).bounding_box()
            end = page.locator("[data-posts] li").nth(onto).bounding_box()
            assert start is not None
            assert end is not None
            page.mouse.move(start["x"] + 3, start["y"] + 3)
            page.mouse.down()
            lands = end["y"] + (4 if onto < grip else end["height"] - 4)
            page.mouse.move(start["x"] + 3, (start["y"] + lands) / 2)
            page.mouse.move(start["x"] + 3, lands, steps=6)
            with page.expect_navigation():
                page.mouse.up()
            expect(page.locator("[data-posts] .title").first).to_contain_text(wanted[0])
            assert titles(page) == wanted
            expect(page.frame_locator("iframe").locator("h1")).to_have_text(wanted[0])
        # A click that moves nothing sends nothing.
        grips.nth(1).click()
        assert titles(page) == [first, second, third]
        page.get_by_role("button", name=f"Leave it out: {third}").focus()
        with page.expect_navigation():
            page.keyboard.press("Alt+ArrowUp")
        assert titles(page) == [first, third, second]
        moved = page.locator("[data-posts] li", has_text=third)
        expect(moved.locator("button:focus")).to_have_count(1)
        with page.expect_navigation():
            page.get_by_role("button", name="Undo: the order of the posts").click()
        assert titles(page) == [first, second, third]


def test_a_post_is_dragged_by_a_finger_on_a_phone(chromium: Browser, tmp_path: Path) -> None:
    a_feed(tmp_path)
    with served(configure(tmp_path)) as desk, at_the_desk(chromium, desk, width=360, touches=True) as page:
        page.emulate_media(reduced_motion="reduce")
        page.get_by_role("button", name="Make the letter").click()
        page.wait_for_url("**/?said=made")
        page.goto(f"{desk.origin}/#posts")
        first, second, third = titles(page)
        dots, top = page.locator("[data-grip] .dots").nth(2), page.locator("[data-posts] li").first
        expect(dots).to_be_in_viewport()
        start, end = dots.bounding_box(), top.bounding_box()
        assert start is not None
        assert end is not None
        finger = page.context.new_cdp_session(page)
        x, y = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
        finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        while y > end["y"] + 12:
            y -= 20
            finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
        with page.expect_navigation():
            finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert titles(page) == [third, first, second]


def test_what_she_wrote_just_now_is_never_lost_to_the_next_click(chromium: Browser, tmp_path: Path) -> None:
    a_feed(tmp_path)
    with served(configure(tmp_path)) as desk, at_the_desk(chromium, desk) as page:
        page.get_by_role("button", name="Make the letter").click()
        page.get_by_text("Posts", exact=True).click()
        _, second, _ = titles(page)
        page.get_by_text("And a P.S.", exact=True).click()
        page.get_by_role("textbox", name="Your opening note").fill("Dear all.")
        page.get_by_role("textbox", name="Your P.S.").fill("The kettle is *on*.")
        # At once, long before either has saved itself.
        with page.expect_navigation():
            page.get_by_role("button", name=f"Let it lead: {second}").click()
        frame = page.frame_locator("iframe")
        expect(frame.locator("h1")).to_have_text(second)
        expect(frame.get_by_text("Dear all.", exact=True)).to_be_visible()
        expect(frame.locator("p", has_text="P.S. The kettle is on.")).to_be_visible()
        # Nor to a link that leads away.
        page.get_by_role("textbox", name="Your opening note").fill("Dear all of you.")
        page.get_by_role("link", name="Past letters").click()
        expect(page.get_by_role("heading", name="Past letters")).to_be_visible()
        page.get_by_role("link", name="This month").click()
        expect(page.get_by_role("textbox", name="Your opening note")).to_have_value("Dear all of you.")


def test_a_note_written_after_the_yes_takes_it_back_and_the_page_says_so(
    chromium: Browser, tmp_path: Path
) -> None:
    a_feed(tmp_path)
    with served(configure(tmp_path)) as desk, at_the_desk(chromium, desk) as page:
        page.get_by_role("button", name="Make the letter").click()
        expect(page.get_by_role("heading", name="Your yes")).to_be_visible()
        with_readers(desk.room.app, 3)
        approve(desk.room.app, "2026-11", 3)
        page.reload()
        expect(page.get_by_role("button", name="Undo the yes")).to_be_visible()
        page.get_by_role("textbox", name="Your opening note").fill("One more thing.")
        expect(page.get_by_text("your yes was taken back")).to_be_visible()
        expect(page.get_by_role("button", name="Undo the yes")).to_have_count(0)
        expect(page.get_by_text("A draft again.")).to_be_visible()
        look_at(page, "the yes is gone")
        page.get_by_role("link", name="Look at it as it is now").click()
        page.get_by_label("To say yes, type the number of readers").fill("3")
        page.get_by_role("button", name="Yes, send this letter").click()
        expect(page.get_by_role("button", name="Undo the yes")).to_be_visible()


def test_every_state_of_a_letter_under_way_is_plain_and_accessible(chromium: Browser, tmp_path: Path) -> None:
    a_feed(tmp_path)
    with served(configure(tmp_path, send__batch=2)) as desk, at_the_desk(chromium, desk) as page:
        page.get_by_role("button", name="Make the letter").click()
        expect(page.get_by_role("heading", name="Your yes")).to_be_visible()
        app = desk.room.app
        with_readers(app, 7)
        approve(app, "2026-11", 7)
        for seen, _ in enumerate(send(app, "2026-11", stop=never)):
            if seen == 1:
                break  # as where the computer stopped
        page.goto(desk.origin)
        expect(page.get_by_text("2 of 7 readers")).to_be_visible()
        look_at(page, "begun, and resting")
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_text("Nobody else gets it until you go on.")).to_be_visible()
        look_at(page, "paused")
        page.get_by_role("button", name="Go on").click()
        page.wait_for_url("**/past")
        assert len(list(tmp_path.glob("outbox/**/*.eml"))) == 7


def test_what_waits_for_her_word_and_a_quiet_month(chromium: Browser, tmp_path: Path) -> None:
    a_feed(tmp_path)
    with served(configure(tmp_path)) as desk, at_the_desk(chromium, desk) as page:
        page.get_by_role("button", name="Make the letter").click()
        expect(page.get_by_role("heading", name="Your yes")).to_be_visible()
        a_feed(tmp_path, item("TEST", "<p>test</p>", "13 Nov 2026"))
        token = page.locator("input[name=token]").first.input_value()
        look = "token => fetch('/look', {method: 'POST', body: new URLSearchParams({token})})"
        page.evaluate(look, token)
        (tmp_path / "feed.xml").unlink()
        page.evaluate(look, token)
        page.goto(desk.origin)
        expect(page.get_by_text("waits for your word")).to_be_visible()
        expect(page.get_by_text("The blog could not be read:")).to_be_visible()
        look_at(page, "waiting for her word")
        page.get_by_role("button", name="Leave it out for good").click()
        page.get_by_role("button", name="It can wait").click()
        expect(page.get_by_label("Waiting for your word")).to_have_count(0)
        page.get_by_text("Not this month", exact=True).click()
        page.get_by_role("button", name="No letter for November 2026").click()
        expect(page.get_by_text("There is no letter for November 2026")).to_be_visible()
        look_at(page, "a quiet month")
        page.get_by_role("button", name="That is right").click()
        expect(page.get_by_text("There is no letter for November 2026")).to_have_count(0)


def test_a_page_of_another_site_cannot_use_her_browser(chromium: Browser, tmp_path: Path) -> None:
    """The same browser, with the desk's cookie, on another server of this computer: the nearest to evil."""
    a_feed(tmp_path)
    with served(configure(tmp_path)) as desk, at_the_desk(chromium, desk) as page:
        page.get_by_role("button", name="Make the letter").click()
        expect(page.get_by_role("heading", name="Your yes")).to_be_visible()
        token = page.locator("input[name=token]").first.input_value()
        before = desk.room.app.store.issues.all()
        with BlogServer() as evil:
            stranger = page.context.new_page()
            stranger.goto(evil.address)
            read = stranger.evaluate(
                "there => fetch(there, {credentials: 'include'}).then(a => a.text(), e => 'refused')",
                desk.origin,
            )
            assert read == "refused"
            stranger.evaluate(
                """([there, token]) => {
                  document.body.innerHTML = `<form method=post action="${there}/skip">
                    <input name=token value="${token}"><input name=letter value="2026-11"></form>`;
                  document.forms[0].submit();
                }""",
                [desk.origin, token],
            )
            expect(stranger.locator("body")).to_contain_text("This page belongs to somebody's letters")
            framed = page.context.new_page()
            framed.goto(evil.address)
            framed.evaluate(
                "there => { document.body.innerHTML = `<iframe src='${there}/'></iframe>`; }", desk.origin
            )
            framed.wait_for_load_state("networkidle")
            assert framed.frame_locator("iframe").get_by_role("heading", name="Your yes").count() == 0
        assert desk.room.app.store.issues.all() == before
        page.close()
        stranger.close()
        framed.close()
