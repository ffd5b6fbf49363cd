"""The error tree: what goes wrong for a reason outside this code.

WindowingError
├── NotAnEventError    core/decode.py: bytes that are not an event
├── SnapshotError      core/snapshot.py: saved state of another release or job
├── SettingsError      settings.py: wrong values in the environment
├── StoreError         engine/recovery_store.py: no recovery store, or one that is in use
├── DescriptorError    engine/descriptors.py: too few open files allowed
├── ClientConfigError  kafka/client_config.py: a properties file that librdkafka cannot take
├── BrokerError        kafka/topics.py: no broker answers
├── TopicError         kafka/topics.py: topics are missing or forbidden
├── ReadError          kafka/partition_reader.py: the input cannot be read any further
├── WriteError         kafka/sender.py: a record cannot be written
├── PortError          observe/http_server.py: no port is left for metrics and probes
├── FencedError        kafka/transaction.py: another process writes the lane by now
├── ReplayError        kafka/replay.py: records cannot be copied any further
├── TargetError        cli/replay.py: records may not be written into that topic
└── DemoError          demo/errors.py: the demo cannot run

The text of each is one line, or one line per fault: the value, the reason and the fix.
"""


class WindowingError(Exception):
    """Every error that this project raises on purpose."""
