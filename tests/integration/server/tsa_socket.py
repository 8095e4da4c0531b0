"""A client of the socket transport of timestamps (GM/T 0033-2014 8.3, RFC 3161 3.3), byte by byte."""
import socket
import struct

MESSAGE, POLL_REPLY, POLL_REQUEST, NO_MORE, PARTIAL, FINAL, ERROR = range(7)


def frame(flag, value):
    return struct.pack(">IB", len(value) + 1, flag) + value


class Connection:
    def __init__(self, port, source="127.0.0.1", tls=None):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(source, 0))
        if tls:
            self.sock = tls.wrap_socket(self.sock, server_hostname="127.0.0.1")

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def read(self, n):
        """n bytes; fewer where the server closes."""
        data = b""
        while len(data) < n:
            try:
                part = self.sock.recv(n - len(data))
            except ConnectionResetError:
                break
            if not part:
                break
            data += part
        return data

    def hear(self):
        """flag, value; None where the server closes."""
        head = self.read(5)
        if len(head) < 5:
            assert head == b"", "closed in the middle of a message"
            return None
        length, flag = struct.unpack(">IB", head)
        value = self.read(length - 1)
        assert len(value) == length - 1, "closed in the middle of a message"
        return flag, value

    def ask(self, request):
        self.send(frame(MESSAGE, request))
        return self.hear()
