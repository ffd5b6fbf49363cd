"""A lane's batches, each written in one Kafka transaction together with its number.

The number is committed as the offset of a consumer group that nobody reads with: it becomes
visible with the records or not at all, and a restart can ask for it. A transaction whose outcome
is not known is never repeated on the same producer, for a delayed commit can hit a later
transaction (KIP-890): a new producer ends it one way or the other, and then the number tells.

Source: exactly-once sinks of Kafka Streams (KIP-129); Jepsen on Bufstream 0.1.0.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_delay,
    wait_exponential,
)

from windowing.core.errors import WindowingError
from windowing.core.lane_ledger import Due
from windowing.kafka.clients import client_config as one_client
from windowing.kafka.marker import (
    ANSWER_TIMEOUT_S,
    NO_STORE,
    Marker,
    ask_marker,
    group_consumer,
    send_offsets,
)
from windowing.kafka.refusal import Login
from windowing.kafka.sender import Sender, WriteError
from windowing.kafka.transaction_failure import FENCED, FORBIDDEN, may_pass, reason
from windowing.observe.meters import TransactionMeter

LOOK_TIMEOUT_S = 1.0
COMMIT_TIMEOUT_S = 120.0
GIVE_UP_AFTER_S = 300.0
"""How long a broker may be out of reach in the middle of a transaction."""

T = TypeVar("T")

logger = logging.getLogger(__name__)


class FencedError(WindowingError):
    """Another process writes this lane by now."""


class LaneTransactions:
    """The transactions of one lane, for its owner: whoever claimed it last.

    Args:
        client_config: for librdkafka.
        name: of the lane, the same in every process that writes it.
        topic: whose partition 0 the number is committed for; it must exist.
        owner: names one start of the job, the same for all lanes and processes of it.
        meter: of this process.
    """

    def __init__(
        self,
        client_config: dict[str, str],
        name: str,
        topic: str,
        owner: str,
        meter: TransactionMeter,
    ) -> None:
        self._lane = name.rpartition(".")[2]
        self._config = one_client(client_config, self._lane)
        self._name = name
        self._topic = topic
        self._meter = meter
        self._owner = owner
        self._owners = {owner}
        self._login = Login(client_config)
        self._forbidden: KafkaError | None = None
        self._consumer = group_consumer({**self._config, "error_cb": self._login.hear}, name)
        self._group = self._consumer.consumer_group_metadata()
        self._sender: Sender | None = None
        self._opening: Sender | None = None

    def claim(self) -> None:
        """Make this start the owner, and cut off whoever writes the lane; leave it as it is.

        To be called before the saved state is read: what it says is the last word then.

        Raises:
            WriteError: it may not be written, or no broker answers for `GIVE_UP_AFTER_S`.
        """
        marker = self._fence() or Marker(0, NO_STORE, self._owner)
        self._owners.add(marker.owner)
        self.write(Due(marker.number, []), marker.store)

    def take_over(self) -> Marker | None:
        """Begin to write a lane that was claimed; return what is out, None: nothing is known.

        Raises:
            FencedError: another start has claimed it since.
            WriteError: as `claim`.
        """
        # Asked before, so as not to fence the rightful one, and after, as nobody can claim it then.
        self.require_current()
        marker = self._fence()
        self._require_owner(marker)
        return marker and marker.known()

    def write(self, due: Due, store: str) -> None:
        """Write a batch and its number, once, whatever becomes of the connection.

        Raises:
            FencedError: another process has taken over; nothing was written.
            WriteError: a record is refused, or no broker answers for `GIVE_UP_AFTER_S`.
        """
        began_s = time.monotonic()
        found = self._persist(lambda: self._write_once(due, store))
        self._meter.committed(self._lane, due, time.monotonic() - began_s, found=found)
        self._owners = {self._owner}

    def require_current(self) -> None:
        """Raise `FencedError` if another process has taken over."""
        self._require_owner(self._persist(self._marker))

    def look(self) -> None:
        """Raise `FencedError` if another process is seen to have taken over.

        There is no answer while the broker is away, or a transaction of this lane is open.
        """
        with suppress(KafkaException):
            self._require_owner(self._marker(LOOK_TIMEOUT_S))

    def hear(self) -> None:
        """Let the clients hand over what they log; any thread may call this before `close`.

        Errors are not raised here, but where the clients are asked for something.
        """
        said = self._consumer.poll(0)
        error = said.error() if said is not None else None
        if error is not None and error.code() in FORBIDDEN:
            self._forbidden = error
        sender = self._sender
        if sender is not None:
            sender.producer.poll(0)

    def close(self) -> None:
        """Give up the connection."""
        self._sender = self._opening = None
        self._consumer.close()

    def _fence(self) -> Marker | None:
        self._sender = self._persist(self._new_sender)
        return self._persist(self._marker)

    def _write_once(self, due: Due, store: str) -> bool:
        """Return whether the batch was found to be out already."""
        sender, self._sender = self._sender, None
        if sender is None:
            # The outcome of the last attempt is not known. Look first who owns the lane, as a new
            # producer would fence the rightful one.
            self.look()
            sender = self._new_sender()
            marker = self._marker()
            self._require_owner(marker)
            if marker and marker[1:] == (store, self._owner) and marker.number >= due.number:
                self._sender = sender
                return True
            self._meter.aborted()
        producer = sender.producer
        producer.begin_transaction()
        sender.send(due.outputs)
        marked = TopicPartition(self._topic, 0, due.number, f"{store} {self._owner}")
        try:
            send_offsets(producer, [marked], self._group)
            producer.commit_transaction(COMMIT_TIMEOUT_S)
        except KafkaException:
            sender.check()  # the reason, if it lies in a record
            raise
        self._sender = sender
        return False

    def _new_sender(self) -> Sender:
        # One that has had no answer is asked again: given up, it would go on in the background, and
        # might fence the one after it.
        sender = self._opening or Sender(self._config, **{"transactional.id": self._name})
        self._opening = sender
        try:
            sender.producer.init_transactions(ANSWER_TIMEOUT_S)
        except KafkaException as error:
            if not error.args[0].retriable():
                self._opening = None
            if may_pass(error):
                sender.producer.poll(0)  # hands over what the client has to say
                sender.check()
            raise
        self._opening = None
        return sender

    def _require_owner(self, marker: Marker | None) -> None:
        if marker is not None and marker.owner not in self._owners:
            raise self._replaced()

    def _replaced(self, otherwise: str = "") -> FencedError:
        return FencedError(
            f"another process has taken over {self._name}{otherwise}: this one was replaced, and"
            " ends; what it had not committed cannot be read"
        )

    def _marker(self, timeout_s: float = ANSWER_TIMEOUT_S) -> Marker | None:
        try:
            return ask_marker(self._consumer, self._name, self._topic, timeout_s)
        except KafkaException:
            self._require_welcome()
            raise

    def _require_welcome(self) -> None:
        """Raise the reason why there is no answer, if it is that this client may not ask."""
        self.hear()
        if self._login.refusal is not None:
            raise WriteError(self._login.refusal)
        if self._forbidden is not None:
            raise WriteError(reason(self._forbidden, self._name, self._topic))

    def _persist(self, attempt: Callable[[], T]) -> T:
        """Try until it succeeds, or fails for a reason that stays."""
        try:
            return Retrying(
                retry=retry_if_exception(may_pass),
                wait=wait_exponential(multiplier=0.1, max=5),
                stop=stop_after_delay(GIVE_UP_AFTER_S),
                before_sleep=self._say,
                reraise=True,
            )(attempt)
        except KafkaException as error:
            if error.args[0].code() in FENCED:
                # Never fight back: the other may have begun to read what is out.
                raise self._replaced(
                    " (or its transaction took longer than transaction.timeout.ms)"
                ) from None
            raise WriteError(reason(error.args[0], self._name, self._topic)) from None

    def _say(self, state: RetryCallState) -> None:
        self.hear()
        if state.outcome is not None and state.attempt_number == 1:
            said = {"lane": self._lane}
            cause = state.outcome.exception()
            logger.warning("%s: %s; trying again", self._name, cause, extra=said)
