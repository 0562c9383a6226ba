"""Jinja2 set up for letters: the user's folder first, then the built-in one.

Feed text is data, never template source; an undefined name is an error, not an empty string;
templates run in Jinja's sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import (
    ChoiceLoader,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
    pass_context,
)
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from pipeline.errors import TemplateProblem


@cache
def built_in() -> Path:
    """The folder of the templates that come with the program: in a wheel, or in a checkout."""
    package = Path(str(files("pipeline")))
    installed = package / "_templates"
    return installed if installed.is_dir() else package.parent / "templates"


class Templates:
    """The letter's templates. Raises TemplateProblem for whatever is wrong in one."""

    def __init__(self, own: Path | None = None) -> None:
        """`own`: the user's folder, whose files stand in for the built-in ones; may not exist."""
        folders = [built_in()] if own is None else [own, built_in()]
        loader = ChoiceLoader([FileSystemLoader(folder) for folder in folders])
        self._html = ImmutableSandboxedEnvironment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=False
        )
        self._text = ImmutableSandboxedEnvironment(
            loader=loader,
            autoescape=False,  # plain text: there is nothing to escape into
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._html.globals["css"] = self._css

    def html(self, name: str, values: Mapping[str, object]) -> str:
        return _rendered(self._html, name, values)

    def text(self, name: str, values: Mapping[str, object]) -> str:
        return _rendered(self._text, name, values)

    @pass_context
    def _css(self, context: Context, name: str) -> Markup:
        """A style sheet, which sees what the letter's template sees."""
        source = _rendered(self._text, name, context.get_all())
        if "<" in source:
            raise TemplateProblem(f"{name}: a style sheet cannot hold “<”", hint="take it out")
        return Markup(source)  # noqa: S704 (a style sheet of ours or the helper's; cannot leave <style>)


def _rendered(environment: ImmutableSandboxedEnvironment, name: str, values: Mapping[str, object]) -> str:
    try:
        return environment.get_template(name).render(values)
    except TemplateSyntaxError as problem:
        raise TemplateProblem(
            f"template {problem.name or name}, line {problem.lineno}: {problem.message}",
            hint="mend it, or delete the file to use the built-in one",
        ) from problem
    except TemplateNotFound as problem:
        raise TemplateProblem(f"template {problem.name} is not there") from problem
    except UndefinedError as problem:
        raise TemplateProblem(
            f"template {_culprit(problem, name)}: {problem.message}",
            hint="check the spelling of the name, or delete the file to use the built-in one",
        ) from problem
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as problem:
        raise TemplateProblem(f"template {_culprit(problem, name)}: {problem}") from problem


def _culprit(problem: Exception, name: str) -> str:
    """The template and line that failed, from the deepest frame that lies in a template."""
    place = name
    trace = problem.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if "__jinja_template__" in frame.f_globals or frame.f_code.co_name in (
            "root",
            "top-level template code",
        ):
            place = f"{_short(frame.f_code.co_filename)}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _short(path: str) -> str:
    """A template's name as its author knows it: from the templates folder on."""
    parts = Path(path).parts
    return "/".join(parts[parts.index("letter") :]) if "letter" in parts else Path(path).name
