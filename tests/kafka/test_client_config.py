"""The properties file for librdkafka: read, judged, and its secrets kept. No broker."""

import socket
import string
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from windowing.kafka.client_config import (
    ClientConfigError,
    check_client_config,
    read_client_config,
)

SERVERS = "kafka:9092"
# In capitals, for what must never be shown may look like anything but a property's name.
SECRETS = st.text(string.ascii_uppercase + string.digits, min_size=12, max_size=40)
SASL = (
    "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\n"
    "sasl.username=windowing\nsasl.password=hunter2\n"
)

# One file that every example writes anew.
reuses_tmp_path = settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "kafka.properties"


def faults(file: Path, text: str) -> list[str]:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ClientConfigError) as caught:
        read_client_config(file, SERVERS)
    return str(caught.value).split("\n")


def everything_shown(call: Callable[[], object]) -> str:
    """All that a log could hold of the error that `call` raises: chain, notes and arguments."""
    with pytest.raises(ClientConfigError) as caught:
        call()
    error: BaseException | None = caught.value
    texts = traceback.format_exception(caught.value)
    while error is not None:
        texts += [str(error), repr(error), repr(error.args), repr(vars(error))]
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


def test_without_a_file_there_are_the_servers_and_no_chatter():
    assert read_client_config(None, SERVERS) == {"bootstrap.servers": SERVERS, "log_level": "3"}


def test_the_files_properties_join_the_servers(file):
    file.write_text(SASL)
    assert read_client_config(file, SERVERS) == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "windowing",
        "sasl.password": "hunter2",
        "bootstrap.servers": SERVERS,
        "log_level": "3",
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("client.id=a", "a"),
        ("  client.id  =  a", "a"),
        ("client.id: a", "a"),
        ("client.id a", "a"),
        ("# c\n! c\n\nclient.id=a", "a"),
        ("client.id=a # b", "a # b"),
        ("client.id=a=b:c", "a=b:c"),
        ("client.id=a\\\n   b", "ab"),
        ("client.id=a\\tb\\u00e9\\\\", "a\tbé\\"),
        ("client.id=é", "é"),
        ("\ufeffclient.id=a\r\n", "a"),
        ("client.id=a\nclient.id=b", "b"),
        ("client.id=a ", "a "),
    ],
)
def test_the_file_is_read_as_java_reads_it(file, text, value):
    file.write_text(text, encoding="utf-8", newline="")
    assert read_client_config(file, SERVERS)["client.id"] == value


@pytest.mark.parametrize(
    "name",
    [
        "enable.auto.commit",
        "auto.commit.enable",
        "enable.auto.offset.store",
        "auto.offset.reset",
        "isolation.level",
        "enable.idempotence",
        "acks",
        "request.required.acks",
        "topic.acks",
        "topic.auto.offset.reset",
        "transactional.id",
        "group.id",
        "group.instance.id",
        "enable.partition.eof",
        "delivery.report.only.error",
        "default.topic.config",
        "bootstrap.servers",
        "metadata.broker.list",
    ],
)
def test_what_the_service_decides_is_refused_by_name(file, name):
    (line,) = faults(file, f"{name}=hunter2")
    assert line.startswith(f"{file}:1: {name} ")
    assert "hunter2" not in line
    assert ": " in line.removeprefix(f"{file}:1: ")


def test_the_servers_are_a_setting_and_not_a_line_of_the_file(file):
    assert faults(file, "bootstrap.servers=other:9092") == [
        f"{file}:1: bootstrap.servers has a setting of its own: write WINDOWING_BOOTSTRAP_SERVERS"
    ]


@pytest.mark.parametrize(
    ("line", "librdkafka"),
    [
        ("ssl.truststore.location=/etc/trust.jks", "ssl.ca.location"),
        ("ssl.keystore.location=/etc/key.JKS", "PKCS#12"),
        ("ssl.keystore.type=JKS", "PKCS#12"),
        ("ssl.keystore.key=hunter2", "ssl.key.pem"),
        ("sasl.jaas.config=module required password=hunter2;", "sasl.username and sasl.password"),
    ],
)
def test_a_name_of_the_java_client_is_refused_with_librdkafkas(file, line, librdkafka):
    (fault,) = faults(file, line)
    name, value = line.split("=", 1)
    assert fault.startswith(f"{file}:1: {name} ")
    assert librdkafka in fault
    assert value not in fault


def test_every_fault_has_its_line_number_all_at_once(file):
    text = "# one\n\nacks=1\nclient.id=a\\\n  \u2028b\nhunter2\nlinger.ms=\nSASL.PASSWORD=x\n=x\n"
    assert faults(file, text) == [
        f"{file}:3: acks is decided by the service, whose delivery rests on it: remove it",
        *(
            f"{file}:{line}: is not name=value with a name of librdkafka's: complete or remove it"
            for line in (6, 7, 8, 9)
        ),
    ]


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800"])
def test_characters_that_librdkafka_would_cut_or_choke_on_are_refused(file, escape):
    assert faults(file, f"sasl.password=hunter2{escape}") == [
        f"{file}:1: sasl.password has a NUL or half a surrogate pair: write plain UTF-8"
    ]


def test_a_file_that_vanished_is_one_line(file):
    with pytest.raises(ClientConfigError) as caught:
        read_client_config(file, SERVERS)
    assert str(caught.value) == (
        f"{file}: cannot be read (No such file or directory): mend the path or its permissions"
    )


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("no.such.thing=hunter2", "no.such.thing is no property of librdkafka: see its manual"),
        (
            "linger.ms=9876543",
            "queue.buffering.max.ms is out of range: write a number in 0..900000",
        ),
        (
            "security.protocol=hunter2",
            "security.protocol has a value that librdkafka does not take: see its manual",
        ),
        (
            "enable.random.seed=hunter2",
            "enable.random.seed is neither true nor false: write true or false",
        ),
        (
            "security.protocol=SASL_SSL\nsasl.mechanism=HUNTER2",
            "sasl.mechanism is none of this build's: "
            "write PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER",
        ),
        (
            "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.password=hunter2",
            "sasl.username or sasl.password is missing: add it",
        ),
        (
            "security.protocol=SSL\nssl.key.pem=hunter2",
            "ssl.key.pem cannot be used: check the file or the text that it names",
        ),
        (
            "security.protocol=SSL\nssl.ca.location=/hunter2",
            "ssl.ca.location cannot be used: check the file or the text that it names",
        ),
        (
            "client.id=a\nsecurity.protocol=SSL\n"
            "ssl.keystore.location=/client.id\nssl.keystore.password=hunter2",
            "ssl.keystore.location cannot be used: check the file or the text that it names",
        ),
        (
            "max.in.flight=6",
            "`max.in.flight` must be set <= 5 when `enable.idempotence` is true: correct the file",
        ),
        (
            "plugin.library.paths=hunter2",
            "librdkafka refuses these properties: remove one at a time to find out which",
        ),
    ],
)
def test_what_librdkafka_refuses_is_one_line_with_the_name_and_no_value(file, line, fault):
    file.write_text(line)
    config = read_client_config(file, SERVERS)
    with pytest.raises(ClientConfigError) as caught:
        check_client_config(config, file)
    assert str(caught.value) == f"{file}: {fault}"


def test_what_librdkafka_takes_passes(file):
    file.write_text(SASL + "linger.ms=5\nfetch.min.bytes=2\nretries=3\ndebug=security\n")
    check_client_config(read_client_config(file, SERVERS), file)
    check_client_config(read_client_config(None, SERVERS), None)


def test_the_check_opens_no_connection():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        host, port = server.getsockname()
        check_client_config(read_client_config(None, f"{host}:{port}"), None)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_the_repr_of_a_configuration_shows_names_only(file):
    file.write_text(SASL)
    config = read_client_config(file, SERVERS)
    assert "sasl.password" in repr(config)
    assert "hunter2" not in f"{config} {config!r}"


@pytest.mark.parametrize(
    "template",
    [
        "{}",
        "={}",
        "{}=x",
        "{}==",
        "  {}\n",
        "sasl.password=\n{}",
        "sasl.password\n{}",
        "sasl.password={}\\u12",
        "sasl.password=\\uX{}",
        "sasl.password={}\\u0000",
        "sasl.jaas.config=password={};",
        "ssl.keystore.key={}",
        "ssl.keystore.location=/{}.jks",
        "acks={}",
        "group.id: {}",
        "ssl.key.pem=-----BEGIN PRIVATE KEY-----\n{}==\n-----END PRIVATE KEY-----",
        "sasl.oauthbearer.client.secret \\\n\n{}",
    ],
)
@reuses_tmp_path
@given(secret=SECRETS)
def test_no_malformed_line_shows_a_secret(file, template, secret):
    file.write_text(template.format(secret))
    assert secret not in everything_shown(lambda: read_client_config(file, SERVERS))


def test_an_escape_cut_short_shows_none_of_it(file):
    file.write_text("client.id=a\nsasl.password=\\uZAPX")
    shown = everything_shown(lambda: read_client_config(file, SERVERS))
    assert "ZAP" not in shown
    assert f"{file}:2: has \\u without four hexadecimal digits" in shown


def test_a_file_in_another_encoding_shows_no_secret(file):
    file.write_bytes(b"sasl.password=hunter2\xff")
    shown = everything_shown(lambda: read_client_config(file, SERVERS))
    assert "hunter2" not in shown
    assert "is not UTF-8: save it as UTF-8" in shown


@pytest.mark.parametrize(
    "text",
    [
        "no.such.name={}",
        "security.protocol={}",
        "session.timeout.ms={}",
        "enable.random.seed={}",
        "partitioner={}",
        "debug={}",
        "security.protocol=SASL_SSL\nsasl.mechanism={}",
        "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.password={}",
        "security.protocol=SSL\nssl.key.pem={}",
        "security.protocol=SSL\nssl.key.pem=-----BEGIN PRIVATE KEY-----\\n{}\\n-----END",
        "security.protocol=SSL\nssl.ca.pem={}",
        "security.protocol=SSL\nssl.keystore.location={}\nssl.keystore.password=x",
        "security.protocol=SSL\nssl.providers={}",
        "plugin.library.paths={}",
        "ssl.key.password={}\nno.such.name=x",
        "sasl.oauthbearer.method=oidc\nsasl.mechanism=OAUTHBEARER\n"
        "security.protocol=SASL_SSL\nsasl.oauthbearer.client.secret={}",
        "sasl.oauthbearer.config=scope={}\nlinger.ms=x",
    ],
)
@reuses_tmp_path
@given(secret=SECRETS.map(lambda text: f"K{text}"))
def test_no_refusal_of_librdkafka_shows_a_value(file, text, secret):
    file.write_text(text.format(secret))
    config = read_client_config(file, SERVERS)
    shown = everything_shown(lambda: check_client_config(config, file))
    assert secret not in shown
    assert str(file) in shown


@pytest.mark.parametrize("name", ["partitioner", "security.protocol", "plugin.library.paths"])
def test_a_value_that_poses_as_a_refusal_is_not_shown(file, name):
    pose = 'x" for configuration property "hunter.two"'
    shown = everything_shown(lambda: check_client_config({name: pose}, file))
    assert "hunter" not in shown.split("ClientConfigError:")[1]


def test_a_name_shaped_like_no_property_is_not_shown(file):
    shown = everything_shown(lambda: check_client_config({"Hunter2=": "x"}, file))
    assert "unter2" not in shown.split("ClientConfigError:")[1]


def test_the_check_is_silent(capfd):
    # A property of producers makes a consumer warn, and the other way round.
    check_client_config({"linger.ms": "5", "fetch.min.bytes": "2"}, None)
    assert capfd.readouterr() == ("", "")


def test_librdkafkas_log_of_the_check_shows_no_secret(file, capfd):
    file.write_text(SASL + "debug=all\n")
    check_client_config(read_client_config(file, SERVERS), file)
    captured = capfd.readouterr()
    assert "hunter2" not in captured.out + captured.err
