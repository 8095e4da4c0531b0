"""Faults, with the independent phone: a phone that vanishes in the middle, one whose clock is a day off, a server that is killed in the middle of
each flow, two devices (or two threads of one) on one task at the same moment. Nothing is lost, nothing doubled, nothing stuck.

Not here because it is elsewhere: kills under load (test_crash), a kill between R2 and R3 (test_keys), what was committed before a crash is
delivered (test_callbacks), cms times in detail (test_cms)."""
import datetime
import http.client
import os
import random
import sqlite3
import threading
import time
import unittest

from client import System
from phone import Phone, Refused
from receiver import Receiver
from server import Server
from test_channels import Channel
from workstation import AuthorisingPhone, Workstation, scope_bytes

PIN = "274915"
DOWN = (ConnectionError, http.client.HTTPException, OSError)
ROUNDS = int(os.environ.get("YIQIAN_FAULT_ROUNDS", "20"))  # kills in each flow
RACES = int(os.environ.get("YIQIAN_RACE_ROUNDS", "40"))
CLAIM_SECONDS, HOUSEKEEPING_SECONDS = 60, 5


class Ward(unittest.TestCase):
    def setUp(self):
        self.server = Server(options=["--anonymous-per-minute", "0", "--anonymous-per-address-per-minute", "0"])
        self.addCleanup(self.finish)
        self.system = self.server.system(scopes=("tasks", "users", "verify"))
        self.user = self.server.user("D1001")
        self.phones = []

    def finish(self):
        self.assertTrue(self.server.operate("GET", "/v1/audit/check")["intact"])
        self.server.close()

    def phone(self, make=Phone):
        made = make(self.server.new_client())
        made.enrol("D1001", self.server.code(self.user), PIN)
        self.phones.append(made)
        return made

    def create(self, document=None, **more):
        document = document or b"record %d " % time.time_ns() * 3
        return self.system.create("D1001", document, **more)["task"], document

    def claim(self, phone, items):
        """S1 and S2; what is needed for S3."""
        body, session = phone.sign_request(PIN, items)
        answers = phone.call("POST", phone.path("sign-requests"), body)["answers"]
        return session, phone.finish(session, answers)

    def refused(self, code, call, *arguments, **more):
        with self.assertRaises(Refused) as caught:
            call(*arguments, **more)
        self.assertEqual(caught.exception.code, code, caught.exception.problem)
        return caught.exception.problem

    def rows(self, sql, *values):
        with sqlite3.connect(os.path.join(self.server.data_dir, "yiqian.db"), timeout=30) as database:
            return database.execute(sql, values).fetchall()

    def signed_once(self, *tasks):
        for task in tasks:
            self.assertEqual(self.system.task(task)["state"], "signed")
            rows = self.rows("SELECT count(*) FROM signature WHERE task_id = ?", bytes.fromhex(task.replace("-", "")))
            self.assertEqual(rows, [(1,)])

    def nothing_is_stuck(self):
        self.assertEqual(self.rows("SELECT count(*) FROM task WHERE state = 'claimed'"), [(0,)])
        self.assertEqual(self.rows("SELECT count(*) FROM device_key WHERE open_sid IS NOT NULL"), [(0,)])


class Vanishing(Ward):
    def test_a_phone_vanishes_between_s2_and_s3(self):
        """One minute for all of it: a task, a batch in one request, a login, and one given up in time."""
        gone, other = self.phone(), self.phone()
        quick, slow = self.phone(), self.phone()
        lone, document = self.create()
        batch = [self.create() for _ in range(5)]
        late, late_document = self.create()
        login = self.system.call("POST", "/v1/logins", {"purpose": "登录", "nonce": "n-0123456789"})[1]
        code = self.system.call("GET", f"/v1/logins/{login['login']}/code")[1]["code"]
        scanned = slow.scan(code)["tasks"][0]
        claims = [self.claim(gone, [(lone, gone.e(document))] + [(task, gone.e(text)) for task, text in batch])]
        claims.append(self.claim(quick, [(late, quick.e(late_document))]))
        claims.append(self.claim(slow, [slow.item(scanned)]))
        begun = time.monotonic()
        channel = Channel(self.server, other.token)
        self.addCleanup(channel.close)
        self.assertEqual(channel.event()[2]["count"], 0)
        for task in [lone, late, *(task for task, _ in batch)]:
            self.assertEqual(self.system.task(task)["state"], "claimed")
        status, problem = self.system.call("POST", f"/v1/tasks/{lone}/cancel")
        self.assertEqual((status, problem["code"]), (409, "task_claimed"))
        self.refused("task_claimed", other.sign, PIN, [(lone, other.e(document))])
        # The person's other phone hears of it by itself, not a heartbeat later.
        waiting = System(self.server.new_client(), self.system.key, self.system.secret)
        told = []
        def wait():
            while True:
                task = waiting.call("GET", f"/v1/tasks/{lone}?wait=25&state=claimed")[1]
                if task["state"] != "claimed":
                    told.append((task, time.monotonic() - begun))
                    return
        thread = threading.Thread(target=wait)
        thread.start()
        _, name, data = channel.event()
        took = time.monotonic() - begun
        self.assertGreater(took, CLAIM_SECONDS - 1)
        self.assertLess(took, CLAIM_SECONDS + HOUSEKEEPING_SECONDS + 2)
        self.assertEqual((name, data["count"]), ("tasks", 7))
        thread.join(30)
        task, took = told[0]
        self.assertEqual((task["state"], task["signature_may_exist"]), ("pending", True))
        self.assertLess(took, CLAIM_SECONDS + HOUSEKEEPING_SECONDS + 3)
        # Whoever comes first: the phone itself, late, or another one.
        session, signatures = claims[1]
        quick.submit(session, signatures)
        other.sign(PIN, [(lone, other.e(document))])
        session, signatures = claims[0]
        self.refused("task_signed", gone.submit, session, signatures)
        other.sign(PIN, [(task, other.e(text)) for task, text in batch])
        self.refused("task_signed", gone.submit, session, signatures)
        self.signed_once(lone, late, *(task for task, _ in batch))
        # The login's own time is over by now or nearly; a late signature of it is taken or refused, never left open.
        session, signatures = claims[2]
        try:
            slow.submit(session, signatures)
        except Refused as e:
            self.assertEqual(e.code, "task_expired")
        state = self.system.call("GET", f"/v1/logins/{login['login']}")[1]["state"]
        self.assertIn(state, ("done", "expired"))
        # The vanished phone is back, and signs at once.
        again, text = self.create()
        gone.sign(PIN, [(again, gone.e(text))])
        self.signed_once(again)
        self.nothing_is_stuck()

    def test_a_phone_that_gives_up_is_told_to_the_others_at_once(self):
        first, other = self.phone(), self.phone()
        task, document = self.create()
        session, _ = self.claim(first, [(task, first.e(document))])
        channel = Channel(self.server, other.token)
        self.addCleanup(channel.close)
        self.assertEqual(channel.event()[2]["count"], 0)
        begun = time.monotonic()
        first.call("POST", first.path("sign-failures"),
                   {"protocol": 1, "sid": session["sid"].hex(), "task": None, "code": "transport_failed"})
        self.assertEqual(channel.event()[2]["count"], 1)
        self.assertLess(time.monotonic() - begun, 1)
        other.sign(PIN, [(task, other.e(document))])
        self.signed_once(task)


class WrongClock(Ward):
    def test_a_phone_whose_clock_is_a_day_off(self):
        """Only form cms says a time of the phone's; nothing else of what it sends does."""
        phone = self.phone()
        for days in (-1, 1):
            wrong = lambda: datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
            for form in ("raw", "digest"):
                task, _ = self.create(form=form)
                phone.sign(PIN, [phone.item(phone.tasks()[0], wrong())])
                self.signed_once(task)
            login = self.system.call("POST", "/v1/logins", {"purpose": "登录", "nonce": "n-0123456789"})[1]
            code = self.system.call("GET", f"/v1/logins/{login['login']}/code")[1]["code"]
            phone.sign(PIN, [phone.item(phone.scan(code)["tasks"][0], wrong())])
            result = self.system.call("GET", f"/v1/logins/{login['login']}")[1]
            self.assertEqual(result["state"], "done")
            task, _ = self.create(form="cms")
            shown = phone.tasks()[0]
            problem = self.refused("signing_time_skew", phone.sign, PIN, [phone.item(shown, wrong())])
            self.assertEqual(problem["status"], 422)
            self.assertEqual(problem["field"], "items[0].signing_time")
            self.assertIn(datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:"), problem["detail"])
            self.assertTrue(problem["title"] and problem["hint"])
            # No attempt at the PIN, no claim, no open request: set the clock, and it signs.
            self.assertEqual(phone.call("GET", "/v1/device/keys")["keys"][0]["tries_left"], 5)
            self.assertEqual(self.system.task(task)["state"], "pending")
            self.nothing_is_stuck()
            # With others in one request: all or nothing.
            beside, document = self.create()
            self.refused("signing_time_skew", phone.sign, PIN, [(beside, phone.e(document)), phone.item(shown, wrong())])
            self.assertEqual(self.system.task(beside)["state"], "pending")
            phone.sign(PIN, [(beside, phone.e(document)), phone.item(shown)])
            self.signed_once(task, beside)


class Killed(Ward):
    """The server is killed while a call is under way, at a random moment: before it, in it, or behind its answer. The call is repeated after the
    restart, as its documentation says."""

    answered, unanswered = 0, 0

    @classmethod
    def tearDownClass(cls):
        print(f"killed {cls.answered} times behind the answer, {cls.unanswered} times before it")

    def killed(self, act):
        """What the act was answered before the server went; None where no answer came."""
        got = []
        def run():
            try:
                got.append(act())
            except DOWN:
                pass
        thread = threading.Thread(target=run)
        thread.start()
        time.sleep(random.uniform(0, 0.006))
        self.server.kill()
        thread.join(30)
        self.server.start()
        self.system.http = self.server.new_client()
        for phone in self.phones:
            phone.http = self.server.new_client()
            phone.login()
        type(self).answered += bool(got)
        type(self).unanswered += not got
        return got[0] if got else None

    def finish(self):
        doubled = self.rows("SELECT task_id FROM signature GROUP BY task_id HAVING count(*) > 1")
        self.assertEqual(doubled, [])
        super().finish()

    def test_creating_tasks(self):
        for number in range(ROUNDS):
            body = {"signer": "D1001", "form": "digest", "title": "出院小结", "digest": "%064x" % number, "reference": f"R{number}"}
            key = {"Idempotency-Key": f"create-{number}"}
            first = self.killed(lambda: self.system.call("POST", "/v1/tasks", body, key))
            status, again = self.system.call("POST", "/v1/tasks", body, key)
            self.assertIn(status, (200, 201))
            if first:
                self.assertEqual((status, again["task"]), (200, first[1]["task"]))
            listed = self.system.call("GET", f"/v1/tasks?reference=R{number}")[1]["items"]
            self.assertEqual([task["task"] for task in listed], [again["task"]])

    def test_creating_batches(self):
        for number in range(ROUNDS):
            tasks = [{"signer": "D1001", "form": "digest", "title": "病程记录", "digest": "%064x" % i} for i in range(300)]
            key, body = {"Idempotency-Key": f"batch-{number}"}, {"title": "三月", "tasks": tasks}
            first = self.killed(lambda: self.system.call("POST", "/v1/task-batches", body, key))
            status, again = self.system.call("POST", "/v1/task-batches", body, key)
            self.assertIn(status, (200, 201))
            if first:
                self.assertEqual((status, again["tasks"]), (200, first[1]["tasks"]))
            self.assertEqual(self.rows("SELECT count(*) FROM task"), [(300 * (number + 1),)])
            self.assertEqual(self.rows("SELECT count(*) FROM task_batch"), [(number + 1,)])

    def test_signing_one_and_many(self):
        """S1, then S3, each in its own kill."""
        phone = self.phone()
        for number in range(ROUNDS):
            made = [self.create() for _ in range(1 if number % 2 else 8)]
            body, session = phone.sign_request(PIN, [(task, phone.e(document)) for task, document in made])
            self.killed(lambda: phone.call("POST", phone.path("sign-requests"), body))
            answers = phone.call("POST", phone.path("sign-requests"), body)["answers"]
            signatures = phone.finish(session, answers)
            first = self.killed(lambda: phone.submit(session, signatures))
            again = phone.submit(session, signatures)
            if first:
                self.assertEqual(again, first)
            self.assertEqual(phone.submit(session, signatures), again)
            self.signed_once(*(task for task, _ in made))
        self.nothing_is_stuck()

    def test_declining_withdrawing_giving_up(self):
        phone = self.phone()
        for number in range(ROUNDS):
            task, _ = self.create()
            decline = lambda: phone.call("POST", f"/v1/device/tasks/{task}/decline", {"protocol": 1, "reason": "体温有误"})
            first = self.killed(decline)
            again = decline()
            if first:
                self.assertEqual(again, first)
            self.assertEqual(self.system.task(task)["state"], "declined")
            task, document = self.create()
            phone.sign(PIN, [(task, phone.e(document))])
            withdraw = lambda: self.system.call("POST", f"/v1/tasks/{task}/withdraw", {"reason": "签错患者"})
            self.killed(withdraw)
            status, answer = withdraw()
            self.assertEqual((status, answer["state"]), (200, "withdrawn"))
            task, document = self.create()
            session, _ = self.claim(phone, [(task, phone.e(document))])
            give_up = lambda: phone.call("POST", phone.path("sign-failures"),
                                         {"protocol": 1, "sid": session["sid"].hex(), "task": None, "code": "transport_failed"})
            self.killed(give_up)
            give_up()
            phone.sign(PIN, [(task, phone.e(document))])
            self.signed_once(task)
        self.nothing_is_stuck()

    def test_logging_in_and_signing_by_scan(self):
        phone = self.phone()
        for number in range(ROUNDS):
            login = self.system.call("POST", "/v1/logins", {"purpose": "登录", "nonce": f"n-{number:010}"})[1]
            task, _ = self.create()
            scan = self.system.call("POST", "/v1/scans", {"task": task})[1]
            for kind, made in (("logins", login["login"]), ("scans", scan["scan"])):
                path = f"/v1/{kind}/{made}"
                code = lambda: self.system.call("GET", path + "/code")[1]["code"]
                text = code()
                seen = self.killed(lambda: phone.scan(text))
                # By now another code; where the scan was recorded there is none any more, and the same phone may come again with the old one.
                seen = seen or phone.scan(code() or text)
                session, signatures = self.claim(phone, [phone.item(seen["tasks"][0])])
                first = self.killed(lambda: phone.submit(session, signatures))
                again = phone.submit(session, signatures)
                if first:
                    self.assertEqual(again, first)
                self.assertEqual(self.system.call("GET", path)[1]["state"], "done")
            self.signed_once(task)
        self.assertEqual(self.rows("SELECT count(*) FROM signature"), [(2 * ROUNDS,)])
        self.nothing_is_stuck()

    def test_refreshing_shares(self):
        phone = self.phone()
        for number in range(ROUNDS):
            body, refresh = phone.refresh_request(PIN)
            first = self.killed(lambda: phone.call("POST", phone.path("refresh-requests"), body))
            body, _ = phone.refresh_request(PIN, refresh["rid"], refresh["u_device"])
            answer = phone.call("POST", phone.path("refresh-requests"), body)
            if first:
                self.assertEqual(answer["u_server"], first["u_server"])
            u_server = bytes.fromhex(answer["u_server"])
            body, d1 = phone.refresh_confirm(refresh, u_server, bytes.fromhex(answer["sid"]))
            self.killed(lambda: phone.call("POST", phone.path("refresh-confirms"), body))
            body, d1 = phone.refresh_confirm(refresh, u_server, phone.sid())
            phone.call("POST", phone.path("refresh-confirms"), body)
            phone.keep(d1, PIN)
            task, document = self.create()
            phone.sign(PIN, [(task, phone.e(document))])
            self.signed_once(task)
        key = phone.call("GET", "/v1/device/keys")["keys"][0]
        self.assertEqual((key["state"], key["tries_left"]), ("active", 5))

    def test_authorised_signing(self):
        phone = self.phone(AuthorisingPhone)
        made = self.server.operate("POST", "/v1/workstations", {"name": "三楼护士站", "place": "呼吸内科三楼"})
        station = Workstation(self.server.new_client())
        station.register("三楼护士站", made["registration_code"])
        station.login()
        self.phones.append(station)
        qr = station.offer_qr()
        read, _ = phone.offer(qr)
        body = phone.approval(PIN, read, scope_bytes(count=100))
        self.killed(lambda: phone.call("POST", phone.path("authorisations"), body))
        if station.state()["state"] == "offered":
            phone.authorise(PIN, qr, scope_bytes(count=100))
        station.take()
        for number in range(ROUNDS):
            task, document = self.create()
            body, session = station.sign_request("", [(task, station.e(document))])
            self.killed(lambda: station.call("POST", station.path("sign-requests"), body))
            signatures = station.finish(session, station.call("POST", station.path("sign-requests"), body)["answers"])
            first = self.killed(lambda: station.submit(session, signatures))
            again = station.submit(session, signatures)
            if first:
                self.assertEqual(again, first)
            self.signed_once(task)
        # Taken once each, however often it was asked.
        self.assertEqual(station.state()["count_left"], 100 - ROUNDS)
        self.killed(lambda: phone.close(station.key))
        if station.state()["state"] == "active":
            phone.close(station.key)
        task, document = self.create()
        self.refused("authorisation_closed", station.sign, "", [(task, station.e(document))])

    def test_callbacks(self):
        phone = self.phone()
        receiver = Receiver()
        self.addCleanup(receiver.close)
        systems = self.server.operate("GET", "/v1/systems?limit=1000")["items"]
        self.server.operate("POST", f"/v1/systems/{systems[0]['system']}/callback-endpoints", {"url": receiver.url})
        signed = []
        for number in range(ROUNDS):
            task, document = self.create()
            session, signatures = self.claim(phone, [(task, phone.e(document))])
            self.killed(lambda: phone.submit(session, signatures))
            phone.submit(session, signatures)
            signed.append(task)
        end = time.monotonic() + 60
        while len({message["task"] for message in receiver.messages()}) < len(signed) and time.monotonic() < end:
            time.sleep(0.1)
        messages = receiver.messages()
        # At least once each; what came twice is the same message, told by its id.
        self.assertEqual({message["task"] for message in messages}, set(signed))
        self.assertEqual(len({message["id"] for message in messages}), len(signed))

    def test_channels_and_long_polls_come_back_to_what_was_missed(self):
        phone = self.phone()
        known = phone.call("GET", "/v1/device/tasks?limit=1&wait=0&known=")["set"]
        for number in range(ROUNDS):
            self.killed(lambda: (self.create(reference=f"C{number}"),
                                 phone.call("GET", f"/v1/device/tasks?limit=1&wait=30&known={known}")))
            if not self.system.call("GET", f"/v1/tasks?reference=C{number}")[1]["items"]:
                self.create(reference=f"C{number}")
            answer = phone.call("GET", f"/v1/device/tasks?limit=1&wait=30&known={known}")
            self.assertNotEqual(answer["set"], known)
            known = answer["set"]
            self.assertEqual(len(phone.tasks()), number + 1)


class Races(Ward):
    def at_once(self, *acts):
        """Each act in a thread, begun together; its result, or the Refused."""
        barrier, results = threading.Barrier(len(acts)), [None] * len(acts)
        def run(i, act):
            barrier.wait()
            try:
                results[i] = act()
            except Refused as refused:
                results[i] = refused
        threads = [threading.Thread(target=run, args=(i, act)) for i, act in enumerate(acts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results

    def test_two_devices_on_one_task_at_the_same_moment(self):
        phones = [self.phone(), self.phone()]
        won = [0, 0]
        for _ in range(RACES):
            task, document = self.create()
            opened = [phone.sign_request(PIN, [(task, phone.e(document))]) for phone in phones]
            results = self.at_once(*(lambda p=phone, b=body: p.call("POST", p.path("sign-requests"), b)
                                     for phone, (body, _) in zip(phones, opened)))
            winners = [i for i, result in enumerate(results) if not isinstance(result, Refused)]
            self.assertEqual(len(winners), 1, results)
            winner, loser = winners[0], 1 - winners[0]
            self.assertEqual(results[loser].code, "task_claimed", results[loser].problem)
            won[winner] += 1
            session = opened[winner][1]
            phones[winner].submit(session, phones[winner].finish(session, results[winner]["answers"]))
            self.signed_once(task)
        print(f"of {RACES} races the first device won {won[0]}, the second {won[1]}")
        self.nothing_is_stuck()
        # The loser's key is free: it signs the next.
        for phone in phones:
            task, document = self.create()
            phone.sign(PIN, [(task, phone.e(document))])
            self.signed_once(task)

    def test_two_devices_with_the_same_tasks_in_one_request_each(self):
        phones = [self.phone(), self.phone()]
        for _ in range(RACES // 4):
            made = [self.create() for _ in range(4)]
            orders = [made, made[::-1]]
            opened = [phone.sign_request(PIN, [(task, phone.e(document)) for task, document in order])
                      for phone, order in zip(phones, orders)]
            results = self.at_once(*(lambda p=phone, b=body: p.call("POST", p.path("sign-requests"), b)
                                     for phone, (body, _) in zip(phones, opened)))
            winners = [i for i, result in enumerate(results) if not isinstance(result, Refused)]
            self.assertEqual(len(winners), 1, results)  # all or nothing, and one of them all
            session = opened[winners[0]][1]
            phones[winners[0]].submit(session, phones[winners[0]].finish(session, results[winners[0]]["answers"]))
            self.signed_once(*(task for task, _ in made))
        self.nothing_is_stuck()

    def test_a_late_device_and_the_one_that_took_over_complete_at_the_same_moment(self):
        first, second = self.phone(), self.phone()
        for _ in range(RACES // 4):
            task, document = self.create()
            late = self.claim(first, [(task, first.e(document))])
            # Instead of a minute's wait: the claim is over.
            self.rows("UPDATE task SET claim_until = 1 WHERE state = 'claimed'")
            taken = self.claim(second, [(task, second.e(document))])
            results = self.at_once(lambda: first.submit(*late), lambda: second.submit(*taken))
            self.assertIsInstance(results[0], Refused)
            self.assertIn(results[0].code, ("task_not_claimed", "task_signed"))
            self.assertEqual(results[1]["completed"][0]["task"], task)
            self.signed_once(task)
            self.rows("UPDATE device_key SET open_sid = NULL, open_until = NULL")

    def test_two_threads_of_one_device(self):
        phone = self.phone()
        twin = Phone(self.server.new_client())
        twin.__dict__.update({**phone.__dict__, "http": self.server.new_client()})
        for number in range(RACES // 2):
            task, document = self.create()
            body, session = phone.sign_request(PIN, [(task, phone.e(document))])
            if number % 2:
                # The same request twice, as a retry that overtakes: one answer at least, and one of them is used.
                other_body, other_session = body, session
            else:
                other_body, other_session = twin.sign_request(PIN, [(task, twin.e(document))])
            results = self.at_once(lambda: phone.call("POST", phone.path("sign-requests"), body),
                                   lambda: twin.call("POST", twin.path("sign-requests"), other_body))
            answered = [(s, r) for s, r in zip((session, other_session), results) if not isinstance(r, Refused)]
            for result in results:
                if isinstance(result, Refused):
                    self.assertEqual(result.code, "key_busy", result.problem)
            self.assertGreaterEqual(len(answered), 1, results)
            if number % 2 == 0:
                self.assertEqual(len(answered), 1, results)
            chosen, answer = answered[0]
            signatures = phone.finish(chosen, answer["answers"])
            done = self.at_once(lambda: phone.submit(chosen, signatures), lambda: twin.submit(chosen, signatures))
            self.assertEqual(done[0], done[1])
            self.assertEqual(done[0]["completed"][0]["task"], task)
            self.signed_once(task)
        self.nothing_is_stuck()
        self.assertEqual(phone.call("GET", "/v1/device/keys")["keys"][0]["tries_left"], 5)


if __name__ == "__main__":
    unittest.main()
