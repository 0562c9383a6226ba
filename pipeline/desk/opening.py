"""How the desk opens the program: given from outside, since only wiring knows the adapters."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from pipeline.app.context import App

Opener = Callable[[], AbstractContextManager[App]]
