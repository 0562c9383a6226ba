"""Who it is from, who gets it, and how they answer or leave."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.check.draft import Draft, Finding, block, note, warn
from pipeline.render.verbatim import normalised

NO_REPLY = re.compile(r"(^|[-._+])(no[-._]?reply|do[-._]?not[-._]?reply|noresponse)|^nobody", re.I)
# Their owners publish DMARC rules under which mail sent through anybody else is refused.
FREE_MAIL = frozenset(
    "gmail.com googlemail.com yahoo.com yahoo.co.uk hotmail.com hotmail.co.uk outlook.com live.com "
    "icloud.com me.com aol.com gmx.de gmx.net proton.me protonmail.com btinternet.com".split()
)


def sender(draft: Draft) -> Iterator[Finding]:
    if not any(c.isalpha() for c in draft.house.author):
        yield block(f"the letter is signed “{draft.house.author}”", "write a name into practice.author")
    for name, address in (("from", draft.letter.sender.address), ("reply_to", draft.letter.sender.reply_to)):
        local, _, domain = address.partition("@")
        if NO_REPLY.search(local):
            yield block(
                f"send.{name} is “{local}@…”: readers could not answer",
                "give an address that a person reads",
            )
        if name == "from" and domain.lower() in FREE_MAIL:
            yield warn(
                f"mail from {domain} sent through another service is often refused",
                "send from an address of the practice's own domain",
            )


def address(draft: Draft) -> Iterator[Finding]:
    """The law asks for a postal address (CAN-SPAM, 15 U.S.C. §7704(a)(5); CASL §6)."""
    wanted = normalised(draft.house.address)
    if not wanted:
        yield block("there is no postal address", "write one into practice.address; a PO box will do")
        return
    for part, body in (("HTML", str(draft.tree.text_content())), ("text", draft.letter.text)):
        if wanted not in normalised(body):
            yield block(f"the postal address is not in the {part} part", "put {{ house.address }} back")


def leaving(draft: Draft) -> Iterator[Finding]:
    by_web = draft.leaving.by_web
    # By web the address holds the reader's own token, by mail it is the same for all.
    wanted = (
        f"{draft.leaving.base_url}/u/{draft.letter.mark}-leave-"
        if by_web
        else f"mailto:{draft.leaving.mail_to}"
    )
    hrefs = [str(anchor.get("href") or "") for anchor in draft.tree.iter("a")]
    if not any(href.startswith(wanted) for href in hrefs) or wanted not in draft.letter.text:
        yield block("the link to leave is missing", "put {{ leave }} back into your template")
    elif by_web and not draft.leaving.base_url.startswith("https://"):
        yield warn("the address to leave is not encrypted (http)", "use https in web.base_url")
    elif by_web:
        yield note(f"by one click on the web, at {draft.leaving.base_url}")
    else:
        yield note(
            "by a mail to the practice (web.base_url is empty): `warmletter subscribers remove` when it comes"
        )


def readers(draft: Draft) -> Iterator[Finding]:
    if draft.readers == 0:
        yield warn("there is nobody to send it to", "`warmletter subscribers add` or `import` brings readers")
    else:
        yield note(f"{draft.readers} reader{'s' if draft.readers != 1 else ''} will get it")
