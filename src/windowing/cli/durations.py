"""Durations as options, written as in the settings: 90s, 1.5h, 30d."""

from datetime import timedelta

import typer
from pydantic import TypeAdapter, ValidationError

from windowing.settings import Duration

_read = TypeAdapter(Duration).validate_python


def duration(text: str) -> timedelta:
    """Return the duration that a text means.

    Raises:
        typer.BadParameter: it means none.
    """
    try:
        return _read(text)
    except ValidationError as error:
        [fault] = error.errors(include_url=False)
        raise typer.BadParameter(f"{text!r} {fault['ctx']['error']}") from None
