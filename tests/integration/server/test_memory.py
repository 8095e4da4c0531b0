"""The server's memory is bounded: what it holds after thousands of requests more is what it held before, but for its tables and caches of
fixed size. What is bounded fills slowly: the writer's page cache (16 MiB), the readers' (2 MiB each), the table of nonces (8 MiB). What
a request leaves behind and still can be reached, which no leak checker sees, shows here from about 1 KiB a request on."""
import os
import subprocess
import unittest

from server import Server

LOAD = os.environ.get("YIQIAN_LOAD", "bench_sign")
WARM_UP, ROUNDS, GROWTH_MAX_KB, WHOLE_MAX_KB = 4, 3, 16 << 10, 96 << 10


class Memory(unittest.TestCase):
    def resident_kb(self):
        with open(f"/proc/{self.server.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

    def requests(self):
        return self.server.operate("GET", "/v1/system/figures")["requests"]

    def load(self, system):
        command = [LOAD, "--load", str(self.server.port), os.path.join(self.server.data_dir, "yiqiand.sock"), "32", "20"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=250)
        self.assertEqual(done.returncode, 0, done.stderr)
        for number in range(300):
            self.assertEqual(system.call("GET", "/v1/tasks?limit=50")[0], 200)
            self.server.http.json("POST", "/v1/device/challenges", {"protocol": 1, "enrolment_id": "00000000-0000-7000-8000-%012d" % number})

    def test_does_not_grow_with_requests(self):
        with Server() as self.server:
            system = self.server.system()
            for _ in range(WARM_UP):
                self.load(system)
            before, requests = self.resident_kb(), self.requests()
            for _ in range(ROUNDS):
                self.load(system)
            after, requests = self.resident_kb(), self.requests() - requests
            print(f"{before} kB, {after} kB after {requests} requests more")
            self.assertGreater(requests, 15000)
            self.assertLess(after - before, GROWTH_MAX_KB)
            self.assertLess(after, WHOLE_MAX_KB)


if __name__ == "__main__":
    unittest.main()
