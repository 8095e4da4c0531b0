"""A hospital's phones, all connected and idle: what 10,000 channels cost, and that a task still comes at once."""
import re
import resource
import socket
import time
import unittest

from server import Server

CHANNELS, DEVICES = 10000, 20
MEMORY_MAX = 300 * 1000 * 1000
HEARTBEAT = 25  # seconds


def kib(server, name="VmRSS"):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        return int(re.search(rf"{name}:\s+(\d+)", status.read())[1])


def cpu_seconds(server):
    with open(f"/proc/{server.process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def read_until(channel, wanted):
    got = b""
    while wanted not in got:
        more = channel.recv(4096)
        assert more, got
        got += more
    return got


class ManyChannels(unittest.TestCase):
    def setUp(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if hard != resource.RLIM_INFINITY and hard < CHANNELS + 200:
            self.skipTest(f"at most {hard} open files a process here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def test_ten_thousand_idle_channels(self):
        with Server(options=["--waiting-per-device-max", str(CHANNELS // DEVICES)]) as server:
            system = server.system()
            phones = [server.enrolled(server.user(f"D{number}")) for number in range(DEVICES)]
            before, began, channels = kib(server), time.monotonic(), []
            for number in range(CHANNELS):
                channel = socket.create_connection(("127.0.0.1", server.port), timeout=30)
                channel.sendall(b"GET /v1/device/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
                                phones[number % DEVICES].token.encode() + b"\r\n\r\n")
                channels.append(channel)
            for channel in channels:
                self.assertTrue(read_until(channel, b'"count":0').startswith(b"HTTP/1.1 200 "))
            print(f"{CHANNELS} channels in {time.monotonic() - began:.1f} s: {kib(server)} KiB, before {before} KiB")
            cpu = cpu_seconds(server)
            time.sleep(HEARTBEAT + 1)
            for channel in channels:
                read_until(channel, b": \n\n")
            print(f"{HEARTBEAT + 1} s with a heartbeat each: {cpu_seconds(server) - cpu:.2f} s of CPU, {kib(server)} KiB")
            began = time.monotonic()
            system.create("D3", b"document")
            for channel in channels[3::DEVICES]:
                read_until(channel, b'"count":1')
            took = time.monotonic() - began
            print(f"a task on {CHANNELS // DEVICES} channels of its signer: {1000 * took:.0f} ms")
            self.assertLess(took, 2)
            self.assertLess(kib(server, "VmHWM") * 1024, MEMORY_MAX)
            # All of them go away: there is room again.
            for channel in channels:
                channel.close()
            until, status = time.monotonic() + 20, 429
            while status == 429 and time.monotonic() < until:
                with socket.create_connection(("127.0.0.1", server.port), timeout=30) as channel:
                    channel.sendall(b"GET /v1/device/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
                                    phones[0].token.encode() + b"\r\n\r\n")
                    status = int(channel.recv(4096).split()[1])
            self.assertEqual(status, 200)


if __name__ == "__main__":
    unittest.main()
