"""Random numbers that are none: the server says so and makes nothing with a key, while it reads, verifies and answers; without
them on an empty directory it does not start; with them again after a restart it works."""
import base64
import os
import tempfile
import unittest

from phone import Phone, Refused
from server import Server

DOCUMENT = "出院记录".encode() * 300
REFUSED = (503, "self_test_failed")


class SelfTest(unittest.TestCase):
    def test_a_healthy_server_says_what_it_tested(self):
        with Server() as server:
            self.assertEqual(server.http.json("GET", "/v1/health")[1]["status"], "ok")
            tests = server.operate("GET", "/v1/system/self-tests")
            self.assertEqual((tests["state"], tests["failed"]), ("passed", []))
            for name in ("sm3", "hmac_sm3", "kdf", "pbkdf2", "hash_drbg", "sm2_sign", "sm2_verify", "sm2_encrypt", "sm2_decrypt",
                         "two_party_sign", "sm4_ctr", "entropy", "random", "root_key", "issuing_key"):
                self.assertIn(name, tests["passed"])
            self.assertGreater(tests["duration_ns"], 0)
            self.assertEqual(server.http.json("GET", "/v1/system/self-tests")[0], 401)

    def test_stuck_random_numbers(self):
        with tempfile.TemporaryDirectory() as folder:
            flag, data = os.path.join(folder, "stuck"), os.path.join(folder, "data")
            env = {"LD_PRELOAD": os.environ["YIQIAN_STUCK_RANDOM_LIBRARY"], "YIQIAN_STUCK_RANDOM": flag}
            with Server(data, env=env) as server:
                user = server.user("D5001", "赵敏")
                system = server.system()
                device = server.enrolled(user)
                signed = system.create("D5001", DOCUMENT)["task"]
                device.sign("274915", [(signed, device.e(DOCUMENT))])
                waiting = system.create("D5001", DOCUMENT)["task"]
                code = server.code(server.user("D5002", "钱进"))
                rows = len(server.audit())
                open(flag, "w").close()
                server.restart()
                system.http = server.new_client()
                device.http = server.new_client()

                self.assertTrue(server.logged(lambda line: "self-test failed: entropy" in line))
                status, health = server.http.json("GET", "/v1/health")
                self.assertEqual((status, health["status"]), (503, "self_test_failed"))
                tests = server.operate("GET", "/v1/system/self-tests")
                self.assertEqual(tests["state"], "failed")
                self.assertIn("entropy", tests["failed"])
                self.assertIn("sm2_sign", tests["passed"])
                event = server.audit()[rows]
                self.assertEqual((event["event"], event["outcome"]), ("server.self_test", "self_test_failed"))

                # Whatever uses or makes a key or a secret.
                for method, path, body in (("POST", f"/v1/users/{user['user']}/activation-codes", {}),
                                           ("POST", "/v1/operator-tokens", {"name": "x", "scopes": ["auditor"]})):
                    status, problem = server.operator.json(method, path, body)
                    self.assertEqual((status, problem["code"]), REFUSED, path)
                    self.assertIn("entropy", problem["detail"])
                with self.assertRaises(Refused) as refused:
                    device.sign("274915", [(waiting, device.e(DOCUMENT))])
                self.assertEqual(refused.exception.code, "self_test_failed")
                with self.assertRaises(Refused) as refused:
                    Phone(server.new_client()).enrol("D5002", code, "274915")
                self.assertEqual(refused.exception.code, "self_test_failed")

                # What only reads or verifies goes on; so does the log.
                self.assertEqual(system.task(waiting)["state"], "pending")
                result = system.task(signed)
                self.assertEqual(result["state"], "signed")
                status, verified = system.call("POST", "/v1/verify", {"form": "raw", "signature": result["signature"]["rs"],
                                                                      "certificate": result["signature"]["certificate"],
                                                                      "document": base64.b64encode(DOCUMENT).decode()})
                self.assertEqual((status, verified["valid"]), (200, True), verified)
                self.assertTrue(server.operate("GET", "/v1/audit/check")["intact"])
                self.assertEqual(server.http.raw("GET", "/pki/issuing.crl")[0], 200)

                os.unlink(flag)
                server.restart()
                system.http = server.new_client()
                device.http = server.new_client()
                device.sign("274915", [(waiting, device.e(DOCUMENT))])
                self.assertEqual(system.task(waiting)["state"], "signed")

    def test_nothing_is_begun_without_random_numbers(self):
        with tempfile.TemporaryDirectory() as folder:
            flag = os.path.join(folder, "stuck")
            open(flag, "w").close()
            env = {"LD_PRELOAD": os.environ["YIQIAN_STUCK_RANDOM_LIBRARY"], "YIQIAN_STUCK_RANDOM": flag}
            with self.assertRaises(AssertionError) as failed:
                Server(os.path.join(folder, "data"), env=env)
            self.assertIn("random numbers", str(failed.exception))
            self.assertFalse(os.path.exists(os.path.join(folder, "data", "master.key")))


if __name__ == "__main__":
    unittest.main()
