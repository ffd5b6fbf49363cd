"""The events of a load in a topic, spread over its partitions."""

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.event_stream import Block, closing_events, draw_events, encode_events
from benchmarks.load import Load
from benchmarks.truth import Truth, TruthAdder


def generate_events(bootstrap: str, topic: str, load: Load, events: int) -> Truth:
    """Make a topic, fill it, and return what is right to make of it.

    It holds the first events of a load and, in each partition, a closing one that no figure
    counts.

    Args:
        bootstrap: the broker's address.
        topic: its name; it must not exist.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for created in admin.create_topics([NewTopic(topic, load.partitions, 1)]).values():
        created.result()
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "linger.ms": 50,
            "batch.size": 1_000_000,
            "queue.buffering.max.messages": 500_000,
        }
    )
    adder = TruthAdder(load.users)
    for block in draw_events(load, events):
        adder.add(block)
        _produce(producer, topic, block, load)
    _produce(producer, topic, closing_events(load, events), load)
    producer.flush()
    return adder.truth()


def _produce(producer: Producer, topic: str, block: Block, load: Load) -> None:
    values = encode_events(block, load.payload_bytes)
    for user, value in zip(block.user.tolist(), values, strict=True):
        while True:
            try:
                producer.produce(topic, value, str(user), partition=user % load.partitions)
                break
            except BufferError:  # its queue is full
                producer.poll(0.1)
