"""The watched clock, with real sources: an NTP server that lies, delays, is silent or sends kisses; chronyd -x; gpsd with made-up sentences; a
clock that is set while the server runs (a library preloaded into it: the machine's own is never touched)."""
import base64
import json
import os
import socket
import subprocess
import tempfile
import time
import unittest

import clocks
import tsa
from curve import sm2_e, sm2_verify, sm3
from server import Server

YIQIAN = os.environ.get("YIQIAN", "yiqian")
STEP_LIBRARY = os.environ.get("YIQIAN_CLOCK_STEP_LIBRARY")


def watched(*sources, **settings):
    options = {"time-sources": ", ".join(sources), "time-interval": "1s", **{k.replace("_", "-"): str(v) for k, v in settings.items()}}
    return [f"--{name}={value}" for name, value in options.items()]


class Watched(unittest.TestCase):
    def clock(self, server):
        return server.operate("GET", "/v1/tsa/clock")

    def wait(self, server, state, seconds=30, error_us=10**9, **more):
        """error_us: at most; a round on a busy machine may measure worse, another will not."""
        end = time.monotonic() + seconds
        while True:
            clock = self.clock(server)
            if clock["state"] == state and (clock["error_us"] or 0) <= error_us and all(clock[name] == value for name, value in more.items()):
                return clock
            self.assertLess(time.monotonic(), end, (state, more, clock))
            time.sleep(0.1)

    def source(self, clock, fake):
        return next(s for s in clock["sources"] if s["id"] == f"127.0.0.1:{fake.port}")

    def said(self, server, fake, said, seconds=15):
        end = time.monotonic() + seconds
        while True:
            source = self.source(self.clock(server), fake)
            if said in source["said"]:
                return source
            self.assertLess(time.monotonic(), end, (said, source))
            time.sleep(0.1)

    def fakes(self, *bent):
        made = [clocks.FakeNtp(**b) for b in bent]
        for fake in made:
            self.addCleanup(fake.close)
        return made

    def recorded(self, server, *states):
        """The history ends with these; it is written a moment after the state is to be seen."""
        end = time.monotonic() + 10
        while [s["state"] for s in self.chain(server)][-len(states):] != list(states):
            self.assertLess(time.monotonic(), end, (states, [s["state"] for s in self.chain(server)]))
            time.sleep(0.1)

    def chain(self, server):
        """Verifies the whole history without the product's own code; its links' statements."""
        page = server.operate("GET", "/v1/tsa/clock/history?limit=200")
        keys = {serial: key for key, serial in (clocks.certificate_key(base64.b64decode(c)) for c in page["signers"])}
        previous, statements = bytes(32), []
        for number, link in enumerate(page["items"], 1):
            text, signature = link["statement"].encode(), base64.b64decode(link["signature"])
            lines = clocks.statement(link["statement"])
            self.assertEqual((int(lines["sequence"]), lines["previous"]), (number, previous.hex()))
            key = keys[lines["signer"]]
            self.assertTrue(sm2_verify(key, sm2_e(key, text), signature))
            previous = sm3(text + signature)
            statements.append(lines)
        return statements


class Demonstration(Watched):
    def test_nobody_watches_and_everything_says_so(self):
        with Server() as server:
            status, answer = server.http.json("GET", "/v1/time")
            self.assertEqual((status, answer["state"], answer["error_us"], answer["signed"]), (200, "demonstration", 1000000, None))
            self.assertEqual(server.http.json("GET", "/v1/health")[1]["clock"], "demonstration")
            self.wait(server, "demonstration", reason="fine", sources=[])
            self.recorded(server, "demonstration")
            self.assertTrue(server.logged(lambda line: "nothing checks the clock" in line))
            self.assertIn(".2.1", tsa.openssl_text(tsa.ask(server.http)))


class Time(Watched):
    def test_the_time_for_other_systems(self):
        fakes = self.fakes({}, {}, {})
        with Server(options=watched(*(f.source for f in fakes), time_zone="+05:30")) as server:
            self.wait(server, "good", error_us=50000)
            before = time.time()
            status, answer = server.http.json("GET", "/v1/time")
            after = time.time()
            self.assertEqual(status, 200)
            self.assertTrue(before - 0.001 <= answer["unix_us"] / 1e6 <= after + 0.001)
            self.assertLess(answer["error_us"], 100000)
            self.assertEqual((answer["leap"], answer["state"], answer["signed"]), (0, "good", None))
            at = time.gmtime(answer["unix_us"] // 1000000 + 5 * 3600 + 1800)
            self.assertEqual(answer["civil"], {"offset": "+05:30", "year": at.tm_year, "month": at.tm_mon, "day": at.tm_mday, "hour": at.tm_hour,
                                               "minute": at.tm_min, "second": at.tm_sec, "microsecond": answer["unix_us"] % 1000000})
            self.assertEqual(answer["utc"], time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(answer["unix_us"] // 1000000)) +
                             ".%06dZ" % (answer["unix_us"] % 1000000))

    def test_the_signed_time(self):
        fake, = self.fakes({})
        with Server(options=watched(fake.source)) as server:
            self.wait(server, "good")
            status, answer = server.http.json("GET", "/v1/time?nonce=a-Nonce_of_ours0")
            self.assertEqual(status, 200)
            signed = answer["signed"]
            lines = clocks.statement(signed["text"])
            key, serial = clocks.certificate_key(base64.b64decode(signed["certificate"]))
            self.assertEqual(lines, {"nonce": "a-Nonce_of_ours0", "utc": answer["utc"], "error_us": str(answer["error_us"]), "leap": "0",
                                     "state": "good", "signer": serial})
            signature = base64.b64decode(signed["signature"])
            self.assertTrue(sm2_verify(key, sm2_e(key, signed["text"].encode()), signature))
            self.assertFalse(sm2_verify(key, sm2_e(key, signed["text"].replace("good", "bad!").encode()), signature))
            # The issuing CA certified it, for signatures and nothing else.
            with tempfile.TemporaryDirectory() as folder:
                der = tsa.file_of(folder, "c.der", base64.b64decode(signed["certificate"]))
                text = tsa.openssl("x509", "-inform", "DER", "-in", der, "-noout", "-text").decode()
                self.assertRegex(text, r"Key Usage: critical\s+Digital Signature\n")
            for nonce, code in (("short", "field_length"), ("x" * 65, "field_length"), ("no%20spaces%20here", "field_value")):
                status, problem = server.http.json("GET", "/v1/time?nonce=" + nonce)
                self.assertEqual((status, problem["code"], problem["field"]), (400, code, "nonce"))
            status, problem = server.http.json("GET", "/v1/time?zone=UTC")
            self.assertEqual(problem["code"], "field_unknown")

    def test_who_may_see_the_sources(self):
        with Server() as server:
            for path in ("/v1/tsa/clock", "/v1/tsa/clock/history"):
                self.assertEqual(server.http.json("GET", path)[0], 401)


class Sources(Watched):
    def test_a_liar_is_named_and_does_not_count(self):
        honest, other, liar = self.fakes({}, {}, {"wrong": 7.5})
        with Server(options=watched(honest.source, other.source, liar.source)) as server:
            clock = self.wait(server, "good", voices=3, error_us=100000)
            self.assertEqual([self.source(clock, f)["agrees"] for f in (honest, other, liar)], [True, True, False])
            self.assertEqual((clock["needed"], clock["agreeing"]), (2, 2))
            self.assertTrue(-7600000 < self.source(clock, liar)["offset_us"] < -7400000)
            # Two that agree on what is not so outvote one: then the clock is bad, and nothing is issued.
            other.wrong = 7.5
            self.wait(server, "bad", reason="limit")
            self.assertEqual(tsa.ask(server.http).failure, "timeNotAvailable")
            status, problem = server.http.json("GET", "/v1/time")
            self.assertEqual((status, problem["code"]), (503, "time_not_available"))
            other.wrong = 0
            self.wait(server, "good")

    def test_a_long_way_is_a_wide_bound(self):
        near, far = self.fakes({}, {"delay": 0.3})
        with Server(options=watched(near.source, far.source)) as server:
            clock = self.wait(server, "good", voices=2)
            # The server kept it 0.3 s and says so: that is no delay.
            self.assertLess(self.source(clock, far)["bound_us"], 100000)
        far, = self.fakes({"root_delay": 0.5, "root_dispersion": 0.1})
        with Server(options=watched(far.source)) as server:
            clock = self.wait(server, "good")
            self.assertGreater(clock["error_us"], 350000)

    def test_what_servers_do(self):
        fakes = self.fakes({}, {"silent": True}, {"delay": 1.5}, {"leap": 3}, {"stratum": 16}, {"kiss": "RATE"}, {"kiss": "DENY"},
                           {"kiss": "INIT"}, {"origin": bytes(8)}, {"cut": 47}, {"root_dispersion": 900})
        with Server(options=watched(*(f.source for f in fakes), time_agree=1)) as server:
            self.wait(server, "good")
            for fake, said in zip(fakes, ("stratum 2", "silent", "silent", "not synchronised", "not synchronised", "RATE", "DENY", "kiss INIT",
                                          "silent", "silent", "impossible")):
                self.said(server, fake, said)
            self.assertEqual(self.clock(server)["voices"], 1)
            rate, deny = fakes[5], fakes[6]
            time.sleep(4)
            self.assertEqual((rate.asked, deny.asked), (1, 1))  # left alone
            self.assertGreaterEqual(fakes[0].asked, 3)
            # What we ask with tells nothing: a version, a mode, a random number that is another each time.
            self.assertEqual({p[:40] for p in fakes[0].requests}, {b"\x23" + bytes(39)})
            self.assertEqual(len({p[40:] for p in fakes[0].requests}), len(fakes[0].requests))

    def test_more_agreement_than_there_are_voices(self):
        for sources, agree in ((("ntp:127.0.0.1:9",), 2), (("chrony", "kernel"), 2)):
            with self.assertRaisesRegex(AssertionError, "time_agree is more"):
                Server(options=watched(*sources, time_agree=agree))
        Server(options=watched("chrony", "ntp:127.0.0.1:9", time_agree=2)).close()

    def test_an_announced_leap_second(self):
        fakes = self.fakes({"leap": 1}, {"leap": 1})
        with Server(options=watched(*(f.source for f in fakes))) as server:
            self.wait(server, "good", leap=1)
            self.assertEqual(server.http.json("GET", "/v1/time")[1]["leap"], 1)

    def test_sources_vanish_and_return(self):
        fakes = self.fakes({}, {}, {})
        # An oscillator so bad that a hold-over of 60 ms is over after seconds.
        figures = "frequency=1e-3, aging=0, stability=0, temperature=1e-3"
        with Server(options=watched(*(f.source for f in fakes), time_limit_ms=60, oscillator=figures)) as server:
            self.wait(server, "good")
            answer = tsa.ask(server.http)
            self.assertIn("Policy OID: 2.25.92789953449470946607310693012765490645.1.1", tsa.openssl_text(answer))
            for fake in fakes:
                fake.silent = True
            self.wait(server, "holdover", reason="unsynchronised")
            status, problem = server.http.json("GET", "/v1/time")
            self.assertEqual(status, 200)
            self.wait(server, "soon_out")
            clock = self.wait(server, "bad", seconds=90)
            self.assertEqual(clock["reason"], "limit")
            answer = tsa.ask(server.http)
            self.assertEqual(answer.failure, "timeNotAvailable")
            self.assertIn("the TSA's time source is not available", tsa.openssl_text(answer))
            self.assertEqual(server.http.json("GET", "/v1/time")[1]["code"], "time_not_available")
            self.assertEqual(server.http.json("GET", "/v1/health")[1]["clock"], "bad")
            self.assertTrue(server.logged(lambda line: "THE TIME IS LOST" in line))
            done = subprocess.run([YIQIAN, "time"], env={**os.environ, "YIQIAN_DATA_DIR": server.data_dir, "LANG": "zh_CN.UTF-8"},
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn("时间不可信", done.stderr)
            for fake in fakes:
                fake.silent = False
            self.wait(server, "good")
            self.assertIsNotNone(tsa.ask(server.http).token)
            self.recorded(server, "good", "holdover", "soon_out", "bad", "good")
            events = [(r["event"], r["outcome"]) for r in server.audit() if r["event"] in ("time.lost", "time.back")]
            self.assertEqual(events[-2:], [("time.lost", "time_not_available"), ("time.back", "ok")])
            self.check_history(server)

    def check_history(self, server):
        def yiqian(*arguments):
            return subprocess.run([YIQIAN, "time", *arguments, "--json"], env={**os.environ, "YIQIAN_DATA_DIR": server.data_dir},
                                  capture_output=True, text=True)
        done = yiqian("history", "--check")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["links"], len(self.chain(server)))
        self.assertEqual(yiqian("history", "--limit", "2").returncode, 0)
        shown = json.loads(yiqian().stdout)
        self.assertEqual(shown["clock"]["state"], "good")
        self.assertEqual(len(shown["clock"]["sources"]), 3)


class Chrony(Watched):
    def setUp(self):
        self.chrony = clocks.Chrony()
        self.addCleanup(self.chrony.close)

    def test_chronyd_as_server_and_as_client(self):
        """The client is asked through chronyc, the server over NTP; the server goes, and comes back."""
        direct = f"ntp:127.0.0.1:{self.chrony.serving}"
        figures = "frequency=1e-3, aging=0, stability=0, temperature=1e-3"
        with Server(options=watched(self.chrony.source, direct, time_limit_ms=20, oscillator=figures)) as server:
            clock = self.wait(server, "good", voices=2, seconds=60)
            kinds = {s["kind"]: s for s in clock["sources"]}
            self.assertTrue(kinds["chrony"]["said"].startswith("stratum 6 from 127.0.0.1"))
            self.assertTrue(kinds["ntp"]["said"].startswith("stratum 5"))
            self.assertLess(clock["error_us"], 20000)
            self.assertIsNotNone(tsa.ask(server.http).token)
            self.chrony.unserve()
            self.wait(server, "bad", seconds=90)
            self.assertEqual(tsa.ask(server.http).failure, "timeNotAvailable")
            self.chrony.serve()
            self.wait(server, "good", seconds=120)
            self.assertIsNotNone(tsa.ask(server.http).token)

    def test_no_chronyd(self):
        port = clocks.free_port()
        with Server(options=watched(f"chrony:127.0.0.1:{port}", "kernel")) as server:
            clock = self.wait(server, "bad", reason="unsynchronised") if not os.path.exists("/run/chrony/chronyd.pid") else self.clock(server)
            self.assertIn(clock["sources"][0]["said"], ("silent", "chronyd does not answer"))
            self.assertEqual(clock["sources"][1]["id"], "adjtimex")


class Receiver(Watched):
    def test_made_up_sentences(self):
        gps = clocks.Gps()
        self.addCleanup(gps.close)
        with Server(options=watched(gps.source)) as server:
            end = time.monotonic() + 40
            while True:
                one = self.clock(server)["sources"]
                if one and one[0]["synchronised"]:
                    break
                self.assertLess(time.monotonic(), end, one)
                time.sleep(0.2)
            self.assertEqual((one[0]["kind"], one[0]["said"]), ("gpsd", "sentences"))
            self.assertLessEqual(one[0]["bound_us"], 500001)
            self.assertRegex(one[0]["id"], rf"^127\.0\.0\.1:{gps.port} /dev/pts/\d+$")
            # How late sentences come is what gpsfake makes it, and another client of the same gpsd sees it: then our clock is ahead by no more
            # than that, and by no less than a second less.
            # Two sentences are compared: on a busy machine one of them may come later than the other.
            for _ in range(5):
                late, now = self.lateness(gps.port), self.clock(server)["sources"][0]
                at, bound = now["offset_us"] / 1e6, now["bound_us"] / 1e6
                agree = at - bound < late + 0.1 and at + bound > late - 1.1 and abs(at + 0.5 - late) < 0.7
                if agree:
                    break
            self.assertTrue(agree, (late, now))

    def lateness(self, port):
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            connection.sendall(b'?WATCH={"enable":true,"json":true,"pps":true};\n')
            for line in connection.makefile():
                said = json.loads(line)
                if said["class"] == "TOFF":
                    return said["clock_sec"] - said["real_sec"] + (said["clock_nsec"] - said["real_nsec"]) / 1e9

    def test_no_gpsd_and_one_that_talks_nonsense(self):
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)
        nowhere = clocks.free_port(socket.SOCK_STREAM)
        with Server(options=watched(f"gpsd:127.0.0.1:{nowhere}", f"gpsd:127.0.0.1:{listening.getsockname()[1]}")) as server:
            connection, _ = listening.accept()
            connection.sendall(b"\x00\xff{{{{\n" + b"x" * 100000 + b'\n{"class":"TPV","device":"/dev/x","mode":3,"time":"nonsense"}\n')
            end = time.monotonic() + 20
            while "no time" not in [s["said"] for s in self.clock(server)["sources"]]:
                self.assertLess(time.monotonic(), end, self.clock(server))
                time.sleep(0.1)
            self.assertEqual(self.clock(server)["sources"][0]["said"], "silent")
            connection.close()


@unittest.skipUnless(STEP_LIBRARY, "needs the library that sets the server's clock")
class Steps(Watched):
    def failure(self, server):
        """Of a query; limits of a client, which go by the system clock, are waited out when it was set back."""
        while True:
            status, body = server.http.raw("POST", "/tsa", tsa.query(), tsa.QUERY)
            if status != 429:
                return tsa.Answer(body).failure
            time.sleep(0.1)

    def test_a_clock_that_is_set_is_noticed_at_once(self):
        fake, = self.fakes({})
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "step")

            def step(seconds):
                with open(path + ".new", "wb") as file:
                    file.write(b"%d" % int(seconds * 1e9))
                os.rename(path + ".new", path)

            step(0)
            env = {"LD_PRELOAD": STEP_LIBRARY, "YIQIAN_CLOCK_STEP": path}
            with Server(options=watched(fake.source, time_interval="60s"), env=env) as server:
                self.wait(server, "good")
                for seconds in (0.4, -0.4, 3600):
                    self.assertIsNone(self.failure(server))
                    fake.silent = True
                    step(seconds)
                    # No round was due: the very next question says so.
                    self.assertEqual(self.failure(server), "timeNotAvailable")
                    self.assertEqual(server.http.json("GET", "/v1/time")[0], 503)
                    self.wait(server, "bad", reason="stepped")
                    step(0)
                    self.assertEqual(self.failure(server), "timeNotAvailable")
                    fake.silent = False
                    self.wait(server, "good", seconds=60)
                self.assertTrue(server.logged(lambda line: "the system clock was set" in line))
                # Set by half a second and measured: the bound says it, within the limit.
                step(0.4)
                clock = self.wait(server, "good", seconds=60)
                while clock["error_us"] < 300000:
                    time.sleep(0.2)
                    clock = self.wait(server, "good", seconds=60)
                self.assertLess(clock["error_us"], 500000)
                self.chain(server)


if __name__ == "__main__":
    unittest.main()
