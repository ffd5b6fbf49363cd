"""A broker with TLS, users and ACLs: one for all tests, with a listener for each way in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)
from tests.kafka.broker import jars_for_java
from tests.kafka.certificates import Authority
from tests.kafka.local_broker import LocalBroker

HOST = "localhost"
LISTENERS = {
    "SCRAM": "SASL_SSL",
    "BRIEF": "SASL_SSL",
    "EXPIRED": "SASL_SSL",
    "OTHERHOST": "SASL_SSL",
    "TLS": "SSL",
    "MUTUAL": "SSL",
}
MECHANISMS = {
    "SCRAM-SHA-256": ScramMechanism.SCRAM_SHA_256,
    "SCRAM-SHA-512": ScramMechanism.SCRAM_SHA_512,
}
SCRAM_MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule required;"


@dataclass(frozen=True)
class SecureBroker:
    """A running broker.

    Attributes:
        bootstrap: of a listener without TLS or user, whose clients may do anything.
        addresses: host:port of every listener by its name.
        authority: of the broker's certificates, and of those that it takes from clients.
        stranger: an authority that it does not know.
    """

    bootstrap: str
    addresses: dict[str, str]
    authority: Authority
    stranger: Authority

    def add_user(self, name: str, password: str) -> None:
        """Give a user a password, for every mechanism."""
        for mechanism in MECHANISMS.values():
            info = ScramCredentialInfo(mechanism, 4096)
            self._alter(UserScramCredentialUpsertion(name, info, password.encode()))

    def allow(self, *bindings: AclBinding) -> None:
        """Make ACLs."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        for created in admin.create_acls(list(bindings)).values():
            created.result()

    def allow_all(self, user: str) -> None:
        """Let a user do what it likes with every topic, group and transactional id."""
        for kind in (ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID):
            self.allow(
                AclBinding(
                    kind,
                    "*",
                    ResourcePatternType.LITERAL,
                    f"User:{user}",
                    "*",
                    AclOperation.ALL,
                    AclPermissionType.ALLOW,
                )
            )

    def remove_user(self, name: str) -> None:
        """Take a user's password away, for every mechanism."""
        for mechanism in MECHANISMS.values():
            self._alter(UserScramCredentialDeletion(name, mechanism))

    def _alter(self, change: UserScramCredentialUpsertion | UserScramCredentialDeletion) -> None:
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        for altered in admin.alter_user_scram_credentials([change]).values():
            altered.result()


@contextmanager
def secure_kafka() -> Iterator[SecureBroker]:
    """Offer such a broker, as a Java process.

    Raises:
        NoBroker: without Java or Kafka's jars.
    """
    jars = jars_for_java()
    with TemporaryDirectory(prefix="windowing-kafka-") as folder:
        authority, stranger = (Authority(Path(folder), name) for name in ("known", "stranger"))
        local = LocalBroker(
            jars, Path(folder), properties=_properties(authority), listeners=LISTENERS
        )
        try:
            local.start()
            addresses = {"PLAINTEXT": local.bootstrap, **local.addresses}
            yield SecureBroker(local.bootstrap, addresses, authority, stranger)
        finally:
            local.kill()


def _properties(authority: Authority) -> dict[str, str]:
    tls = {
        "SCRAM": authority.listener(HOST),
        # A user whose password is taken away is asked for it again by then.
        "BRIEF": authority.listener(HOST) | {"connections.max.reauth.ms": "3000"},
        "EXPIRED": authority.listener(HOST, expired=True),
        "OTHERHOST": authority.listener("kafka.example.org"),
        "TLS": authority.listener(HOST),
        "MUTUAL": authority.listener(HOST) | {"ssl.client.auth": "required"},
    }
    properties = {
        "inter.broker.listener.name": "PLAINTEXT",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        # Whoever has no certificate and no user is ANONYMOUS: the tests themselves.
        "super.users": "User:ANONYMOUS;User:windowing",
        # Of a certificate the name alone, not its whole subject.
        "ssl.principal.mapping.rules": "RULE:^CN=([^,]*).*$/$1/,DEFAULT",
    }
    for name, protocol in LISTENERS.items():
        prefix = f"listener.name.{name.lower()}."
        properties |= {prefix + key: value for key, value in tls[name].items()}
        if protocol == "SASL_SSL":
            properties[f"{prefix}sasl.enabled.mechanisms"] = ",".join(MECHANISMS)
            for mechanism in MECHANISMS:
                properties[f"{prefix}{mechanism.lower()}.sasl.jaas.config"] = SCRAM_MODULE
    return properties
