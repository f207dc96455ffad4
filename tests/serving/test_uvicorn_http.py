"""Tests of the HTTP protocol: the head of a response is written together with the first part of its body."""

from collections.abc import Iterable

from serving.uvicorn_http import SingleWriteTransport


class RecordingTransport:
    """A transport that records each write."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def writelines(self, parts: Iterable[bytes]) -> None:
        self.writes.append(b"".join(parts))

    def close(self) -> None:
        self.writes.append(b"closed")
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


def test_the_head_is_written_with_the_first_part_of_the_body() -> None:
    recorded = RecordingTransport()
    transport = SingleWriteTransport(recorded)
    transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert len(recorded.writes) == 1
    transport.write(b"HTTP/1.1 200 OK\r\n\r\n")
    assert len(recorded.writes) == 1
    transport.write(b"one")
    transport.write(b"two")
    assert recorded.writes[1:] == [b"HTTP/1.1 200 OK\r\n\r\none", b"two"]


def test_a_head_without_a_body_is_written_when_the_transport_closes() -> None:
    recorded = RecordingTransport()
    transport = SingleWriteTransport(recorded)
    transport.write(b"HTTP/1.1 200 OK\r\n\r\n")
    assert recorded.writes == []
    transport.close()
    assert recorded.writes == [b"HTTP/1.1 200 OK\r\n\r\n", b"closed"]


def test_nothing_is_written_once_the_connection_closes() -> None:
    recorded = RecordingTransport()
    transport = SingleWriteTransport(recorded)
    transport.write(b"HTTP/1.1 200 OK\r\n\r\n")
    recorded.is_closed = True
    transport.write(b"one")
    transport.close()
    assert recorded.writes == [b"closed"]
