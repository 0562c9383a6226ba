"""The commands as they are typed: output, exit codes, JSON shapes."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import click
import pytest

from pipeline import example
from pipeline.cli.main import COMMANDS, cli, main
from pipeline.cli.sending import stopping
from pipeline.demo.server import BlogServer
from tests.practice import WORDS, configure, item, write_feed

ROOT = Path(__file__).parents[1]


class Terminal:
    """Types a command in a folder; keeps what it said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *words: str) -> int:
        self._monkeypatch.setattr(sys, "argv", ["warmletter", *words])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        self.out, self.err = self._capsys.readouterr()
        return code

    def json(self, *words: str) -> Any:
        assert self(*words) == 0, self.err
        return json.loads(self.out)


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """A folder with a config and two posts of November."""
    monkeypatch.chdir(tmp_path)
    configure(tmp_path)
    write_feed(
        tmp_path,
        item("Keeping company", WORDS * 3, "03 Nov 2026"),
        item("The kettle", WORDS, "10 Nov 2026"),
    )
    return Terminal(monkeypatch, capsys)


def composed(typed: Terminal) -> None:
    assert typed("collect") == 0
    assert typed("compose", "--issue", "2026-11") == 0
    assert typed("subscribers", "add", "anna@example.org", "--name", "Anna") == 0


def test_the_whole_way_by_hand(typed: Terminal, tmp_path: Path) -> None:
    composed(typed)
    assert typed("preview", "--out", "letter") == 0
    assert sorted(path.name for path in (tmp_path / "letter").iterdir()) == [
        "checks.json",
        "issue.json",
        "letter.eml",
        "letter.html",
        "letter.txt",
        "web.html",
    ]
    assert typed("check") == 0
    assert typed("approve", "--yes", "1") == 0
    assert "approved for 1 reader" in typed.out
    assert typed("send", "--dry-run") == 0
    assert "nothing was sent" in typed.out
    assert typed("send") == 0
    (mail,) = (tmp_path / "outbox").glob("*.eml")
    message = BytesParser(policy=policy.default).parsebytes(mail.read_bytes())
    assert message["To"] == "Anna <anna@example.org>"
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert typed("send") == 0
    assert "nothing is sent twice" in typed.out
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1
    assert typed("report") == 0
    assert "1 accepted" in typed.out
    assert typed("status") == 0
    assert "2026-11 “Keeping company”: sent, 1 of 1 accepted" in typed.out


def test_issue_json_and_checks_json_are_a_contract(typed: Terminal, tmp_path: Path) -> None:
    composed(typed)
    typed("preview", "--out", "letter")
    issue = json.loads((tmp_path / "letter" / "issue.json").read_text())
    assert set(issue) >= {
        "issue",
        "subject",
        "preheader",
        "lead",
        "posts",
        "quote",
        "reasons",
        "fingerprint",
    }
    assert issue["posts"][0] == issue["lead"]
    assert len(issue["fingerprint"]) == 64
    checks = json.loads((tmp_path / "letter" / "checks.json").read_text())
    assert {tuple(sorted(found)) for found in checks} == {("fix", "message", "name", "status")}
    assert {found["status"] for found in checks} <= {"ok", "warn", "block"}


def test_the_preview_is_what_is_approved(typed: Terminal, tmp_path: Path) -> None:
    composed(typed)
    typed("preview", "--out", "one")
    typed("preview", "--out", "two")
    for name in ("letter.html", "letter.txt", "issue.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_json_everywhere_something_is_listed(typed: Terminal) -> None:
    report = typed.json("collect", "--json")
    assert (report["outcome"], report["new"], report["known"], report["held"]) == ("changed", 2, 0, 0)
    assert typed.json("compose", "--issue", "2026-11", "--json")["subject"] == "Keeping company"
    assert typed.json("check", "--json")[0]["name"] == "words"
    typed("subscribers", "add", "anna@example.org")
    assert typed.json("subscribers", "list", "--json")[0]["email"] == "anna@example.org"
    typed("approve", "--yes", "1")
    sent = typed.json("send", "--json")
    parts = ("accepted", "refused", "suppressed", "unknown", "queued")
    assert sent["frozen"] == 1 == sum(sent[part] for part in parts)
    assert typed.json("report", "--json") == sent
    status = typed.json("status", "--json")
    assert (status["readers"], status["issues"][0]["state"]) == (1, "sent")


def test_choices_by_command_win_and_stay(typed: Terminal, tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("A *wet* month.")
    typed("collect")
    choose = ("--lead", "The kettle", "--subject", "Tea", "--note", "note.md", "--quote", "")
    assert typed("compose", "--issue", "2026-11", *choose) == 0
    issue = typed.json("compose", "--json")
    assert (issue["subject"], issue["quote"]) == ("Tea", None)
    assert issue["titles"][issue["lead"]] == "The kettle"


def test_a_dead_feed_does_not_stop_the_others(typed: Terminal, tmp_path: Path) -> None:
    configure(tmp_path, feeds__urls=["missing.xml", str(tmp_path / "feed.xml")])
    assert typed("collect") == 1
    assert "missing.xml" in typed.err
    assert "2 new posts" in typed.out


def test_one_feed_alone(typed: Terminal, tmp_path: Path) -> None:
    assert typed("collect", "--feed", str(tmp_path / "feed.xml")) == 0
    assert typed.out.count("\n") == 1


def test_a_config_with_three_mistakes_says_all_three(typed: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        path.read_text()
        .replace('author = "Miriam"', 'autor = "Miriam"')
        .replace("max_posts = 5", "max_posts = 0")
        .replace('time = "09:00"', 'time = "nine"')
    )
    assert typed("collect") == 2
    assert typed.err.count("config.toml: ") == 4, typed.err  # the missing author is one, the odd name another
    assert not (tmp_path / "data").exists()


def test_no_config_says_how_to_get_one(typed: Terminal, tmp_path: Path) -> None:
    (tmp_path / "config.toml").unlink()
    assert typed("collect") == 2
    assert "warmletter init" in typed.err


def test_another_config_may_be_named_before_or_after_the_command(typed: Terminal, tmp_path: Path) -> None:
    (tmp_path / "config.toml").rename(tmp_path / "other.toml")
    assert typed("--config", "other.toml", "collect") == 0
    assert typed("collect", "--config", "other.toml") == 0


def test_a_month_without_posts_says_where_they_are(typed: Terminal) -> None:
    typed("collect")
    assert typed("compose", "--issue", "2026-10") == 1
    assert "compose --issue 2026-11" in typed.err
    assert typed("compose", "--issue", "October") == 2


def test_a_blocked_letter_exits_with_one(typed: Terminal, tmp_path: Path) -> None:
    configure(tmp_path, practice__address="")
    composed(typed)
    assert typed("check") == 1
    assert "practice.address" in typed.out
    assert typed("approve", "--yes", "1") == 1


def test_approve_asks_for_the_number_and_only_a_person_can_answer(typed: Terminal) -> None:
    composed(typed)
    assert typed("approve") == 2
    assert "--yes 1" in typed.err
    assert typed("approve", "--yes", "2") == 1
    assert typed("approve", "--undo") == 1
    typed("approve", "--yes", "1")
    assert typed("approve", "--undo") == 0


def test_approve_takes_the_number_from_the_keyboard(typed: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    composed(typed)
    monkeypatch.setattr("pipeline.cli.letter.is_terminal", lambda: True)
    monkeypatch.setattr(click, "prompt", lambda *_, **__: 1)
    assert typed("approve") == 0


def test_send_without_a_yes_says_what_to_do(typed: Terminal) -> None:
    composed(typed)
    assert typed("send") == 1
    assert "warmletter approve" in typed.err


def test_a_test_mail_goes_to_one_address(typed: Terminal, tmp_path: Path) -> None:
    composed(typed)
    assert typed("test", "miriam@practice.example") == 0
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1
    assert typed("test", "nobody") == 2
    assert "nobody" not in typed.err


def test_preview_writes_only_where_it_can(typed: Terminal, tmp_path: Path) -> None:
    composed(typed)
    assert typed("preview", "--issue", "2026-11") == 2
    assert "--issue goes with --out" in typed.err
    (tmp_path / "file").write_text("")
    assert typed("preview", "--out", "file/letter") == 1
    assert "Traceback" not in typed.err


def test_the_list_is_brought_from_csv_with_consent_only(typed: Terminal, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("name,email\nAnna,anna@example.org\n,bilal@example.org\nX,broken\n")
    assert typed("subscribers", "import", "list.csv") == 2
    assert typed("subscribers", "import", "list.csv", "--consent", "form, 2026") == 2
    assert typed("subscribers", "import", "list.csv", "--consent", "form, 2026", "--yes") == 1
    assert "2 added" in typed.out
    assert "line 4" in typed.err
    assert "broken" not in typed.err
    (tmp_path / "list.csv").write_text("email\nanna@example.org\n")
    assert typed("subscribers", "import", "list.csv", "--consent", "form, 2026", "--yes") == 0
    assert "0 added, 1 already there" in typed.out
    (tmp_path / "list.csv").write_text("email\n")
    assert typed("subscribers", "import", "list.csv", "--consent", "form, 2026", "--yes") == 1
    assert typed("subscribers", "list") == 0
    assert "2 readers." in typed.out


def test_who_asks_to_leave_is_removed_and_stays_so(typed: Terminal, tmp_path: Path) -> None:
    composed(typed)
    typed("subscribers", "add", "bilal@example.org")
    typed("approve", "--yes", "2")
    assert typed("subscribers", "remove", "Anna@EXAMPLE.org") == 0
    assert "Taken off the list. 1 reader." in typed.out
    assert typed("send") == 0, "fewer than agreed to are those who left"
    (mail,) = (tmp_path / "outbox").glob("*.eml")
    assert b"bilal@example.org" in mail.read_bytes()
    assert typed("subscribers", "remove", "anna@example.org") == 1
    assert typed("subscribers", "remove", "not-an-address") == 2
    assert typed("subscribers", "add", "anna@example.org") == 1
    assert "that no is kept" in typed.err


def test_an_import_can_be_confirmed_at_the_keyboard(
    typed: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "list.csv").write_text("email\nanna@example.org\n")
    monkeypatch.setattr("pipeline.cli.subscribers.is_terminal", lambda: True)
    monkeypatch.setattr(click, "confirm", lambda *_, **__: True)
    assert typed("subscribers", "import", "list.csv", "--consent", "form, 2026") == 0


def test_a_wrong_address_is_refused_without_being_repeated(typed: Terminal) -> None:
    assert typed("subscribers", "add", "not-an-address") == 2
    assert "not-an-address" not in typed.err
    assert typed("subscribers", "add", "anna@example.org") == 0
    assert typed("subscribers", "add", "Anna@EXAMPLE.org") == 0
    assert "Already there. 1 reader." in typed.out


def test_read_shows_a_file_with_reasons_and_needs_no_config(typed: Terminal, tmp_path: Path) -> None:
    (tmp_path / "config.toml").unlink()
    page = (
        f"<html><head><title>Rain</title></head><body><nav>Menu</nav><article>{WORDS}</article></body></html>"
    )
    (tmp_path / "post.html").write_text(page)
    assert typed("read", "post.html") == 0
    assert "Rain" in typed.out
    assert "Menu" not in typed.out
    (tmp_path / "fragment.html").write_text("<h1>From the heading</h1><ol><li>Breathe in</li></ol>" + WORDS)
    (tmp_path / "bare.html").write_text(WORDS)
    assert typed("read", "--json", "--title", "Given", "post.html", "fragment.html", "bare.html") == 0
    told = [json.loads(line) for line in typed.out.splitlines()]
    assert [one["title"] for one in told] == ["Rain", "From the heading", "Given"]
    assert set(told[0]) >= {
        "title",
        "language",
        "words",
        "voice",
        "blocks",
        "units",
        "quotes",
        "care",
        "concerns",
    }


def test_read_knows_posts_by_id_and_address(typed: Terminal) -> None:
    typed("collect")
    issue = typed.json("compose", "--issue", "2026-11", "--json")
    assert typed.json("read", "--json", issue["lead"])["title"] == "Keeping company"
    assert typed.json("read", "--json", "https://practice.example/blog/the-kettle")["title"] == "The kettle"


@pytest.mark.parametrize("content", [b"", b"   \n"])
def test_read_says_what_it_cannot_read_and_goes_on(typed: Terminal, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "empty.html").write_bytes(content)
    (tmp_path / "good.html").write_bytes("<p>It’s a good day.</p>".encode("windows-1252"))
    assert typed("read", "empty.html", "missing.html", "good.html") == 1
    assert "the file is empty" in typed.err
    assert "missing.html" in typed.err
    assert "It’s a good day." in typed.out


def test_read_fetches_a_page(typed: Terminal) -> None:
    with BlogServer() as blog:
        assert typed("read", "--json", blog.address) == 0
        assert json.loads(typed.out)["title"] == "The Quiet Room"
        assert typed("read", f"{blog.address}/none") == 1
    assert typed("read", f"{blog.address}/") == 1
    assert "Traceback" not in typed.err


def test_init_finds_the_feed_and_writes_a_config(typed: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    with BlogServer() as blog:
        assert typed("init", blog.address, "--allow-private") == 2, "a config that is there is kept"
        path.unlink()
        done = typed(
            "init", blog.address, "--allow-private", "--name", "The “Quiet” Room", "--author", "Miriam",
            "--from", "letters@practice.example", "--postal", "12 Example Lane", "--country", "gb",
        )  # fmt: skip
        assert done == 0, typed.err
        assert blog.url in path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert typed("collect") == 0
        assert "8 new posts" in typed.out


def test_init_says_what_it_did_not_find(typed: Terminal, tmp_path: Path) -> None:
    (tmp_path / "config.toml").unlink()
    assert typed("init") == 2
    (tmp_path / "page.html").write_text("<html><body>No feed here</body></html>")
    assert typed("init", str(tmp_path / "page.html")) == 1
    assert "no feed was found" in typed.err


def test_the_example_config_may_be_written_over(typed: Terminal, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(example.text(), "utf-8")
    by = ("--author", "Miriam", "--from", "letters@practice.example")
    assert typed("init", str(tmp_path / "feed.xml"), *by) == 0


def test_init_writes_nothing_for_a_wrong_answer_or_without_a_signature(
    typed: Terminal, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").unlink()
    assert typed("init", str(tmp_path / "feed.xml")) == 2
    assert "Who signs the letter" in typed.err
    assert typed("init", str(tmp_path / "feed.xml"), "--author", "M", "--timezone", "London") == 2
    assert "'London' is not a time zone" in typed.err
    assert not (tmp_path / "config.toml").exists()


def test_demo_makes_a_letter_and_a_second_run_sends_nothing_twice(typed: Terminal, tmp_path: Path) -> None:
    assert typed("demo") == 0, typed.err
    assert "1 changed" in typed.out
    assert "3 accepted" in typed.out
    mails = {path: path.read_bytes() for path in (tmp_path / "demo/sample/outbox").glob("*.eml")}
    assert len(mails) == 3
    for raw in mails.values():
        message = BytesParser(policy=policy.default).parsebytes(raw)
        assert len(message["To"].addresses) == 1
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert typed("demo") == 0
    assert "nothing is sent twice" in typed.out
    assert {path: path.read_bytes() for path in (tmp_path / "demo/sample/outbox").glob("*.eml")} == mails


def test_demo_takes_a_file_or_an_address(typed: Terminal, tmp_path: Path) -> None:
    assert typed("demo", "--feed", "feed.xml") == 0
    assert (tmp_path / "demo/feed/letter/letter.html").exists()
    with BlogServer() as blog:
        assert typed("demo", "--feed", blog.wordpress_url) == 0
    assert typed("demo", "--feed", "none.xml") == 2
    (tmp_path / "bad.xml").write_text("<html>no</html>")
    assert typed("demo", "--feed", "bad.xml") == 1
    assert "Traceback" not in typed.err
    (tmp_path / "void.xml").write_text("<rss version='2.0'><channel><title>x</title></channel></rss>")
    assert typed("demo", "--feed", "void.xml") == 1


def test_demo_shows_a_letter_that_a_check_holds_back(typed: Terminal, tmp_path: Path) -> None:
    write_feed(tmp_path, item("Soon", "<p>Back soon.</p>", "03 Nov 2026"))
    assert typed("demo", "--feed", "feed.xml") == 1
    assert "look at" in typed.err


def test_run_waits_for_the_hour_and_ends_politely(typed: Terminal) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pipeline", "run"], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert process.stdout is not None
    assert "The next letter is" in process.stdout.readline()
    assert "2 new posts" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=20)[0].endswith("Ended.\n")
    assert process.returncode == 0


def test_every_command_has_help_and_stands_in_the_readme(typed: Terminal) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert typed("--help") == 0
    for command in COMMANDS:
        assert command.help, command.name
        assert f"warmletter {command.name}" in readme, command.name
        assert str(command.name) in typed.out
    assert list(cli.commands) == [command.name for command in COMMANDS]


def test_a_wrong_word_is_wrong_use(typed: Terminal) -> None:
    assert typed("colect") == 2
    assert typed("compose", "--isue", "x") == 2
    assert typed("--version") == 0


def test_asking_twice_to_stop_stops_at_once() -> None:
    with stopping() as stop:
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_outside_of_sending_is_one_word(typed: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise click.Abort

    monkeypatch.setattr("pipeline.wiring.opened", interrupted)
    assert typed("collect") == 1
    assert typed.err == "Stopped.\n"


def test_a_pipe_that_closed_is_no_crash(typed: Terminal) -> None:
    typed("collect")
    many = subprocess.run(
        f"{sys.executable} -m pipeline status | true", shell=True, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in many.stderr


def test_the_demo_sends_nothing_whatever_the_users_own_config_says(typed: Terminal, tmp_path: Path) -> None:
    config = configure(
        tmp_path, send__provider="postmark", send__api_key_env="TOKEN", practice__author="Real"
    )
    before = config.read_bytes()
    assert typed("demo") == 0
    assert config.read_bytes() == before
    assert len(list((tmp_path / "demo/sample/outbox").glob("*.eml"))) == 3
    assert b"Real" not in (tmp_path / "demo/sample/letter/letter.html").read_bytes()


def test_two_feeds_of_one_name_have_a_folder_each(typed: Terminal, tmp_path: Path) -> None:
    for name, title in (("a", "Keeping company"), ("b", "Quite another")):
        (tmp_path / name).mkdir()
        write_feed(tmp_path / name, item(title, WORDS * 3, "03 Nov 2026"))
        assert typed("demo", "--feed", f"{name}/feed.xml") == 0
        assert f"Subject:    {title}" in typed.out
    assert typed("demo", "--feed", "a/feed.xml") == 0
    assert "nothing is sent twice" in typed.out
    assert "Keeping company" in typed.out


def test_a_note_that_is_not_utf_8_says_so(typed: Terminal, tmp_path: Path) -> None:
    typed("collect")
    (tmp_path / "note.md").write_bytes("Schöne Grüße".encode("latin-1"))
    assert typed("compose", "--issue", "2026-11", "--note", "note.md") == 2
    assert "UTF-8" in typed.err
    (tmp_path / "note.md").write_bytes("\ufeffGood day.".encode())
    assert typed("compose", "--issue", "2026-11", "--note", "note.md") == 0


def test_a_folder_that_cannot_be_written_is_one_sentence(
    typed: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "letter")

    monkeypatch.setattr("pipeline.wiring.opened", refused)
    assert typed("collect") == 1
    assert typed.err.startswith("letter: Permission denied")


def test_the_users_config_in_the_checkout_begins_as_the_example() -> None:
    changed = subprocess.run(
        ["git", "diff", "--quiet", "HEAD", "--", "config.toml"], cwd=ROOT, check=False
    ).returncode
    if changed == 0:  # filled in by `warmletter init`, it is the user's
        assert (ROOT / "config.toml").read_text("utf-8") == example.text()


def test_what_waits_is_listed_and_takes_the_two_answers(typed: Terminal) -> None:
    odd = ("Hello world!", "Test")
    write_feed(Path.cwd(), *(item(title, WORDS, "04 Nov 2026") for title in odd))
    assert typed("held") == 0
    assert "No post waits" in typed.out
    assert typed.json("collect", "--json")["held"] == 2
    waiting = {post["title"]: post for post in typed.json("held", "--json")}
    assert set(waiting) == set(odd)
    assert set(waiting["Test"]) == {"id", "title", "feed", "reason"}
    assert typed("status") == 0
    assert "“Test” waits for your word: it looks like a test" in typed.out
    assert [post["title"] for post in typed.json("status", "--json")["held"]]
    assert typed("held", "--release", waiting["Hello world!"]["id"]) == 0
    assert "“Hello world!” may be in a letter." in typed.out
    assert "warmletter held --release ID" in typed.out
    assert typed("compose", "--issue", "2026-11") == 0
    assert "not in it: “Test”" in typed.out
    assert typed("held", "--drop", waiting["Test"]["id"]) == 0
    assert "“Test” will be in no letter." in typed.out
    assert typed("held", "--release", "nothing") == 2


def test_check_asks_the_links_only_when_told_to(typed: Terminal) -> None:
    composed(typed)
    assert typed("check") == 0
    assert "answers:" not in typed.out
    assert typed("check", "--links") == 0
    assert "answers:" in typed.out


def test_on_a_terminal_the_checks_are_a_table(typed: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    composed(typed)
    monkeypatch.setattr("pipeline.cli.shared.is_terminal", lambda: True)
    assert typed("check") == 0
    assert "what was found" in typed.out
    assert "placeholders" in typed.out
