"""The error tree: what goes wrong for a reason outside this code.

WindowingError
├── NotAnEventError    core/decode.py: bytes that are not an event
├── SnapshotError      core/snapshot.py: saved state of another release or job
├── SettingsError      settings.py: wrong values in the environment
└── ClientConfigError  kafka/client_config.py: a properties file that librdkafka cannot take

The text of each is one line, or one line per fault: the value, the reason and the fix.
"""


class WindowingError(Exception):
    """Every error that this project raises on purpose."""
