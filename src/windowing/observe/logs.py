"""What the process says on stderr: a line of JSON each, or plain text where somebody reads along.

The code says it with the standard library's `logging`; fields go in as `extra`, such as
`extra={"partition": 3}`.
"""

import logging
import sys
from datetime import UTC, datetime
from typing import Any, NoReturn, TextIO

from pythonjsonlogger.json import JsonFormatter

from windowing.observe.repetition import RepetitionFilter

KAFKA_CLIENT = "librdkafka"
"""The logger of the Kafka clients' own lines."""


class JsonLines(JsonFormatter):
    """A line of JSON: time, level, message, logger, then fields of the process and of the line.

    Attributes:
        static_fields: of every line.
    """

    def __init__(self) -> None:
        super().__init__(json_ensure_ascii=False, rename_fields={"exc_info": "exception"})

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Fill a line in this order; the time is UTC."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data["time"] = time.replace("+00:00", "Z")
        log_data["level"] = record.levelname
        log_data["message"] = record.getMessage()
        log_data["logger"] = record.name
        super().add_fields(log_data, record, message_dict)


class TextLines(logging.Formatter):
    """Level and message alone."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(message)s")


class LogStream(logging.StreamHandler[TextIO]):
    """Writes lines, but a repeated one only now and then, with a count."""

    def __init__(self, stream: TextIO, lines: JsonLines | TextLines) -> None:
        super().__init__(stream)
        self.setFormatter(lines)
        self._repetition = RepetitionFilter()
        self.addFilter(_name_client)
        self.addFilter(self._repetition)

    def close(self) -> None:
        """Say what is still held back."""
        for record in self._repetition.rest():
            self.emit(record)
        super().close()


class Log:
    """The log of this process, from its first line on."""

    def __init__(self, lines: JsonLines | TextLines) -> None:
        self._lines = lines

    def name(self, **fields: object) -> None:
        """Put fields into every line from now on; text has none."""
        if isinstance(self._lines, JsonLines):
            self._lines.static_fields.update(fields)

    def refuse(self, error: Exception) -> NoReturn:
        """End the process as one that cannot begin, with each line of an error as one of its own.

        Raises:
            SystemExit: always, with status 1.
        """
        if isinstance(self._lines, TextLines):
            raise SystemExit(str(error))
        for line in str(error).splitlines():
            logging.getLogger("windowing").critical(line)
        raise SystemExit(1)


def start_log(form: str, level: str, stream: TextIO | None = None) -> Log:
    """Let everything that is logged from now on go to stderr, Python's own warnings too.

    Args:
        form: `json`, `text`, or else whichever suits the stream: text for a terminal.
        level: below which lines are dropped; unknown: `info`.
    """
    stream = stream or sys.stderr
    as_text = form == "text" or (form != "json" and stream.isatty())
    lines = TextLines() if as_text else JsonLines()
    known = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, LogStream)]:
        root.removeHandler(handler)
    root.addHandler(LogStream(stream, lines))
    root.setLevel(known)
    logging.captureWarnings(True)
    return Log(lines)


def _name_client(record: logging.LogRecord) -> bool:
    """Take the name of the client out of a line of librdkafka's, as confluent-kafka hands it on."""
    if record.name == KAFKA_CLIENT and isinstance(record.args, tuple) and len(record.args) == 3:
        facility, record.client, text = record.args
        record.msg, record.args = f"{facility} %s", (text,)
    return True
