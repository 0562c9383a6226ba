"""What each provider's answer becomes, to the word: it is all that the author is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest

from pipeline.deliver.providers import (
    brevo_answers,
    mailgun_answers,
    postmark_codes,
    resend_answers,
    ses_answers,
)
from pipeline.deliver.providers.http import UNANSWERED, UNREADABLE, Answer
from pipeline.errors import ProviderStop
from pipeline.model import Outcome, OutcomeKind

WAIT = "the provider asks to wait"
NO_ADDRESS = "the provider says this is no mail address"
WITH_AN_ADDRESS = "reader1@example.org is not one"


def answer(status: int, body: object = b"", **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(
        status=status,
        body=content,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def accepted(provider_id: str) -> Outcome:
    return Outcome(kind=OutcomeKind.ACCEPTED, provider_id=provider_id)


def refused(reason: str, *, whole: bool = False) -> Outcome:
    return Outcome(kind=OutcomeKind.REFUSED, reason=reason, whole=whole)


def later(reason: str, after_s: float | None = None) -> Outcome:
    return Outcome(kind=OutcomeKind.RETRY, reason=reason, retry_after_s=after_s)


def unknown(reason: str, after_s: float | None = None, *, final: bool = False) -> Outcome:
    return Outcome(kind=OutcomeKind.UNKNOWN, reason=reason, retry_after_s=after_s, final=final)


def stopped(act: Callable[[], object]) -> str:
    """What the author reads where the run ends, on its two lines."""
    with pytest.raises(ProviderStop) as caught:
        act()
    return str(caught.value)


# --- Brevo


def of_brevo(status: int, code: object, **headers: str) -> Answer:
    return answer(status, {"code": code, "message": WITH_AN_ADDRESS}, **headers)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        pytest.param(of_brevo(429, "too_many"), later(WAIT), id="429"),
        pytest.param(of_brevo(429, "x", **{"x-sib-ratelimit-reset": " 42 "}), later(WAIT, 42.0), id="reset"),
        pytest.param(of_brevo(429, "x", **{"x-sib-ratelimit-reset": "4²"}), later(WAIT), id="odd reset"),
        pytest.param(
            of_brevo(429, "x", **{"x-sib-ratelimit-reset": "9" * 30}), later(WAIT, 86_400.0), id="far reset"
        ),
        pytest.param(
            of_brevo(429, "x", **{"x-sib-ratelimit-reset": "42", "Retry-After": "7"}),
            later(WAIT, 7.0),
            id="Retry-After first",
        ),
        pytest.param(of_brevo(408, "x"), unknown("the provider failed (408)"), id="408"),
        pytest.param(of_brevo(500, "x"), unknown("the provider failed (500)"), id="500"),
        pytest.param(
            of_brevo(400, "invalid_parameter"),
            refused("the provider refused the call (invalid_parameter)", whole=True),
            id="400",
        ),
        pytest.param(
            of_brevo(422, WITH_AN_ADDRESS),
            refused("the provider refused the call (422)", whole=True),
            id="422",
        ),
        pytest.param(
            of_brevo(413, ["x"]), refused("the provider refused the call (413)", whole=True), id="413"
        ),
    ],
)
def test_brevo_of_a_call(given: Answer, outcome: Outcome) -> None:
    assert brevo_answers.failed(given) == outcome
    assert not brevo_answers.is_repeat(given)


BREVO_KEY = "look at the variable named by send.api_key_env and at Brevo's authorised IPs; nobody was marked"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param(answer(401), f"the key was not accepted\n  {BREVO_KEY}", id="401"),
        pytest.param(answer(402), "the account is out of credit\n  buy credit, then repeat", id="402"),
        pytest.param(answer(403), "the account may not send\n  write to Brevo's support", id="403"),
        pytest.param(
            of_brevo(403, "account_under_validation"),
            "the account waits for its validation\n  ",
            id="validation",
        ),
        pytest.param(
            answer(409),
            "the request was not accepted (HTTP 409)\n  look at send.endpoint; nobody was marked",
            id="409",
        ),
        pytest.param(
            answer(499),
            "the request was not accepted (HTTP 499)\n  look at send.endpoint; nobody was marked",
            id="499",
        ),
    ],
)
def test_brevo_of_the_account(given: Answer, words: str) -> None:
    assert stopped(lambda: brevo_answers.failed(given)).startswith(f"brevo: {words}")


def test_brevo_of_what_it_took() -> None:
    assert brevo_answers.taken({"messageIds": ["a", "b"]}, 2) == (accepted("a"), accepted("b"))
    assert brevo_answers.taken({"messageId": "a"}, 1) == (accepted("a"),)
    for said in ({"messageId": "a"}, {"messageIds": ["a"]}, {"messageIds": ["a", 2]}, ["a", "b"], None):
        assert brevo_answers.taken(said, 2) == (UNREADABLE, UNREADABLE)
    assert brevo_answers.taken({"messageId": None}, 1) == (UNREADABLE,)


# --- Resend


def of_resend(status: int, name: object, **headers: str) -> Answer:
    return answer(status, {"name": name, "message": WITH_AN_ADDRESS}, **headers)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        pytest.param(of_resend(429, "rate_limit_exceeded", Retry_After="2"), later(WAIT, 2.0), id="429"),
        pytest.param(
            of_resend(422, "validation_error"),
            refused("the provider refused the call (validation_error)", whole=True),
            id="422",
        ),
        pytest.param(
            of_resend(400, WITH_AN_ADDRESS),
            refused("the provider refused the call (400)", whole=True),
            id="400",
        ),
        pytest.param(
            of_resend(413, {}), refused("the provider refused the call (413)", whole=True), id="413"
        ),
        pytest.param(of_resend(408, "x"), unknown("the provider failed (408)"), id="408"),
        pytest.param(
            of_resend(503, "x", Retry_After="9"), unknown("the provider failed (503)", 9.0), id="503"
        ),
        pytest.param(
            of_resend(409, "concurrent_idempotent_requests", Retry_After="3"),
            unknown("the provider is still at work on this call", 3.0),
            id="still at work",
        ),
        pytest.param(
            of_resend(409, "invalid_idempotent_request", Retry_After="3"),
            unknown("the provider knows this call with other words in it", final=True),
            id="other words",
        ),
        pytest.param(
            of_resend(409, "another"),
            unknown("the provider knows this call with other words in it"),
            id="409",
        ),
    ],
)
def test_resend_of_a_call(given: Answer, outcome: Outcome) -> None:
    assert resend_answers.failed(given) == outcome


RESEND_KEY = "look at the variable named by send.api_key_env; nobody was marked"
RESEND_DOMAIN = "verify the domain of send.from on Resend's Domains page; nobody was marked"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param(answer(401), f"the key was not accepted\n  {RESEND_KEY}", id="401"),
        pytest.param(answer(403), f"it does not take mail from this sender\n  {RESEND_DOMAIN}", id="403"),
        pytest.param(answer(451), "the account is held for a security check\n  write to", id="451"),
        pytest.param(
            of_resend(400, "invalid_idempotency_key"),
            "the request was not accepted (HTTP 400)\n  look at send.endpoint; nobody was marked",
            id="our key",
        ),
        pytest.param(
            answer(404),
            "the request was not accepted (HTTP 404)\n  look at send.endpoint; nobody was marked",
            id="404",
        ),
        pytest.param(
            of_resend(429, "daily_quota_exceeded"), "today's quota is used up\n  repeat", id="quota"
        ),
    ],
)
def test_resend_of_the_account(given: Answer, words: str) -> None:
    assert stopped(lambda: resend_answers.failed(given)).startswith(f"resend: {words}")


def test_resend_of_a_mail_that_went_alone() -> None:
    assert resend_answers.single({"id": "a"}) == accepted("a")
    for said in ({"id": 7}, {}, ["a"], None):
        assert resend_answers.single(said) == UNREADABLE


def test_resend_of_each_mail() -> None:
    said = {
        "data": [{"id": "a"}],
        "errors": [{"index": 0, "message": f"Invalid `to` field: {WITH_AN_ADDRESS}"}],
    }
    assert resend_answers.each(said, 2) == (refused(NO_ADDRESS), accepted("a"))
    said = {"data": [], "errors": [{"index": 0}]}
    assert resend_answers.each(said, 1) == (refused("the provider refused the letter", whole=True),)


def a_domain(**changes: object) -> Mapping[str, object]:
    return {"id": "d1", "name": "Example.ORG", "status": "verified"} | changes


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_of_resend_that_may_only_send_is_not_asked_of_domains(status: int) -> None:
    assert resend_answers.require_untracked(of_resend(status, "restricted_api_key"), "example.org") == ""
    words = stopped(
        lambda: resend_answers.require_untracked(of_resend(status, "invalid_api_key"), "example.org")
    )
    assert words == f"resend: the key was not accepted\n  {RESEND_KEY}"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param(
            UNANSWERED,
            "it could not be asked about the sender's domain\n"
            "  look at the connection, then repeat; nothing was sent",
            id="no answer",
        ),
        pytest.param(answer(402, {"data": []}), "it could not be asked about", id="402"),
        pytest.param(
            answer(200, {"data": [a_domain(status="pending")]}),
            f"the sender's domain is not verified\n  {RESEND_DOMAIN}",
            id="not verified",
        ),
        pytest.param(
            answer(200, {"data": [a_domain(open_tracking=True)]}),
            "the sender's domain tracks readers\n"
            "  switch open and click tracking off on Resend's Domains page; nothing was sent",
            id="tracks",
        ),
        pytest.param(
            answer(200, {"data": [a_domain(name="other.example"), {}]}),
            f"the account does not know the sender's domain example.org\n  {RESEND_DOMAIN}",
            id="not there",
        ),
    ],
)
def test_resend_of_the_sender_s_domain(given: Answer | Outcome, words: str) -> None:
    assert stopped(lambda: resend_answers.require_untracked(given, "example.org")).startswith(
        f"resend: {words}"
    )


def test_resend_s_domains_go_on_where_the_last_one_says_so() -> None:
    more = answer(
        200, {"data": [a_domain(name="a.example"), a_domain(id="d2", name="b.example")], "has_more": True}
    )
    assert resend_answers.require_untracked(more, "example.org") == "d2"
    nameless = answer(200, {"data": [{"name": "a.example"}], "has_more": True})
    assert "does not know" in stopped(lambda: resend_answers.require_untracked(nameless, "example.org"))
    assert resend_answers.require_untracked(answer(200, {"data": [a_domain()]}), "example.org") == ""


# --- Mailgun


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        pytest.param(answer(200, {"id": "<XX1@example.org>"}), accepted("XX1@example.org"), id="taken"),
        pytest.param(answer(200, {"id": 7}), UNREADABLE, id="no id"),
        pytest.param(answer(429, b"\xff try again after 30 s", Retry_After="7"), later(WAIT, 30.0), id="429"),
        pytest.param(answer(429, b"", Retry_After="7"), later(WAIT, 7.0), id="429 header"),
        pytest.param(answer(402, b"Try again in 5 seconds"), later(WAIT, 5.0), id="402 with a time"),
        pytest.param(answer(429, b"x" * 1000 + b" try again in 5 s"), later(WAIT), id="far down"),
        pytest.param(
            answer(400, b"x"), refused("the message was refused by the provider", whole=True), id="400"
        ),
        pytest.param(
            answer(413, b"x"), refused("the message is too big for the provider", whole=True), id="413"
        ),
        pytest.param(answer(500, b"x"), unknown("the provider failed (500)"), id="500"),
    ],
)
def test_mailgun_of_a_call(given: Answer, outcome: Outcome) -> None:
    assert mailgun_answers.of_all(given) == outcome


ELSEWHERE = (
    "send.endpoint is not the address of its API\n"
    "  leave it empty, or write https://api.eu.mailgun.net for a domain in the EU; nobody was marked"
)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param(answer(200, b"Mailgun Magnificent API"), ELSEWHERE, id="200 of a greeting"),
        pytest.param(
            answer(401),
            "the request was not accepted (HTTP 401)\n  put a sending key of the domain into "
            "the variable named by send.api_key_env; nobody was marked",
            id="401",
        ),
        pytest.param(
            answer(402),
            "the request was not accepted (HTTP 402)\n"
            "  look at the account's plan and credit in Mailgun; nobody was marked",
            id="402",
        ),
        pytest.param(
            answer(403),
            "the request was not accepted (HTTP 403)\n"
            "  look in Mailgun whether domain and account may send, and whether the key is for them; "
            "nobody was marked",
            id="403",
        ),
        pytest.param(
            answer(404),
            "the request was not accepted (HTTP 404)\n"
            "  the domain of send.from must be one of the account's; in the EU, write "
            "https://api.eu.mailgun.net into send.endpoint; nobody was marked",
            id="404",
        ),
        pytest.param(
            answer(415),
            "the request was not accepted (HTTP 415)\n  look at send.endpoint; nobody was marked",
            id="415",
        ),
    ],
)
def test_mailgun_of_the_account(given: Answer, words: str) -> None:
    assert stopped(lambda: mailgun_answers.of_all(given)) == f"mailgun: {words}"


@pytest.mark.parametrize("off", [None, False, "no", "off", "false", ""], ids=str)
def test_mailgun_s_tracking_is_off_in_many_words(off: object) -> None:
    settings = {"open": {"active": off}, "click": {"active": "htmlonly"}, "unsubscribe": {"active": True}}
    assert mailgun_answers.tracks({"tracking": settings}) == ("click", "unsubscribe")
    odd: tuple[object, ...] = ({"tracking": []}, {}, ["tracking"], None)
    for said in odd:
        assert mailgun_answers.tracks(said) == ()


def test_mailgun_s_pages() -> None:
    url = "https://api.mailgun.net/next"
    assert mailgun_answers.page_of(answer(200, {"items": [1], "paging": {"next": url}})) == ([1], url)
    for paging in ({"next": 7}, {}, ["next"], None):
        assert mailgun_answers.page_of(answer(200, {"items": [1], "paging": paging})) == ([1], "")
    for given in (UNANSWERED, answer(500, {"items": []}), answer(200, {"items": {}}), answer(200, b"[")):
        assert stopped(lambda given=given: mailgun_answers.page_of(given)) == (  # type: ignore[misc]
            "mailgun: it could not be asked what it took\n"
            "  look at the connection; then `warmletter resolve` again; nothing was changed"
        )


def test_mailgun_s_events_of_mails_that_are_wanted() -> None:
    wanted = {"k1": "reader1@example.org", "None": "reader2@example.org", "XXXX": "xxxx"}
    event = {
        "recipient": "Reader1@Example.org",
        "user-variables": {"delivery": "%recipient.w0%"},
        "message": {"headers": {"message-id": "<XX1@example.org>"}},
    }
    assert list(mailgun_answers.taken([event, "?"], {"k1": wanted["k1"]})) == [
        ("k1", accepted("XX1@example.org"))
    ]
    nameless = {"user-variables": {"delivery": "k1"}, "message": {"headers": {}}}
    assert list(mailgun_answers.taken([nameless], wanted)) == [("k1", accepted(""))]
    # A variable that is missing is no key, whatever keys there are.
    variables: tuple[object, ...] = ({}, {"delivery": "%x%"}, 7)
    for odd in variables:
        assert list(mailgun_answers.taken([{"user-variables": odd}], wanted)) == []


# --- Amazon SES


def test_ses_of_each_mail() -> None:
    results = [
        {"Status": "SUCCESS", "MessageId": "a"},
        {"Status": "ACCOUNT_SUSPENDED", "Error": WITH_AN_ADDRESS},
        {"Status": "MESSAGE_REJECTED", "Error": WITH_AN_ADDRESS},
        {"Status": "TRANSIENT_FAILURE"},
        {"Status": "ACCOUNT_DAILY_QUOTA_EXCEEDED"},
        {"Status": "SOMETHING_NEW"},
        {"Status": "SUCCESS"},
        "SUCCESS",
    ]
    assert ses_answers.of_each(results, 8) == (
        accepted("a"),
        later("the account is suspended"),
        refused("the message was refused by the provider (MESSAGE_REJECTED)"),
        later("the provider had a passing trouble"),
        later("the account's quota of the day is used up", 3600.0),
        UNREADABLE,
        UNREADABLE,
        UNREADABLE,
    )
    assert (
        ses_answers.of_each([{"Status": "FAILED"}] * 2, 2)
        == (refused("the message was refused by the provider (FAILED)", whole=True),) * 2
    )
    assert ses_answers.of_each([{"Status": "SUCCESS"}], 2) == (UNREADABLE, UNREADABLE)
    assert ses_answers.accepted(["MessageId"]) == UNREADABLE


CONSOLE = "look at the account in the SES console, in the region that is used; nobody was marked"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        pytest.param(
            lambda: ses_answers.of_each(
                [{"Status": "ACCOUNT_SUSPENDED"}, {"Status": "ACCOUNT_THROTTLED"}], 2
            ),
            f"the account is suspended\n  {CONSOLE}",
            id="of each",
        ),
        pytest.param(
            lambda: ses_answers.of_error("MessageRejected", "Email address is not verified", 400),
            f"an address is not verified, or the account is still in the sandbox\n  {CONSOLE}",
            id="sandbox",
        ),
        pytest.param(
            lambda: ses_answers.of_error("SignatureDoesNotMatch", "", 403),
            "the request's signature was not accepted\n"
            "  look at the key and the computer's clock; nobody was marked",
            id="clock",
        ),
        pytest.param(
            lambda: ses_answers.of_error("N" * 61, "", 400),
            f"the request was not accepted ({'N' * 60})\n  {CONSOLE}",
            id="a code",
        ),
        pytest.param(
            lambda: ses_answers.of_error("", "", 404),
            f"the request was not accepted (404)\n  {CONSOLE}",
            id="no code",
        ),
    ],
)
def test_ses_of_the_account(act: Callable[[], object], words: str) -> None:
    assert stopped(act) == f"ses: {words}"


@pytest.mark.parametrize(
    ("code", "status", "outcome"),
    [
        ("Throttling", 400, later(WAIT)),
        ("Another", 429, later(WAIT)),
        ("BadRequestException", 400, refused("the message was refused by the provider", whole=True)),
        ("Another", 413, refused("the message was refused by the provider", whole=True)),
        ("Another", 500, unknown("the provider failed (500)")),
    ],
)
def test_ses_of_a_call(code: str, status: int, outcome: Outcome) -> None:
    assert ses_answers.of_error(code, WITH_AN_ADDRESS, status) == outcome


# --- Postmark


@pytest.mark.parametrize(
    ("item", "outcome", "stop"),
    [
        pytest.param({"ErrorCode": 0, "MessageID": "a", "Message": "OK"}, accepted("a"), "", id="taken"),
        pytest.param({"ErrorCode": 0}, accepted(""), "", id="taken without an id"),
        pytest.param(
            {"ErrorCode": 406},
            Outcome(kind=OutcomeKind.SUPPRESSED, reason="the provider holds the address as inactive"),
            "",
            id="inactive",
        ),
        pytest.param(
            {"ErrorCode": 300, "Message": f"Invalid 'To' address: {WITH_AN_ADDRESS}"},
            refused(NO_ADDRESS),
            "",
            id="no address",
        ),
        pytest.param({"ErrorCode": 100}, later("the provider is being maintained"), "", id="maintenance"),
        pytest.param(
            {"ErrorCode": 405},
            later("the account is out of credit"),
            "buy credit, then repeat `warmletter send`",
            id="credit",
        ),
        pytest.param(
            {"ErrorCode": 300},
            refused("the provider refused the message (code 300)"),
            "look up error 300 in Postmark's list of API error codes; nobody was marked",
            id="another",
        ),
    ],
)
def test_postmark_of_each_mail(item: Mapping[str, object], outcome: Outcome, stop: str) -> None:
    assert postmark_codes.verdict(item) == postmark_codes.Verdict(outcome=outcome, stop=stop)


def test_postmark_of_what_says_nothing() -> None:
    assert postmark_codes.verdict({"ErrorCode": "0"}) is None
    assert postmark_codes.verdict({}) is None
