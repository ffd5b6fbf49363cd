"""A TLS handshake with a broker, to find out what is wrong with it: librdkafka does not tell.

Nothing is sent but the handshake: no user, no password.
"""

import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

TIMEOUT_S = 3.0

EXPIRED, NOT_YET_VALID = 10, 9
OTHER_NAME = {62, 64}
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH."""
OF_NO_TRUSTED_CA = {2, 18, 19, 20, 21}
"""Its issuer is missing, or is its own: X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT and the like."""


def speaks_tls(address: str) -> bool:
    """Return whether a TLS handshake succeeds at host:port, whatever certificate is shown."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with suppress(OSError):  # an `ssl.SSLError` is one
        _certificate(address, context)
        return True
    return False


def certificate_fault(address: str, client_config: Mapping[str, Any]) -> str:
    """Return what is wrong with the certificate that is shown at host:port, and the fix.

    Args:
        address: host:port.
        client_config: for librdkafka.
    """
    shown = f"the certificate of the Kafka broker at {address}"
    try:
        _certificate(address, _context(client_config))
    except ssl.SSLCertVerificationError as error:
        if error.verify_code == EXPIRED:
            return f"{shown} has expired, or that of its CA: renew it on the broker"
        if error.verify_code == NOT_YET_VALID:
            return f"{shown} is not valid yet: set the clocks, or renew it on the broker"
        if error.verify_code in OTHER_NAME:
            return (
                f"{shown} is for {_names(address, client_config)}: write a name that it is for in"
                " WINDOWING_BOOTSTRAP_SERVERS and in the broker's advertised.listeners, or issue a"
                " certificate for this one"
            )
        if error.verify_code in OF_NO_TRUSTED_CA:
            return (
                f"{shown} is of no CA that is trusted here ({error.verify_message}): name the"
                " broker's CA in ssl.ca.location, in the file of WINDOWING_KAFKA_CONFIG"
            )
        return f"{shown} is not taken ({error.verify_message}): correct it on the broker"
    except OSError:  # also an `ssl.SSLError` of any other kind
        pass
    return f"{shown} cannot be verified: check ssl.ca.location, and the certificate on the broker"


def _context(client_config: Mapping[str, Any]) -> ssl.SSLContext:
    """Return one that verifies as librdkafka does with this configuration."""
    where = client_config.get("ssl.ca.location", "probe")
    if "ssl.ca.pem" in client_config:
        context = ssl.create_default_context(cadata=client_config["ssl.ca.pem"])
    elif where == "probe":
        context = ssl.create_default_context()
    elif Path(where).is_dir():
        context = ssl.create_default_context(capath=where)
    else:
        context = ssl.create_default_context(cafile=where)
    context.check_hostname = client_config.get("ssl.endpoint.identification.algorithm") != "none"
    return context


def _names(address: str, client_config: Mapping[str, Any]) -> str:
    """Return the names that the certificate is for."""
    context = _context(client_config)
    context.check_hostname = False
    with suppress(OSError):
        names = _certificate(address, context).get("subjectAltName", ())
        if names:
            return ", ".join(name for _, name in names)
    return "another host"


def _certificate(address: str, context: ssl.SSLContext) -> dict[str, Any]:
    """Shake hands, and return the broker's certificate; empty if it is not verified."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    with (
        socket.create_connection((host, int(port)), TIMEOUT_S) as connection,
        context.wrap_socket(connection, server_hostname=host) as wrapped,
    ):
        return dict(wrapped.getpeercert() or {})
