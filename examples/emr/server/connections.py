"""Which connections are served. One that has not sent its request yet makes room for a newer one: to hold many halves of requests
open keeps nobody else out."""
import io
import socket
import threading
import time

MAX = 256
MAX_OF_ADDRESS = 64
IDLE_SECONDS = 60     # until a request begins
REQUEST_SECONDS = 10  # and until it is complete


class Connections:
    """of_address: how many one address may hold; None behind a proxy, where all come from one."""

    def __init__(self, most=MAX, of_address=MAX_OF_ADDRESS):
        self.most, self.of_address = most, of_address
        self.lock, self.open = threading.Lock(), {}  # socket to [address, whether its request is awaited]; the oldest first

    def admit(self, connection, address):
        """Whether it is served; the oldest that only waits may be ended for it."""
        with self.lock:
            same = [one for one, (other, _) in self.open.items() if other == address]
            if self.of_address is not None and len(same) >= self.of_address:
                rivals = same
            elif len(self.open) >= self.most:
                rivals = list(self.open)
            else:
                rivals = None
            if rivals is not None:
                goes = next((one for one in rivals if self.open[one][1]), None)
                if goes is None:
                    return False
                del self.open[goes]
                try:
                    goes.shutdown(socket.SHUT_RDWR)  # its thread reads the end, and closes it
                except OSError:
                    pass  # it had gone
            self.open[connection] = [address, True]
            return True

    def awaits(self, connection, whether):
        with self.lock:
            if connection in self.open:
                self.open[connection][1] = whether

    def leave(self, connection):
        with self.lock:
            self.open.pop(connection, None)


class Incoming(io.RawIOBase):
    """What a browser sends, with a time for all of a request: one that comes byte by byte does not last longer."""

    def __init__(self, connection):
        self.connection, self.until = connection, None  # until when the request has to be complete

    def begin(self):
        """The next request is awaited."""
        self.until = None

    def readable(self):
        return True

    def readinto(self, buffer):
        left = IDLE_SECONDS if self.until is None else self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.connection.settimeout(left)
        try:
            n = self.connection.recv_into(buffer)
        finally:
            self.connection.settimeout(IDLE_SECONDS)
        if self.until is None:
            self.until = time.monotonic() + REQUEST_SECONDS
        elif n == 0:
            raise ConnectionResetError  # half a request is none
        return n
