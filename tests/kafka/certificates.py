"""Certificates as a broker and its clients need them, made anew for each run."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

DAY = timedelta(days=1)


class Authority:
    """A certificate authority; its own certificate is in a file."""

    def __init__(self, folder: Path, name: str) -> None:
        self._ca = trustme.CA(organization_name=name)
        self._folder = folder
        self.file = folder / f"{name}.pem"
        self._ca.cert_pem.write_to_path(self.file)

    def listener(self, *hosts: str, expired: bool = False) -> dict[str, str]:
        """Return the TLS properties of a broker's listener with a certificate for `hosts`."""
        now = datetime.now(UTC)
        until = now - DAY if expired else now + DAY
        leaf = self._ca.issue_cert(*hosts, not_before=now - 2 * DAY, not_after=until)
        # Java reads PKCS#8 only.
        key = load_pem_private_key(leaf.private_key_pem.bytes(), password=None).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        return {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.key": _one_line(key),
            "ssl.keystore.certificate.chain": _one_line(leaf.cert_chain_pems[0].bytes()),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.certificates": _one_line(self._ca.cert_pem.bytes()),
        }

    def client(self, name: str) -> Path:
        """Return a file with a client's key and certificate, for `CN=name`."""
        file = self._folder / f"{name}.pem"
        leaf = self._ca.issue_cert(name, common_name=name)
        leaf.private_key_and_cert_chain_pem.write_to_path(file)
        return file


def _one_line(pem: bytes) -> str:
    """Return PEM as a value of a properties file; Kafka takes a space for a line's end."""
    return pem.decode().strip().replace("\n", " ")
