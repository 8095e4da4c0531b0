"""The device's channel and the long polls, against the real server: what comes, how soon, what ends it, and what a restart loses."""
import http.client
import json
import threading
import time
import unittest

import client
from phone import Refused
from server import Server

PIN = "274915"


class Channel:
    """One event stream: event() gives (id, name, data)."""

    def __init__(self, server, token, last=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        headers = {"Authorization": f"Bearer {token}"}
        if last:
            headers["Last-Event-ID"] = last
        self.connection.request("GET", "/v1/device/events", headers=headers)
        self.response = self.connection.getresponse()
        self.status = self.response.status

    def event(self):
        fields = {}
        while True:
            line = self.response.readline()
            if not line:
                return None
            line = line.decode().rstrip("\n")
            if not line:
                if "event" in fields:
                    return fields.get("id"), fields["event"], json.loads(fields["data"])
            elif not line.startswith(":"):
                name, value = line.split(": ", 1)
                fields[name] = value

    def close(self):
        self.connection.close()
        self.response.close()


class Channels(unittest.TestCase):
    def test_the_channel(self):
        with Server(options=["--waiting-per-device-max", "2"]) as self.server:
            system, user = self.server.system(), self.server.user("D1001")
            phone = self.server.enrolled(user, PIN)
            channel = Channel(self.server, phone.token)
            self.assertEqual((channel.status, channel.response.headers["Content-Type"]), (200, "text/event-stream"))
            last, name, data = channel.event()
            self.assertEqual((name, data), ("tasks", {"count": 0, "tasks": []}))
            for number in range(5):
                before = time.monotonic()
                task = system.create("D1001", b"document %d" % number, title=f"第{number}份")
                last, name, data = channel.event()
                self.assertLess(time.monotonic() - before, 1.0)
                self.assertEqual((name, data["count"], data["tasks"][0]["task"], data["tasks"][0]["title"]),
                                 ("tasks", number + 1, task["task"], f"第{number}份"))
            # A second one knows all, and is told nothing; a third is one too many.
            second = Channel(self.server, phone.token, last)
            self.assertEqual(Channel(self.server, phone.token).status, 429)
            channel.close()
            system.call("POST", f"/v1/tasks/{task['task']}/cancel")
            last, name, data = second.event()
            self.assertEqual((name, data["count"]), ("tasks", 4))
            second.close()
            # What was missed is there on coming back, also after a kill.
            task = system.create("D1001", b"missed")
            self.server.kill()
            self.server.start()
            phone.http, system.http = self.server.new_client(), self.server.new_client()
            channel = Channel(self.server, phone.token, last)
            _, _, data = channel.event()
            self.assertEqual((data["count"], data["tasks"][0]["task"]), (5, task["task"]))
            # Only who is still there is counted as waiting: what was killed and closed is gone.
            self.assertEqual(self.server.operate("GET", "/v1/system/figures")["requests_waiting"], 1)
            gone = Channel(self.server, phone.token)
            self.assertEqual(self.server.operate("GET", "/v1/system/figures")["requests_waiting"], 2)
            gone.close()
            end = time.monotonic() + 20
            while self.server.operate("GET", "/v1/system/figures")["requests_waiting"] > 1:
                self.assertLess(time.monotonic(), end)
                time.sleep(0.1)
            # Who may not sign any more has no channel.
            self.server.operate("PATCH", f"/v1/users/{user['user']}", {"state": "suspended"})
            self.assertEqual(channel.event(), (None, "end", {"code": "user_suspended"}))
            self.assertIsNone(channel.event())
            self.assertEqual(Channel(self.server, phone.token).status, 403)

    def test_following_the_set(self):
        """?known=: an answer when the set of tasks is another, with tasks waiting all the while."""
        with Server() as self.server:
            system, phone = self.server.system(), self.server.enrolled(self.server.user("D1001"), PIN)
            follow = lambda known, wait: phone.call("GET", f"/v1/device/tasks?limit=1&wait={wait}&known={known}")
            first = system.create("D1001", b"first")["task"]
            answer = follow("", 30)
            self.assertEqual([task["task"] for task in answer["tasks"]], [first])
            known = answer["set"]
            self.assertRegex(known, "^[0-9a-f]{32}$")
            before = time.monotonic()
            self.assertEqual(follow(known, 1)["set"], known)
            self.assertGreater(time.monotonic() - before, 0.9)
            self.assertNotIn("set", phone.call("GET", "/v1/device/tasks"))
            made = []
            creating = threading.Timer(0.5, lambda: made.append(system.create("D1001", b"second")["task"]))
            creating.start()
            before = time.monotonic()
            answer = follow(known, 30)
            self.assertLess(time.monotonic() - before, 3)
            self.assertNotEqual(answer["set"], known)
            creating.join()
            # The name is that of the channel, and survives a restart; what happened meanwhile is told.
            channel = Channel(self.server, phone.token)
            self.assertEqual(channel.event()[0], answer["set"])
            channel.close()
            system.call("POST", f"/v1/tasks/{made[0]}/cancel")
            self.server.restart()
            phone.http = self.server.new_client()
            phone.login()
            self.assertEqual(follow(answer["set"], 30)["set"], known)
            for odd in ("x", "00", known + "0", "g" * 32):
                with self.assertRaises(Refused) as e:
                    follow(odd, 0)
                self.assertEqual((e.exception.status, e.exception.problem["field"]), (400, "known"))

    def test_long_polls(self):
        with Server() as self.server:
            system, other = self.server.system(), self.server.system("LIS")
            phone = self.server.enrolled(self.server.user("D1001"), PIN)
            before = time.monotonic()
            self.assertEqual(phone.tasks("?wait=1"), [])
            self.assertGreater(time.monotonic() - before, 0.9)
            creating = threading.Timer(0.5, lambda: other.create("D1001", b"document"))
            creating.start()
            before = time.monotonic()
            task = phone.tasks("?wait=30")[0]
            self.assertLess(time.monotonic() - before, 3)
            creating.join() # the phone may hear of it before its maker does
            threading.Timer(0.5, lambda: phone.sign_task(PIN, task)).start()
            before = time.monotonic()
            status, done = other.call("GET", f"/v1/tasks/{task['task']}?wait=30")
            self.assertEqual((status, done["state"]), (200, "signed"))
            self.assertLess(time.monotonic() - before, 5)
            # Of many the one that is finished, whichever; of one, any change of what the caller knows.
            again = client.System(self.server.new_client(), other.key, other.secret)
            many = [other.create("D1001", b"one of many")["task"] for _ in range(3)]
            threading.Timer(0.5, lambda: again.call("POST", f"/v1/tasks/{many[2]}/cancel")).start()
            before = time.monotonic()
            status, page = other.call("GET", f"/v1/tasks?ids={','.join(many)}&wait=30")
            self.assertEqual([t["state"] for t in page["items"]], ["pending", "pending", "cancelled"])
            self.assertLess(time.monotonic() - before, 5)
            body, session = phone.sign_request(PIN, [(many[0], phone.e(b"one of many"))])
            threading.Timer(0.5, lambda: phone.call("POST", phone.path("sign-requests"), body)).start()
            before = time.monotonic()
            status, claimed = other.call("GET", f"/v1/tasks/{many[0]}?wait=30&state=pending")
            self.assertEqual((status, claimed["state"]), (200, "claimed"))
            self.assertLess(time.monotonic() - before, 5)
            status, problem = other.call("GET", f"/v1/tasks/{task['task']}?wait=61")
            self.assertEqual((status, problem["field"]), (400, "wait"))
            # A stopping server answers who waits at once.
            pending = system.create("D1001", b"pending")
            answers = []
            thread = threading.Thread(target=lambda: answers.append(system.call("GET", f"/v1/tasks/{pending['task']}?wait=30")))
            thread.start()
            time.sleep(0.5)
            before = time.monotonic()
            self.server.stop()
            thread.join()
            self.assertLess(time.monotonic() - before, 4)
            self.assertEqual((answers[0][0], answers[0][1]["code"]), (503, "busy"))
            self.server.start()

    def test_one_system_leaves_room_for_the_phones(self):
        with Server(options=["--waiting-max", "4", "--waiting-per-system-max", "2"]) as self.server:
            system, other = self.server.system(), self.server.system("LIS")
            phone = self.server.enrolled(self.server.user("D1001"), PIN)
            task = system.create("D1001", b"document")["task"]
            path, answers = f"/v1/tasks/{task}?wait=30", []
            waiting = lambda: self.server.operate("GET", "/v1/system/figures")["requests_waiting"]

            def wait():
                own = client.System(self.server.new_client(), system.key, system.secret)
                answers.append(own.call("GET", path)[1]["state"])

            threads = [threading.Thread(target=wait) for _ in range(2)]
            for thread in threads:
                thread.start()
            while waiting() < 2:
                time.sleep(0.05)
            status, problem = system.call("GET", path)
            self.assertEqual((status, problem["code"]), (429, "too_many_requests"))
            self.assertEqual(other.call("GET", f"/v1/tasks?ids={other.create('D1001', b'x')['task']}&wait=1")[0], 200)
            channel = Channel(self.server, phone.token)
            self.assertEqual(channel.event()[2]["count"], 2)
            channel.close()
            system.call("POST", f"/v1/tasks/{task}/cancel")
            for thread in threads:
                thread.join()
            self.assertEqual(answers, ["cancelled", "cancelled"])


if __name__ == "__main__":
    unittest.main()
