"""What ends the demo early."""

from windowing.core.errors import WindowingError


class DemoError(WindowingError):
    """The demo cannot go on: one line with the reason and the fix, or the flow's last lines."""
