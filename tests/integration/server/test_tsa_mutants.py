"""100,000 timestamp queries that were changed: each is answered by a well-formed refusal or by a token, each token is about what the query says and
in the log, and the server lives. $YIQIAN_SEED repeats a run."""
import os
import random
import sqlite3
import threading
import time
import unittest

import tsa
from server import Server

MUTANTS = 100_000
CLIENTS = 4
SEED = int(os.environ.get("YIQIAN_SEED", time.time_ns() % 2**32))


def seeds(rng):
    """Queries of every shape, good ones and those with something that is not taken."""
    policy = "2.25.92789953449470946607310693012765490645.2.1"
    for hash_name in tsa.HASHES:
        for certificates in (False, True):
            for nonce in (None, 0, rng.randrange(2**64), rng.randrange(2**240)):
                yield tsa.query(hash_name=hash_name, certificates=certificates, nonce=nonce, policy=rng.choice((None, policy, "1.2.3")))
    yield tsa.query(more=tsa.der(0xa0, tsa.der(0x30, tsa.oid("1.2.3"), b"\x04\x00")))


def mutate(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = rng.randrange(len(data)) if data else 0
        how = rng.randrange(7)
        if how == 0 and data:
            data[at] ^= 1 << rng.randrange(8)
        elif how == 1 and data:
            data[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        elif how == 2:
            del data[at:at + rng.choice((1, 1, 2, 8))]
        elif how == 3:
            data[at:at] = bytes(rng.randrange(256) for _ in range(rng.choice((1, 1, 2, 8))))
        elif how == 4:
            data[at:at] = data[at:at + rng.randrange(1, 32)]
        elif how == 5:
            del data[at:]
        elif data:
            data[-1] = rng.randrange(256)
    return bytes(data)


class Mutants(unittest.TestCase):
    def ask(self, server, number, granted, refused, wrong):
        rng = random.Random(SEED + number)
        http, good = server.new_client(), list(seeds(rng))
        paths = ("/tsa", "/tsa", "/tsa/gm", "/tsa/sm2", "/tsa/sm2/gm")
        try:
            for i in range(MUTANTS // CLIENTS):
                query = mutate(rng, rng.choice(good))
                status, body = http.raw("POST", rng.choice(paths), query, tsa.QUERY)
                if status != 200:
                    raise AssertionError(f"status {status}")
                answer = tsa.Answer(body)  # fails where it is not well-formed
                if answer.token:
                    if answer.imprint not in query:
                        raise AssertionError("about something else")
                    granted.append(answer.serial)
                else:
                    refused[answer.failure] = refused.get(answer.failure, 0) + 1
        except Exception as error:
            wrong.append(f"client {number}, mutant {i}: {error!r}: {query.hex()} {body[:300]!r}")

    def test_mutants(self):
        print(f"YIQIAN_SEED={SEED}")
        with Server() as server:
            results = [([], {}, []) for _ in range(CLIENTS)]
            threads = [threading.Thread(target=self.ask, args=(server, i, *results[i])) for i in range(CLIENTS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual([line for result in results for line in result[2]], [])
            serials = {serial for result in results for serial in result[0]}
            granted, refused = sum(len(result[0]) for result in results), {}
            for result in results:
                for failure, n in result[1].items():
                    refused[failure] = refused.get(failure, 0) + n
            print(f"{MUTANTS} mutants: {granted} tokens, refused {refused}")
            self.assertEqual(granted + sum(refused.values()), MUTANTS)
            self.assertGreater(granted, MUTANTS // 100)
            for failure in ("badDataFormat", "badAlg", "badRequest", "unacceptedPolicy", "unacceptedExtension"):
                self.assertIn(failure, refused)
            self.assertLessEqual(set(refused), {"badDataFormat", "badAlg", "badRequest", "unacceptedPolicy", "unacceptedExtension"})
            with sqlite3.connect(os.path.join(server.data_dir, "yiqian.db")) as database:
                logged = {row[0] for row in database.execute("SELECT serial FROM token")}
            self.assertEqual(len(serials), granted)
            self.assertEqual(serials, logged)
            status, answer = server.new_client().json("GET", "/v1/health")
            self.assertEqual((status, answer["status"]), (200, "ok"))
            self.assertIsNotNone(tsa.ask(server.http).token)


if __name__ == "__main__":
    unittest.main()
