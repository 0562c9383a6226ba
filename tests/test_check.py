"""Each check, on a letter that is well and on one with just that fault."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.check import CHECKS, blocking, check
from pipeline.check.clients import known
from pipeline.check.draft import Draft
from pipeline.model import Check, Choices, Status
from pipeline.read.ethics import name_of
from pipeline.render.words import crisis_line, review_days
from tests.letters import BY_MAIL, BY_WEB, HOUSE, SENDER, TODAY, draft_of, essay, issue_of, letter_of
from tests.own_posts import a_post


def found(draft: Draft, name: str) -> list[Check]:
    return [one for one in check(draft) if one.name == name]


def only(draft: Draft, name: str) -> Check:
    (one,) = found(draft, name)
    return one


def with_html(old: str, new: str, **more: object) -> Draft:
    letter = letter_of([essay()])
    assert old in letter.html
    return draft_of([essay()], letter=replace(letter, html=letter.html.replace(old, new, 1)), **more)  # type: ignore[arg-type]


def with_letter(*, subject: str = "Keeping company", preheader: str = "x" * 40) -> Draft:
    changed = replace(letter_of([essay()]), subject=subject, preheader=preheader)
    return draft_of([essay()], letter=changed)


def test_a_letter_that_is_well_has_every_check_once_and_ok() -> None:
    checks = check(draft_of([essay()]))
    assert [one.name for one in checks] == [name for name, _, _ in CHECKS]
    assert {one.status for one in checks} == {Status.OK}
    assert blocking(checks) == ()


def test_a_check_is_named_once_and_says_what_is_well() -> None:
    names = [name for name, _, _ in CHECKS]
    assert len(set(names)) == len(names)
    assert all(well for _, well, _ in CHECKS)


def test_invented_words_block() -> None:
    post = essay()
    issue = issue_of([post], Choices(quote="The rain had made up its mind, and so had she."))
    assert issue.quote is not None
    invented = replace(issue, quote=replace(issue.quote, text="Trust me."))
    draft = draft_of([post], issue=invented, letter=letter_of([post]))
    assert only(draft, "words").status is Status.BLOCK


def test_an_empty_letter_blocks() -> None:
    assert only(draft_of([a_post("<p>Back soon.</p>", id="a1")]), "empty").status is Status.BLOCK


def test_a_script_without_spaces_is_counted_by_its_characters() -> None:
    post = a_post("<p>" + "我们坐了一会儿，谁也没有说话。" * 8 + "</p>", id="a1")
    assert only(draft_of([post]), "empty").status is Status.OK


@pytest.mark.parametrize(
    ("old", "new", "status", "said"),
    [
        ("-leave-", "-live-", Status.BLOCK, "broken"),
        ("Until next month", "Until {{ month }}", Status.BLOCK, "{{"),
        ("Until next month", "Until None", Status.BLOCK, "None"),
        ("Until next month", "Until *|MONTH|*", Status.BLOCK, "*|MONTH|*"),
    ],
)
def test_what_is_left_over_blocks(old: str, new: str, status: Status, said: str) -> None:
    findings = found(with_html(old, new), "placeholders")
    assert any(one.status is status and said in one.message for one in findings)


def test_what_looks_left_over_but_is_hers_is_no_fault() -> None:
    post = essay("<p>She wrote {{ name }} on the board and laughed. None of us knew why.</p>")
    assert only(draft_of([post]), "placeholders").status is Status.OK


def test_a_letter_that_greets_nobody_warns() -> None:
    letter = letter_of([essay()])
    mute = replace(letter, text=letter.text.replace(f"{letter.mark}-greeting-", "Hello,"))
    assert only(draft_of([essay()], letter=mute), "placeholders").status is Status.WARN


@pytest.mark.parametrize("place", ["subject", "preheader"])
def test_a_sensitive_word_on_the_lock_screen_warns(place: str) -> None:
    hard = "After the suicide of a friend, a letter"
    plain = issue_of([essay()])
    issue = replace(plain, subject=hard) if place == "subject" else replace(plain, preheader=hard)
    draft = draft_of([essay()], issue=issue, letter=letter_of([essay()]))
    assert f"the {place} speaks of suicide" in only(draft, "sensitive").message


def test_what_is_not_read_is_said() -> None:
    german = a_post("<p>" + "Wir saßen eine Weile da, und der Regen hörte nicht auf. " * 9 + "</p>", id="g1")
    assert "“de”" in only(draft_of([german]), "language").message
    welsh_words = draft_of([essay()], house=replace(HOUSE, language="xx"))
    assert "greeting and footer are in English" in only(welsh_words, "language").message


def test_a_letter_signed_by_nobody_blocks() -> None:
    assert only(draft_of([essay()], house=replace(HOUSE, author="…")), "sender").status is Status.BLOCK


def test_a_single_heavy_post_has_a_way_out() -> None:
    assert "essay" in only(with_html("</p>", f"</p><!--{'x' * 101_000}-->"), "size").fix


def test_crisis_lines_are_looked_at_only_where_they_are_shown() -> None:
    old = TODAY + timedelta(days=review_days() + 60)
    assert only(draft_of([essay()], today=old), "crisis lines").status is Status.OK
    sad = essay("<p>Years ago a friend of mine died by suicide, and nobody said the word.</p>")
    assert only(draft_of([sad]), "crisis lines").status is Status.OK
    assert "last looked at" in only(draft_of([sad], today=old), "crisis lines").message
    abroad = draft_of([sad], house=replace(HOUSE, country="BR"))
    assert "no crisis line is known for BR" in only(abroad, "crisis lines").message


def test_every_crisis_line_has_a_source_and_a_day() -> None:
    for country in ("GB", "IE", "US", "CA", "AU", "NZ", "DE", "NL", "ES"):
        line = crisis_line(country)
        assert line is not None
        assert line.source
        assert line.emergency
    assert crisis_line("review_days") is None


def test_a_picture_nobody_described_warns() -> None:
    described = essay('<img src="/cup.jpg" alt="A cup">', title="Described")
    assert only(draft_of([described]), "pictures").status is Status.OK
    bare = essay('<p><img src="/cup.jpg"></p>', title="Bare")
    assert "“Bare” has no description" in only(draft_of([bare]), "pictures").message


@pytest.mark.parametrize(
    ("subject", "status", "said"),
    [
        ("", Status.BLOCK, "no subject"),
        ("Short", Status.WARN, "5 characters"),
        ("A" * 61, Status.WARN, "61 characters"),
        ("KEEPING COMPANY", Status.WARN, "all capitals"),
        ("Keeping company", Status.OK, ""),
    ],
)
def test_a_subject_is_measured(subject: str, status: Status, said: str) -> None:
    findings = found(with_letter(subject=subject), "subject")
    assert findings[0].status is status
    assert any(said in one.message for one in findings)


@pytest.mark.parametrize(
    ("length", "status"), [(29, Status.WARN), (30, Status.OK), (110, Status.OK), (111, Status.WARN)]
)
def test_a_preheader_is_measured(length: int, status: Status) -> None:
    assert only(with_letter(preheader="x" * length), "preheader").status is status


@pytest.mark.parametrize(("kilobytes", "status"), [(1, Status.OK), (70, Status.WARN), (101, Status.BLOCK)])
def test_a_letter_is_weighed(kilobytes: int, status: Status) -> None:
    assert only(with_html("</p>", f"</p><!--{'x' * kilobytes * 1000}-->"), "size").status is status


@pytest.mark.parametrize(
    ("markup", "status", "said"),
    [
        ("<script>x</script>", Status.BLOCK, "<script>"),
        ("<form></form>", Status.BLOCK, "<form>"),
        ('<p onclick="x">y</p>', Status.BLOCK, "carries a script"),
        ('<p style="display:flex">y</p>', Status.WARN, "display:flex"),
        ('<p style="margin:2rem">y</p>', Status.WARN, "rem"),
        ("<table><tr><td>y</td></tr></table>", Status.WARN, "table for layout"),
        ("<h1>y</h1>", Status.WARN, "more than one main heading"),
        (f"<style>{'p {}' * 2100}</style>", Status.WARN, "bytes of styles"),
    ],
)
def test_what_mail_programs_refuse_is_found(markup: str, status: Status, said: str) -> None:
    findings = found(with_html("<hr", f"{markup}<hr"), "markup")
    assert any(one.status is status and said in one.message for one in findings)


def test_a_table_of_data_is_a_table() -> None:
    markup = "<table><tr><th>Day</th></tr><tr><td>Monday</td></tr></table>"
    assert only(with_html("<hr", f"{markup}<hr"), "markup").status is Status.OK


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ('<img src="https://pixel.example/o.gif">', "fetched from pixel.example"),
        ('<img src="https://letters.practice.example.evil.example/a.jpg">', "evil.example"),
        ('<img srcset="//cdn.example/a.jpg 2x">', "fetched from"),
        ('<a href="https://a.example/?utm_source=x">A page of somebody</a>', "utm_source"),
        ('<a href="https://a.example/?mc_cid=x">A page of somebody</a>', "mc_cid"),
        ('<p style="background:url(https://a.example/x.png)">y</p>', "a style fetches"),
        ("<style>@import 'x.css'</style>", "a style fetches"),
    ],
)
def test_whatever_could_watch_a_reader_blocks(markup: str, said: str) -> None:
    findings = found(with_html("<hr", f"{markup}<hr"), "tracking")
    assert [one.status for one in findings] == [Status.BLOCK]
    assert said in findings[0].message


@pytest.mark.parametrize("source", ["https://letters.practice.example/pictures/a.jpg", "cid:a"])
def test_a_picture_of_the_practices_own_is_fine(source: str) -> None:
    assert only(with_html("<hr", f'<img src="{source}" alt="x"><hr'), "tracking").status is Status.OK


@pytest.mark.parametrize(
    ("anchor", "status", "said"),
    [
        ("<a>Nowhere</a>", Status.BLOCK, "leads nowhere"),
        ('<a href="/about">About us all</a>', Status.BLOCK, "no whole address"),
        ('<a href="javascript:x">Do it</a>', Status.BLOCK, "no whole address"),
        ('<a href="https://a.example/"></a>', Status.WARN, "has no words"),
        ('<a href="https://a.example/">Click here…</a>', Status.WARN, "read aloud alone"),
        ('<a href="http://a.example/">A page</a>', Status.WARN, "not encrypted"),
        ('<a href="http://[broken/">A page</a>', Status.BLOCK, "no whole address"),
    ],
)
def test_a_link_is_whole_and_says_where_it_leads(anchor: str, status: Status, said: str) -> None:
    (finding,) = found(with_html("<hr", f"{anchor}<hr"), "links")
    assert (finding.status, said in finding.message) == (status, True)


@pytest.mark.parametrize(
    ("address", "reply_to", "status"),
    [
        ("no-reply@practice.example", "miriam@practice.example", Status.BLOCK),
        ("letters@practice.example", "DoNotReply@practice.example", Status.BLOCK),
        ("newsletter-noreply@practice.example", "miriam@practice.example", Status.BLOCK),
        ("miriam@gmail.com", "miriam@gmail.com", Status.WARN),
        ("letters@practice.example", "miriam@gmail.com", Status.OK),
    ],
)
def test_answers_reach_a_person(address: str, reply_to: str, status: Status) -> None:
    letter = replace(letter_of([essay()]), sender=replace(SENDER, address=address, reply_to=reply_to))
    assert only(draft_of([essay()], letter=letter), "sender").status is status


def test_the_postal_address_is_asked_for_and_looked_for() -> None:
    assert (
        "no postal address" in only(draft_of([essay()], house=replace(HOUSE, address=" ")), "address").message
    )
    letter = letter_of([essay()])
    without = replace(letter, text=letter.text.replace("12 Example Lane", "somewhere"))
    assert "not in the text part" in only(draft_of([essay()], letter=without), "address").message


def test_the_check_says_how_readers_leave() -> None:
    assert "one click" in only(draft_of([essay()], leaving=BY_WEB), "leaving").message
    assert "by a mail" in only(draft_of([essay()], leaving=BY_MAIL), "leaving").message
    plain_http = replace(BY_WEB, base_url="http://letters.practice.example")
    assert only(draft_of([essay()], leaving=plain_http), "leaving").status is Status.WARN


def test_a_letter_that_cannot_be_left_blocks() -> None:
    letter = letter_of([essay()])
    stuck = replace(letter, text=letter.text.replace("/u/", "/x/"))
    assert only(draft_of([essay()], letter=stuck), "leaving").status is Status.BLOCK


@pytest.mark.parametrize(("readers", "said"), [(0, "nobody"), (1, "1 reader will"), (3, "3 readers will")])
def test_the_check_says_how_many_will_get_it(readers: int, said: str) -> None:
    assert said in only(draft_of([essay()], readers=readers), "readers").message


def test_every_check_is_named_in_the_contributors_guide() -> None:
    guide = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text("utf-8")
    assert "pipeline/check/" in guide


# --- concerns


CURE = "<p>This evening class cures anxiety, and you will never feel alone again.</p>"


def test_a_question_of_ethics_is_asked_with_its_sentence_and_how_to_answer_it() -> None:
    asked = only(draft_of([essay(CURE)]), "concerns")
    assert asked.status is Status.WARN
    assert "promise of cure: “This evening class cures anxiety" in asked.message
    assert asked.message.endswith("not to promise results.")
    name = name_of("promise of cure", essay(CURE).reading.concerns[0].evidence)
    assert asked.fix.endswith(f"`warmletter compose --fine {name}`")


def test_what_she_called_fine_is_not_asked_again_while_its_sentence_stands() -> None:
    (concern,) = essay(CURE).reading.concerns
    issue = replace(issue_of([essay(CURE)]), fine=((concern.kind, concern.evidence.upper()),))
    assert only(draft_of([essay(CURE)], issue=issue), "concerns").status is Status.OK
    changed = essay(CURE.replace("evening", "morning"))
    assert only(draft_of([changed], issue=issue), "concerns").status is Status.WARN


# --- lock screen


@pytest.mark.parametrize(
    "line",
    [
        "Before your next session",
        "About your therapy",
        "A note for my clients",
        "You are my client",
        "Since we last met",
        "Our session in December",
        "Client news for May",
    ],
)
def test_a_line_that_says_the_reader_is_a_client_is_found_wherever_it_shows(line: str) -> None:
    by_subject, by_preheader = with_letter(subject=line), with_letter(preheader=line)
    named = letter_of([essay()])
    by_name = draft_of([essay()], letter=replace(named, sender=replace(named.sender, name=line)))
    places = [only(draft, "lock screen") for draft in (by_subject, by_preheader, by_name)]
    assert [one.message.split(" “")[0] for one in places] == [
        "the subject",
        "the preheader",
        "the sender's name",
    ]
    assert all(one.status is Status.WARN and one.fix for one in places)


@pytest.mark.parametrize(
    "line",
    [
        "Why the relationship with your therapist matters",
        "What therapy taught me about rain",
        "Your time at the window",
        "Five things my dog taught me",
        "The session that was silent",
    ],
)
def test_a_line_that_speaks_to_anybody_is_left_alone(line: str) -> None:
    assert only(with_letter(subject=line), "lock screen").status is Status.OK


def test_what_mail_programs_know_is_looked_through_once_a_year() -> None:
    assert only(draft_of([essay()]), "mail programs").status is Status.OK
    old = known().reviewed_on + timedelta(days=known().review_days + 1)
    assert "last looked through" in only(draft_of([essay()], today=old), "mail programs").message


def test_every_feature_on_the_list_says_what_becomes_of_it_elsewhere() -> None:
    for table in (known().properties, known().elements, known().rules):
        assert all(text.strip() for text in table.values())


def test_an_abbreviation_is_not_shouted_and_a_shouted_title_is() -> None:
    assert only(with_letter(subject="What EMDR is, and is not"), "capitals").status is Status.OK
    loud = essay(title="WHAT I NEVER SAID")
    assert "the title “WHAT I NEVER SAID”" in " ".join(c.message for c in found(draft_of([loud]), "capitals"))
    meant = essay("<p>She said PLEASE STAY and meant it.</p>")
    assert "as you wrote it: “PLEASE STAY" in only(draft_of([meant]), "capitals").message


def test_a_letter_without_a_body_or_frame_is_survived() -> None:
    letter = replace(letter_of([essay()]), html="<p>Nothing else</p>")
    names = {one.name for one in check(draft_of([essay()], letter=letter)) if one.status is not Status.OK}
    assert {"frame", "order", "text part", "contrast"} <= names


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("color: rgb(200, 200, 200)", "contrast"),
        ("color: white", "contrast"),
        ("font-size: 60%", "type size"),
        ("font-size: 0.5em", "type size"),
        ("font-size: 8pt", "type size"),
        ("font-size: x-small", "type size"),
    ],
)
def test_colours_and_sizes_are_understood_in_every_way_of_writing(style: str, said: str) -> None:
    draft = with_html("<hr", f'<p style="color: #2B2723; {style}">Hardly there</p><hr')
    assert any("Hardly there" in one.message for one in found(draft, said))


def test_what_is_not_displayed_is_not_measured() -> None:
    draft = with_html("<hr", '<p style="display: none; font-size: 1px; color: #FFFFFF">Not there</p><hr')
    assert only(draft, "type size").status is Status.OK
    assert only(draft, "contrast").status is Status.OK
