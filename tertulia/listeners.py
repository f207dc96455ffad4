"""The addresses on which a process listens; one that cannot be used stops the service before anything else has started."""

import errno
import socket

from tertulia.settings import BadSettings, Settings


def listen(settings: Settings) -> socket.socket:
    """Return the listening socket of the service; raise BadSettings if the address is in use or not of this machine."""
    listener = _bind("TERTULIA_PORT", settings.host, settings.port)
    listener.listen(2048)
    listener.set_inheritable(True)
    return listener


def ensure_metrics_address_free(settings: Settings) -> None:
    """Raise BadSettings if the metrics of a web process cannot be served: then the service does not start at all."""
    for number in range(settings.workers if settings.metrics_port else 0):
        _bind("TERTULIA_METRICS_PORT", settings.metrics_host, settings.metrics_port + number).close()


def bind_metrics(settings: Settings) -> socket.socket:
    """Return the socket for the metrics of a web process; raise BadSettings if the address cannot be used."""
    return _bind("TERTULIA_METRICS_PORT", settings.metrics_host, settings.metrics_port)


def bind_worker_metrics(settings: Settings) -> socket.socket:
    """Return the socket for the metrics of `tertulia worker`; raise BadSettings if the address cannot be used."""
    return _bind("TERTULIA_WORKER_METRICS_PORT", settings.metrics_host, settings.worker_metrics_port)


def _bind(variable: str, host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        if error.errno == errno.EADDRINUSE:
            reason = "another program uses it"
        elif error.errno == errno.EADDRNOTAVAIL:
            variable = "TERTULIA_HOST" if variable == "TERTULIA_PORT" else "TERTULIA_METRICS_HOST"
            reason = "this machine has no such address"
        raise BadSettings(
            f"{variable}: the service cannot listen on {host}, port {port}: {reason}."
        ) from error
    return listener
