"""Sources of time for tests: an NTP server that does as it is told, chronyd that sets no clock, a gpsd that replays made-up sentences. None
of them touches the machine's clock."""
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

EPOCH = 2208988800


def stamp(unix):
    return struct.pack(">Q", int((unix + EPOCH) * 2**32) & (2**64 - 1))


class FakeNtp(threading.Thread):
    """Answers on 127.0.0.1 with the time of this machine, bent by its attributes: wrong (seconds ahead), delay (seconds), leap (indicator),
    stratum, root_delay and root_dispersion (seconds), kiss (a code), silent, origin (bytes instead of what was asked), cut (bytes)."""

    def __init__(self, **bent):
        super().__init__(daemon=True)
        self.wrong, self.delay, self.leap, self.stratum = 0.0, 0.0, 0, 2
        self.root_delay, self.root_dispersion = 0.001, 0.001
        self.kiss, self.silent, self.origin, self.cut, self.asked, self.requests = None, False, None, None, 0, []
        self.__dict__.update(bent)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.source = f"ntp:127.0.0.1:{self.port}"
        self.start()

    def run(self):
        while True:
            try:
                packet, whence = self.socket.recvfrom(2048)
            except OSError:
                return
            received = time.time()
            self.asked += 1
            self.requests.append(packet)
            if self.silent:
                continue
            time.sleep(self.delay)
            try:
                self.socket.sendto(self.answer(packet, received)[:self.cut], whence)
            except OSError:  # the test is over
                return

    def answer(self, packet, received):
        reference = self.kiss.encode() if self.kiss else b"\x7f\x00\x00\x01"
        head = struct.pack(">BBbbII4s", self.leap << 6 | 4 << 3 | 4, 0 if self.kiss else self.stratum, 4, -20,
                           int(self.root_delay * 65536), int(self.root_dispersion * 65536), reference)
        origin = packet[40:48] if self.origin is None else self.origin
        return head + stamp(received + self.wrong - 16) + origin + stamp(received + self.wrong) + stamp(time.time() + self.wrong)

    def close(self):
        self.socket.close()


def free_port(kind=socket.SOCK_DGRAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """A program of others, in a folder of its own, stopped by its id."""

    def __init__(self, command, folder, env=None):
        self.log = open(os.path.join(folder, "log"), "wb")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, cwd=folder, env=env,
                                        start_new_session=True)

    def stop(self):
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGTERM)
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.log.close()


class Chrony:
    """Two chronyd, both with -x (neither sets a clock): one serves this machine's time, one is its client, and that one is asked."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="yiqian-chrony-")
        os.chmod(self.folder, 0o755)
        self.serving, self.command = free_port(), free_port()
        self.source = f"chrony:127.0.0.1:{self.command}"
        self.client = self.run("client", f"server 127.0.0.1 port {self.serving} iburst minpoll 0 maxpoll 0\nport 0\ncmdport {self.command}\n"
                                         "bindcmdaddress 127.0.0.1\n")
        self.server = None
        self.serve()

    def run(self, name, text):
        folder = os.path.join(self.folder, name)
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "chrony.conf")
        with open(path, "w") as file:
            file.write(text + f"bindcmdaddress /\npidfile {folder}/pid\n")
        # -U: without root's privileges, of which -x needs none.
        return Process(["chronyd", "-x", "-d", "-U", "-u", "root" if os.geteuid() == 0 else os.environ.get("USER", ""), "-f", path], folder)

    def serve(self):
        self.server = self.run("server", f"local stratum 5\nport {self.serving}\nbindaddress 127.0.0.1\nallow 127.0.0.0/8\ncmdport 0\n")

    def unserve(self):
        self.server.stop()

    def close(self):
        self.client.stop()
        self.server.stop()
        shutil.rmtree(self.folder)


def nmea(body):
    total = 0
    for byte in body.encode():
        total ^= byte
    return f"${body}*{total:02X}\r\n"


def sentences(unix):
    """What a receiver says of one second: RMC and GGA of a place that does not matter."""
    at = time.gmtime(unix)
    clock, date = time.strftime("%H%M%S.00", at), time.strftime("%d%m%y", at)
    return nmea(f"GPRMC,{clock},A,3954.0000,N,11623.0000,E,0.0,0.0,{date},,,A") + \
        nmea(f"GPGGA,{clock},3954.0000,N,11623.0000,E,1,08,1.0,50.0,M,0.0,M,,")


class Gps:
    """gpsfake over a log that begins a moment from now: a second of the log a second. ahead: how much its time is ahead."""

    def __init__(self, ahead=0, seconds=120):
        self.folder = tempfile.mkdtemp(prefix="yiqian-gps-")
        self.port = free_port(socket.SOCK_STREAM)
        self.source = f"gpsd:127.0.0.1:{self.port}"
        path = os.path.join(self.folder, "made-up.nmea")
        begin = int(time.time()) + 1
        with open(path, "w", newline="") as file:
            file.write("# made up for a test\n")
            for second in range(seconds):
                file.write(sentences(begin + ahead + second))
        self.process = Process(["gpsfake", "-1", "-c", "0.5", "-P", str(self.port), "-q", path], self.folder)

    def close(self):
        self.process.stop()
        shutil.rmtree(self.folder)


def statement(text):
    """The lines of a signed text behind its first, by name."""
    return dict(line.split("=", 1) for line in text.splitlines()[1:])


def certificate_key(der):
    """The SM2 public key and the serial of a certificate, as OpenSSL reads it."""
    text = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-text"], input=der, capture_output=True, check=True).stdout.decode()
    key = bytes.fromhex(re.sub(r"[\s:]", "", re.search(r"pub:\s*((?:[0-9a-f]{2}:?\s*)+)", text)[1]))
    serial = re.sub(r"[\s:]", "", re.search(r"Serial Number:\s*([0-9a-f:\s]+)Signature", text)[1])
    return (int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")), serial
