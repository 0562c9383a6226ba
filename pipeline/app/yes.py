"""The author's yes, and taking it back."""

from __future__ import annotations

from pipeline.app.context import App
from pipeline.app.draft import Prepared, drafted, no_longer_fit, prepare
from pipeline.approve import fingerprint
from pipeline.check import blocking
from pipeline.errors import ChecksFailed, NotAllowed
from pipeline.model import Approval, IssueRecord, IssueState
from pipeline.report import readers as counted


def approve(app: App, name: str, readers: int) -> Approval:
    """Record a yes to exactly this letter for exactly `readers` readers.

    Raises ChecksFailed, or NotAllowed where the number is not that of the readers.
    """
    record, _ = drafted(app, name)
    if record.state is not IssueState.DRAFT:
        then = (
            "`warmletter send` sends it; `warmletter approve --undo` takes the yes back"
            if record.state is IssueState.APPROVED
            else f"`warmletter report --issue {name}` says what happened to it"
        )
        raise NotAllowed(f"the letter {name} is {record.state.value}, not a draft", hint=then)
    prepared = prepare(app, name)
    _refuse_unfit(app, prepared)
    _refuse_blocked(name, prepared)
    if not prepared.readers:
        raise NotAllowed(
            "there is nobody to send it to",
            hint="`warmletter subscribers add ADDRESS` or `import FILE.csv` brings readers",
        )
    if readers != prepared.readers:
        raise NotAllowed(
            f"you agreed to {counted(readers)}, but there are {prepared.readers}",
            hint=f"look at `warmletter subscribers list`, then `warmletter approve --yes {prepared.readers}`",
        )
    approval = Approval(fingerprint=prepared.fingerprint, readers=readers, at=app.clock.now())
    app.store.issues.approve(name, approval)
    return approval


def unapprove(app: App, name: str) -> None:
    """Take the yes back. Raises NotAllowed where there is none, or sending has begun."""
    app.store.issues.unapprove(name)


def agreed(app: App, record: IssueRecord) -> Prepared:
    """The letter as it is now, after proof that it is the one that was agreed to.

    Fewer readers than agreed to are those who left, and go without; a reader who came
    since was not agreed to, and voids the yes. Raises NotAllowed with what changed.
    """
    approval = record.approval
    if approval is None or record.state is not IssueState.APPROVED:
        raise NotAllowed(
            f"nobody has said yes to the letter {record.name}",
            hint="look at it with `warmletter preview --out letter`, then `warmletter approve`",
        )
    again = f"`warmletter approve --undo --issue {record.name}`, look at it again, and approve"
    agreed_on = f"the yes of {approval.at.astimezone(app.settings.practice.zone):%d %B, %H:%M}"
    prepared = prepare(app, record.name)
    if fingerprint(prepared.letter, approval.readers) != approval.fingerprint:
        raise NotAllowed(
            f"the letter {record.name} changed after {agreed_on}",
            hint=f"a post, a template or a setting is not what it was: {again}",
        )
    _refuse_unfit(app, prepared)
    _refuse_blocked(record.name, prepared)
    came = app.store.readers.count_active_since(approval.at)
    if came or prepared.readers > approval.readers:
        raise NotAllowed(
            f"{agreed_on} was for {counted(approval.readers)}; "
            f"now there are {prepared.readers}, {came} of them new",
            hint=again,
        )
    return prepared


def _refuse_unfit(app: App, prepared: Prepared) -> None:
    if gone := no_longer_fit(app, prepared.issue):
        listed = "\n".join(f"  “{post.title}”: {reason}" for post, reason in gone)
        raise NotAllowed(
            f"the letter {prepared.issue.name} has a post that may not be in it:\n{listed}",
            hint=f"`warmletter compose --issue {prepared.issue.name}` makes it anew without",
        )


def _refuse_blocked(name: str, prepared: Prepared) -> None:
    if blocked := blocking(prepared.checks):
        listed = "\n".join(f"  {found.name}: {found.message}; {found.fix}" for found in blocked)
        raise ChecksFailed(f"a check holds the letter {name} back:\n{listed}")
