"""Addresses that cannot be listened on: the sentence names the setting to correct."""

import socket

import pytest

from tertulia.listeners import ensure_metrics_address_free, listen
from tertulia.settings import BadSettings, Settings

# RFC 5737: an address for documentation, which no machine has.
ELSEWHERE = "192.0.2.1"


def test_an_address_of_another_machine_names_the_host() -> None:
    with pytest.raises(BadSettings, match=r"TERTULIA_HOST: .*no such address"):
        listen(Settings(host=ELSEWHERE, port=0))
    with pytest.raises(BadSettings, match=r"TERTULIA_METRICS_HOST: .*no such address"):
        ensure_metrics_address_free(Settings(metrics_host=ELSEWHERE, metrics_port=9464))


def test_a_port_in_use_names_the_port() -> None:
    in_use = pytest.raises(BadSettings, match=r"TERTULIA_PORT: .*another program uses it")
    with socket.create_server(("127.0.0.1", 0)) as other, in_use:
        listen(Settings(port=other.getsockname()[1]))
