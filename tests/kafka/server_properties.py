"""How the brokers of the tests are configured: one node, nothing implicit, no waiting."""

import random
import socket
from collections.abc import Mapping
from types import MappingProxyType

CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"
NO_CHANGES: Mapping[str, str] = MappingProxyType({})

# Below the ports that systems give to outgoing connections: a client that tries to come back must
# not take the port of a killed broker.
PORTS = range(10_000, 30_000)


def server_properties(
    *, listen: str, host: str, port: int, controller_port: int, log_dir: str
) -> dict[str, str]:
    """Return the properties of a broker that is its own controller.

    Args:
        listen: address to bind, empty for all.
        host: where clients find it, with `port`.
    """
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{listen}:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{host}:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": log_dir,
        # A killed broker is let back in when its last session is over: 9 s by default.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": "0",
    }


def with_listeners(
    properties: dict[str, str], protocols: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the properties with a listener added for each name and protocol, and their addresses.

    They are found as localhost, which is what their certificates are for.
    """
    properties = dict(properties)
    addresses: dict[str, str] = {}
    for name, protocol in protocols.items():
        while (port := str(free_port())) in str(properties.values()):
            pass  # taken by another listener of this broker
        addresses[name] = f"localhost:{port}"
        properties["listeners"] += f",{name}://127.0.0.1:{port}"
        properties["advertised.listeners"] += f",{name}://localhost:{port}"
        properties["listener.security.protocol.map"] += f",{name}:{protocol}"
    return properties, addresses


def free_port(*, besides: int = 0) -> int:
    """Return a loopback port that nothing listens on, another one than `besides`."""
    for port in random.sample(PORTS, k=100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if port != besides and probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise OSError(f"100 ports between {PORTS.start} and {PORTS.stop} are taken: stop some servers")
