"""File descriptors: enough of them, or a clear word at the start."""

import resource

from windowing.core.errors import WindowingError

DESCRIPTORS = 256
"""For one process: its Kafka clients (8 each, and 1 more for each broker), the recovery store, the
cluster's connections. The number of the topic's partitions does not count: one consumer has all."""


class DescriptorError(WindowingError):
    """The process may not open as many files as it needs."""


def require_descriptors(needed: int = DESCRIPTORS) -> None:
    """Raise the soft limit of open files to `needed` if it is lower.

    Raises:
        DescriptorError: the hard limit is lower too.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= needed or soft == resource.RLIM_INFINITY:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise DescriptorError(
            f"this process may open {hard} files and needs up to {needed}: raise the limit"
            f" (ulimit -n {needed}, or LimitNOFILE or ulimits where it is started)"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
