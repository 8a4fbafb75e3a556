"""Keeps one TCP connection that the kernel treats as ESP-in-TCP (RFC 9329), as an IKE daemon would.

    espintcp.py LOCAL_PORT REMOTE REMOTE_PORT

Connects from a fixed local port, because Linux ties an SA to the 4-tuple of its connection. Sends
the stream prefix, hands the socket to the kernel (TCP_ULP "espintcp"), and does it all again
whenever the connection is lost. Prints `up` and `lost REASON`, each with seconds since the start of
the system.
"""

import socket
import sys
import time

TCP_ULP = 31


def open_connection(local_port, remote):
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.settimeout(2)
    connection.bind(("", local_port))
    connection.connect(remote)
    connection.settimeout(None)
    connection.sendall(b"IKETCP")
    connection.setsockopt(socket.IPPROTO_TCP, TCP_ULP, b"espintcp")
    return connection


def say(text):
    print(f"{time.monotonic():.3f} {text}", flush=True)


def main():
    local_port, remote = int(sys.argv[1]), (sys.argv[2], int(sys.argv[3]))
    while True:
        try:
            connection = open_connection(local_port, remote)
            say("up")
            # The kernel takes the ESP. Only IKE messages come here, and these cases have no IKE.
            while connection.recv(65535):
                say("unexpected IKE message")
            say("lost end of stream")
        except OSError as error:
            say(f"lost {error.strerror or error}")
        connection = None
        time.sleep(0.1)


main()
