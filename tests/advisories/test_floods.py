"""K-83 to K-85: versions that are mended, and floods of headers, connections, streams and nested values.

`python -m tests.advisories.flood` is the long form, with as many connections as the advisory had.
"""

import io
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from google.rpc import status_pb2

from pdp.api.v1 import decision_pb2
from pdp.core.errors import InvalidRequestError
from pdp.server import listening, serving
from pdp.server.gate import LARGEST_HEADERS, Gate
from pdp.server.methods import SERVICES
from pdp.wire import limits
from pdp.wire.json_form import check_request_from_json
from pdp.wire.words import Words
from tests.advisories.conftest import allowing
from tests.advisories.flood import opened
from tests.advisories.http2 import RST_STREAM, block, grpc_headers, number, resident_bytes, speaking
from tests.malformed_requests import a_request
from tests.system.guarded import House
from tests.system.running import CHECK, StubPoint, ask, connected, running

OK: Final = 0
MEBIBYTE: Final = 1 << 20
DEPTH: Final = limits.DEPTH

# --- K-83: versions in which it is mended -----------------------------------------------------------------------------

FLOORS: Final = {
    "grpcio": (1, 83, 0),  # CVE-2023-32731, CVE-2024-7246; and not more than two behind the one of 2026-10
    "protobuf": (6, 33, 5),  # CVE-2022-1941, CVE-2025-4565, CVE-2026-0994
    "orjson": (3, 9, 15),  # CVE-2024-27454
    "pyjwt": (2, 15, 1),  # CVE-2022-29217, CVE-2024-53861, CVE-2026-32597, CVE-2026-48523, CVE-2026-102268
    "redis": (4, 5, 4),  # CVE-2023-28858
    "simpleeval": (1, 0, 5),  # CVE-2026-32640
}


def pinned(lock: str) -> dict[str, tuple[int, ...]]:
    """Return the versions that a lock file pins."""
    found = re.findall(r"^([a-z0-9-]+)==([0-9]+(?:\.[0-9]+)*)", lock, re.MULTILINE)
    return {name: tuple(int(part) for part in text.split(".")) for name, text in found}


def nothing_is_below_its_floor(lock: str) -> None:
    """What is pinned is mended, and every line of it has a hash, so that nothing else can take its place."""
    versions = pinned(lock)
    for name, floor in FLOORS.items():
        assert versions[name] >= floor, name
    assert lock.count("--hash=sha256:") >= len(versions)
    assert not {"casbin", "python-jose"} & versions.keys()


@pytest.mark.parametrize("file", ["runtime.txt", "dev.txt"])
def test_k_83_what_is_pinned_is_mended(repository: Path, file: str) -> None:
    """By each lock file, and what runs here is what is pinned."""
    lock = (repository / "requirements" / file).read_text("utf-8")
    nothing_is_below_its_floor(lock)
    for name in FLOORS:
        assert version(name) == ".".join(map(str, pinned(lock)[name]))


def test_k_83_mutant_an_old_version_or_the_dead_name(repository: Path) -> None:
    """Each of them alone is found."""
    lock = (repository / "requirements" / "runtime.txt").read_text("utf-8")
    old = [re.sub(rf"^{name}==[0-9.]+", f"{name}==0.9.9", lock, flags=re.MULTILINE) for name in FLOORS]
    for changed in (*old, lock + "\ncasbin==1.43.0 --hash=sha256:0\n", lock.replace("--hash=", "# hash=")):
        with pytest.raises(AssertionError):
            nothing_is_below_its_floor(changed)


def a_table_is_of_one_connection(house: House, address: str) -> None:
    """What one connection has put into its table of headers is another one's credential in no case, whatever is
    refused or broken off in between."""
    key = (b"authorization", b"ApiKey " + house.api_keys["app"].encode())
    right = grpc_headers(CHECK.encode())
    authority, body = house.server_authority.certificate, _plain()
    with speaking(address, authority) as first:
        assert first.call(block([*right, key], remembered=True), body).status == OK
        # Refused for its length, after it has put the key into its table once more; then a header that is nothing.
        first.headers(block([*right, key, (b"x", b"y" * 20_000)], remembered=True), ends=True)
        with speaking(address, authority) as second:
            assert second.call(block(right, remembered=True), body).status == 16
            # Entry 62 is the newest that was put into the table: here its own, never the key of the first.
            assert second.call(block(right) + number(62, 7, 0x80), body).status != OK
        first.headers(number(9999, 7, 0x80), ends=True)
    with speaking(address, authority) as third:
        assert third.call(block(right), body).status == 16


def _plain() -> bytes:
    asked = a_request()
    asked.ClearField("facts")
    asked.context.ClearField("time")
    return asked.SerializeToString()


def test_k_83_headers_of_one_connection_are_not_anothers(house: House, address: str) -> None:
    """Also after header blocks that were refused or could not be read."""
    a_table_is_of_one_connection(house, address)


def test_k_83_mutant_a_credential_that_is_remembered_for_whoever_comes_next(
    house: House, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if tables were out of step: a call without a header has the one that was seen last."""
    real = Gate._authorizations
    seen: list[tuple[str, ...]] = []

    def remembering(self: Gate, metadata: Any) -> tuple[str, ...]:
        found = real(self, metadata)
        seen.append(found or (seen[-1] if seen else ()))
        return seen[-1]

    monkeypatch.setattr(Gate, "_authorizations", remembering)
    with pytest.raises(AssertionError):
        a_table_is_of_one_connection(house, address)


# --- K-84: floods -----------------------------------------------------------------------------------------------------


def long_headers_are_refused(house: House, address: str) -> None:
    """Headers beyond the bound are refused: to a client that keeps to the settings by gRPC, to another by the gate."""
    key = (b"authorization", b"ApiKey " + house.api_keys["app"].encode())
    authority, path, body = house.server_authority.certificate, CHECK.encode(), _plain()
    before = resident_bytes()
    for length in (LARGEST_HEADERS + 1, 10 * LARGEST_HEADERS, 4 * MEBIBYTE):
        for more in ([(b"x", b"y" * length)], [(b"x", b"y" * 64)] * (length // 64)):
            with speaking(address, authority) as connection:
                told = connection.call(block(grpc_headers(path, key, *more)), body)
            assert told.status not in {OK, None}, length
    with house.connected(address) as channel:
        shown = [("authorization", key[1].decode())]
        assert ask(channel, CHECK, body, metadata=[*shown, ("x", "y" * 20_000)]).code is not grpc.StatusCode.OK
        assert ask(channel, CHECK, body, metadata=[*shown, ("x", "y" * 4_000)]).code is grpc.StatusCode.OK
    assert resident_bytes() - before < 64 * MEBIBYTE


def test_k_84_long_headers_are_refused(house: House, address: str) -> None:
    """One of four mebibytes, or many that are as long together; memory stays within 64 MiB of what it was."""
    long_headers_are_refused(house, address)


def test_k_84_mutant_grpc_alone_looks_at_the_length_of_headers(
    house: House, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever does not acknowledge its settings is let through by it."""
    monkeypatch.setattr("pdp.server.gate.LARGEST_HEADERS", 1 << 40)
    with pytest.raises(AssertionError):
        long_headers_are_refused(house, address)


def test_k_84_a_header_without_end_does_not_end_the_server(house: House, address: str) -> None:
    """Four gigabytes that are announced, base64 that is none, and streams that are reset as soon as they are opened."""
    key = (b"authorization", b"ApiKey " + house.api_keys["app"].encode())
    authority, right, body = house.server_authority.certificate, grpc_headers(CHECK.encode()), _plain()
    before = resident_bytes()
    announced = block(right) + b"\0\x01x" + number((1 << 32) - 1, 7, 0) + b"y" * 1000
    with speaking(address, authority) as connection:
        assert connection.call(announced, body).status != OK
    with speaking(address, authority) as connection:
        assert connection.call(block([*right, key, (b"x-bin", b"!not base64!")]), body).status != OK
    with speaking(address, authority) as connection:
        try:
            for _ in range(2_000):
                stream = connection.headers(block([*right, key]))
                connection.frame(RST_STREAM, 0, stream, b"\0\0\0\x08")
        except OSError:
            pass  # it was closed: so much the better
    with speaking(address, authority) as connection:
        assert connection.call(block([*right, key]), body).status == OK
    assert resident_bytes() - before < 64 * MEBIBYTE


def many_connections_are_closed(words: Words) -> None:
    """Beyond the bound connections are closed at once; those within it are answered, and so is who comes afterwards."""
    body = a_request().SerializeToString()
    with running(StubPoint(allowing, at_once=True), words, io.StringIO(), connections=20) as server:
        with connected(server.address) as channel:
            assert ask(channel, CHECK, body).code is grpc.StatusCode.OK
            with opened(server.address, 80) as connections:
                still = [connection for connection in connections if is_answered(connection, body)]
                assert len(still) <= 20
                assert ask(channel, CHECK, body).code is grpc.StatusCode.OK
        with connected(server.address) as channel:
            assert ask(channel, CHECK, body).code is grpc.StatusCode.OK


def is_answered(connection: Any, body: bytes) -> bool:
    """Say whether a call over *connection* is answered."""
    return bool(connection.call(block(grpc_headers(CHECK.encode())), body).status == OK)


def test_k_84_connections_without_end_are_closed(words: Words) -> None:
    """Eighty where twenty are borne."""
    many_connections_are_closed(words)


def test_k_84_mutant_as_many_connections_as_come(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the option."""
    real = listening.options

    def without(*args: Any, **options: Any) -> list[tuple[str, int]]:
        return [each for each in real(*args, **options) if "max_allowed_incoming_connections" not in each[0]]

    monkeypatch.setattr(serving, "options", without)
    with pytest.raises(AssertionError):
        many_connections_are_closed(words)


# --- K-85: values in values in values ---------------------------------------------------------------------------------


LEVELS: Final = {
    # What goes around a value, from inside out: its key and length in an entry, in a Struct, and in a Value.
    "struct": ((b"\x0a\x01a", b"\x12"), (b"", b"\x0a"), (b"", b"\x2a")),
    # In a ListValue, and in a Value.
    "list": ((b"", b"\x0a"), (b"", b"\x32")),
}


def nested(depth: int, kind: str) -> bytes:
    """Return the bytes of a request whose subject has a property that lies *depth* values deep."""
    parts: list[bytes] = [b"\x20\x01"]  # the innermost value: true
    length = 2
    for _ in range(depth):
        for before, key in LEVELS[kind]:
            head = before + key + _varint(length)
            parts.append(head)
            length += len(head)
    value = b"".join(reversed(parts))
    entry = b"\x0a\x03x_p\x12" + _varint(len(value)) + value
    struct = b"\x0a" + _varint(len(entry)) + entry
    subject = b"\x1a" + _varint(len(struct)) + struct
    return a_request().SerializeToString() + b"\x1a" + _varint(len(subject)) + subject


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


def _deep() -> Iterator[tuple[str, bytes]]:
    """Yield bytes in which something lies deeper than it may, by what they are, within a mebibyte."""
    for kind in ("struct", "list"):
        for depth in (DEPTH + 1, 20, 33, 50, 60, 100, 1_000, 10_000, 100_000):
            body = nested(depth, kind)
            if len(body) < MEBIBYTE:
                yield f"{depth} of {kind}", body
    yield "a million groups", b"\x3b" * (MEBIBYTE - 100)


def what_is_too_deep_is_refused(words: Words) -> None:
    """Each is the caller's mistake, and nothing is decided about it; what is not too deep is no mistake of depth."""
    deep = dict(_deep())
    assert len(deep) >= 14
    shallow = decision_pb2.CheckRequest.FromString(nested(DEPTH - 1, "list"))
    assert shallow.subject.properties["x_p"] is not None
    with (
        running(StubPoint(allowing, at_once=True), words, io.StringIO()) as server,
        connected(server.address) as channel,
    ):
        told = ask(channel, CHECK, nested(DEPTH - 1, "struct"))
        assert "too-deep" not in {error.code for error in told.errors}
        for name, body in deep.items():
            told = ask(channel, CHECK, body)
            assert told.code is grpc.StatusCode.INVALID_ARGUMENT, (name, told)
            codes = {error.code for error in told.errors}
            assert codes & {"too-deep", "malformed-message"}, (name, codes)
        assert ask(channel, CHECK, a_request().SerializeToString()).code is grpc.StatusCode.OK


def test_k_85_what_lies_too_deep_is_refused(words: Words) -> None:
    """From one level too many to a hundred thousand, in structs and in lists; and a million groups."""
    what_is_too_deep_is_refused(words)


def test_k_85_mutant_a_depth_that_nobody_counts(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the parser bears is read then."""
    monkeypatch.setattr(limits, "DEPTH", 1 << 20)
    with pytest.raises(AssertionError):
        what_is_too_deep_is_refused(words)


def _messages(roots: Iterable[Any]) -> set[str]:
    """Return the full names of all messages that can lie in *roots*."""
    seen: dict[str, Any] = {}
    left = list(roots)
    while left:
        message = left.pop()
        if message.full_name in seen:
            continue
        seen[message.full_name] = message
        left += [field.message_type for field in message.fields if field.message_type is not None]
    return set(seen)


def nothing_holds_anything(roots: Iterable[Any]) -> None:
    """No message of the contract can hold an `Any`, whose inside a bound of depth does not see."""
    names = _messages(roots)
    assert "google.protobuf.Any" not in names
    assert len(names) >= 3


def test_k_85_no_message_of_the_contract_holds_any(words: Words) -> None:
    """Requests and answers of every method."""
    roots = [
        each for service in SERVICES for method in service.methods for each in (method.input_type, method.output_type)
    ]
    assert len(_messages(roots)) >= 40
    nothing_holds_anything(roots)


def test_k_85_mutant_a_contract_with_any() -> None:
    """A status of google.rpc holds details of any type."""
    with pytest.raises(AssertionError):
        nothing_holds_anything([status_pb2.Status.DESCRIPTOR, decision_pb2.CheckRequest.DESCRIPTOR])


def test_k_85_json_that_lies_too_deep_is_refused() -> None:
    """What `pdp check FILE` reads: a mistake that is told, not the end of the program."""
    for depth in (100, 10_000, 200_000):
        text = '{"subject": {"properties": ' + '{"a": ' * depth + "1" + "}" * depth + "}}"
        with pytest.raises(InvalidRequestError):
            check_request_from_json(text)
