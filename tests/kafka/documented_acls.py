"""The ACLs that docs/security.md lists, as its own commands have them."""

import argparse
import shlex
from pathlib import Path
from typing import NamedTuple

from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
)
from tests.kafka.job import Topics

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
DEFAULT_TOPICS = Topics(
    "user-events", "user-aggregates", "user-events-late", "user-events-dead-letter"
)
OPERATIONS = {
    "Read": AclOperation.READ,
    "Write": AclOperation.WRITE,
    "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS,
}
PATTERNS = {"literal": ResourcePatternType.LITERAL, "prefixed": ResourcePatternType.PREFIXED}


class Acl(NamedTuple):
    """A command's ACL, with the default names."""

    operation: str
    kind: ResourceType
    name: str
    pattern: str

    def __str__(self) -> str:
        return f"{self.operation} {self.kind.name} {self.name}"

    def renamed(self, topics: Topics) -> str:
        """Return the name with the topics of a job in the place of the default ones."""
        if self.kind is ResourceType.TOPIC:
            return str(getattr(topics, role(self.name)))
        return self.name.replace(DEFAULT_TOPICS.results, topics.results)

    def binding(self, user: str, topics: Topics) -> AclBinding:
        """Return it for a user and the topics of a job."""
        return AclBinding(
            self.kind,
            self.renamed(topics),
            PATTERNS[self.pattern],
            f"User:{user}",
            "*",
            OPERATIONS[self.operation],
            AclPermissionType.ALLOW,
        )


def role(topic: str) -> str:
    """Return which of a job's topics has this default name."""
    return next(name for name, default in vars(DEFAULT_TOPICS).items() if default == topic)


def documented_acls() -> list[Acl]:
    """Return the ACLs of the page, in its order."""
    commands = [line for line in PAGE.read_text().splitlines() if line.startswith("kafka-acls.sh ")]
    return [_acl(command) for command in commands]


def _acl(command: str) -> Acl:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bootstrap-server", required=True)
    parser.add_argument("--add", action="store_true", required=True)
    parser.add_argument("--allow-principal", required=True, choices=["User:windowing"])
    parser.add_argument("--operation", required=True, choices=OPERATIONS)
    parser.add_argument("--resource-pattern-type", default="literal", choices=PATTERNS)
    resource = parser.add_mutually_exclusive_group(required=True)
    resource.add_argument("--topic", choices=vars(DEFAULT_TOPICS).values())
    resource.add_argument("--group")
    resource.add_argument("--transactional-id")
    given = parser.parse_args(shlex.split(command)[1:])
    kind, name = next(
        (kind, name)
        for kind, name in (
            (ResourceType.TOPIC, given.topic),
            (ResourceType.GROUP, given.group),
            (ResourceType.TRANSACTIONAL_ID, given.transactional_id),
        )
        if name is not None
    )
    return Acl(given.operation, kind, name, given.resource_pattern_type)
