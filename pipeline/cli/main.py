"""`warmletter`: all commands, and what becomes of errors."""

from __future__ import annotations

import errno
import sys

import click

from pipeline import __version__
from pipeline.cli.demo import demo
from pipeline.cli.doubts import resolve
from pipeline.cli.gather import collect, init, read
from pipeline.cli.holding import correct, held
from pipeline.cli.letter import approve, check, compose, preview, test
from pipeline.cli.sending import report, run, send, status
from pipeline.cli.subscribers import subscribers
from pipeline.errors import WarmletterError

COMMANDS = (
    init,
    collect,
    held,
    correct,
    read,
    compose,
    preview,
    check,
    test,
    approve,
    send,
    status,
    report,
    resolve,
    run,
    subscribers,
    demo,
)


# What the machine refuses us; any other OSError is a bug of ours and keeps its traceback.
BEYOND_US = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)


class InOrder(click.Group):
    """Lists the commands in the order a letter goes, not by the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(self.commands)


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="warmletter", message="%(prog)s %(version)s")
@click.option("--config", "config", default=None, metavar="FILE", help="Another config.toml.")
@click.pass_context
def cli(ctx: click.Context, config: str | None) -> None:
    """A therapist's blog as a monthly letter, in the therapist's own words.

    The way of a letter: collect, read, compose, preview, check, approve, send, report.
    """
    ctx.obj = config


for command in COMMANDS:
    cli.add_command(command)


def main() -> None:
    """Run the command line and leave with its exit code: 0 done, 1 it could not, 2 wrong use or config."""
    try:
        # Outside of standalone mode click gives a command's exit code back instead of leaving.
        code = cli.main(standalone_mode=False, prog_name="warmletter")
        sys.exit(code if isinstance(code, int) else 0)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(1)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except WarmletterError as problem:
        click.echo(str(problem), err=True)
        sys.exit(problem.exit_code)
    except BrokenPipeError:
        # Whoever reads us (head, less) has seen enough.
        sys.stderr.close()
        sys.exit(1)
    except OSError as problem:
        if problem.errno not in BEYOND_US:
            raise
        click.echo(f"{problem.filename or 'the disk'}: {problem.strerror}", err=True)
        click.echo(
            "  look at the folder's owner and the room left on the disk, then repeat the command", err=True
        )
        sys.exit(1)
