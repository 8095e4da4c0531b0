"""People by the hundred, the ids of other systems, and their seals: through the real server, with what a hostile or unlucky client sends."""
import concurrent.futures
import csv
import io
import json
import os
import struct
import threading
import time
import unittest
import zlib

import client
from server import Server


def png(width=64, height=48, interlace=0, depth=8, colour=6, data=None, before=b"", after=b""):
    """A PNG made here, not by the library that reads it."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    line = b"\0" + b"\xc8\x16\x1d\xff" * width
    data = zlib.compress(line * height) if data is None else data
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)) + before +
            chunk(b"IDAT", data) + chunk(b"IEND", b"") + after)


def extra(kind, content=b""):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def kinds(picture):
    at, found = 8, []
    while at < len(picture):
        n, kind = struct.unpack(">I4s", picture[at:at + 8])
        assert struct.unpack(">I", picture[at + 8 + n:at + 12 + n])[0] == zlib.crc32(picture[at + 4:at + 8 + n])
        found.append(kind)
        at += 12 + n
    return found


class People(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        intact = cls.server.operate("GET", "/v1/audit/check")["intact"]
        cls.server.close()
        assert intact

    def bring(self, rows, **more):
        return self.server.operate("POST", "/v1/user-imports", {"rows": rows, **more})

    def refused(self, method, path, body, status, code, field=None, headers=None):
        answered, answer = self.server.operator.json(method, path, body, headers)
        self.assertEqual((answered, answer["code"]), (status, code), answer)
        if field:
            self.assertEqual(answer["field"], field)
        return answer

    def test_a_sheet_may_be_sent_again(self):
        rows = [{"staff_no": f"IM{i:04}", "name": f"人员{i}", "departments": [f"导入科{i % 7}", "总值班"], "attributes": {"职称": "医师"}} for i in range(500)]
        self.assertEqual(self.bring(rows, dry_run=True)["created"], 500)
        self.assertEqual(self.server.operate("GET", "/v1/users?staff_no=IM0000")["items"], [])
        first, second = self.bring(rows), self.bring(rows)
        self.assertEqual((first["created"], first["errors"]), (500, 0))
        self.assertEqual((second["created"], second["updated"], second["unchanged"]), (0, 0, 500))
        self.assertEqual([row["user"] for row in first["rows"]], [row["user"] for row in second["rows"]])
        rows[3]["name"], rows[4]["attributes"] = "改名", {"职称": ""}
        # The check and the run say alike whose account would be another's.
        for more in ({"dry_run": True}, {}):
            third = self.bring(rows, **more)
            changes = {row["row"]: row["changes"] for row in third["rows"] if row["changes"]}
            self.assertEqual(changes, {3: [{"field": "name", "before": "人员3", "after": "改名"}], 4: [{"field": "attributes", "before": None, "after": None}]})
        self.assertEqual([row["row"] for row in third["rows"] if row["outcome"] == "updated"], [3, 4])
        self.assertEqual(self.server.operate("GET", "/v1/users?staff_no=IM0004")["items"][0]["attributes"], {})
        self.assertEqual(self.bring(rows[:2], mode="add")["errors"], 2)
        found = self.server.operate("GET", "/v1/users?department=%E5%AF%BC%E5%85%A5%E7%A7%910&limit=200")["items"]
        self.assertEqual(len(found), 72)

    def test_hostile_rows_are_refused_one_by_one(self):
        long, deep = "长" * 5000, {"a": {"b": {"c": []}}}
        rows = [{"staff_no": "HR1", "name": "好"}, {}, [], None, 7, {"staff_no": "x'; DROP TABLE app_user;--", "name": "甲"}, {"staff_no": "HR2", "name": long},
                {"staff_no": "HR3", "name": "甲\u202e乙"}, {"staff_no": "HR4", "name": "甲", "departments": "内科"}, {"staff_no": "HR5", "name": "甲", "attributes": deep},
                {"staff_no": "HR6", "name": "甲", "aliases": [{"system": "00000000-0000-7000-8000-000000000000", "external_id": "1"}]}, {"staff_no": "HR7", "name": "甲", "role": "administrator"},
                {"staff_no": "HR8", "name": "甲", "departments": [f"科{i}" for i in range(17)]}, {"staff_no": "HR1", "name": "又"}]
        answer = self.bring(rows)
        self.assertEqual((answer["created"], answer["errors"]), (1, len(rows) - 1))
        said = [[(problem["code"], problem["field"]) for problem in row["problems"]] for row in answer["rows"]]
        self.assertEqual(said[1], [("field_missing", "staff_no")])
        self.assertEqual(said[5], [("field_value", "staff_no")])
        self.assertEqual(said[6], [("field_length", "name")])
        self.assertEqual(said[7], [("field_value", "name")])
        self.assertEqual(said[8], [("field_type", "departments")])
        self.assertEqual(said[9], [("field_type", "attributes.a")])
        self.assertEqual(said[10], [("system_not_found", "aliases[0].system")])
        self.assertEqual(said[11], [("field_unknown", "role")])
        self.assertEqual(said[12], [("field_length", "departments")])
        self.assertEqual(said[13], [("already_exists", "staff_no")])
        self.refused("POST", "/v1/user-imports", {"rows": [{}] * 501}, 400, "field_length", "rows")
        self.refused("POST", "/v1/user-imports", b'{"rows":[' + b'[' * 1000 + b']' * 1000 + b"]}", 400, "bad_json")
        self.refused("POST", "/v1/user-imports", b" " * ((1 << 20) + 1), 413, "body_too_large")

    def test_killed_in_the_middle_and_sent_again(self):
        with Server() as server:
            pieces = [[{"staff_no": f"K{piece}{i:03}", "name": "甲", "departments": ["科"]} for i in range(300)] for piece in range(6)]
            answered, failed = [], []

            def send():
                for rows in pieces:
                    try:
                        status, answer = server.operator.json("POST", "/v1/user-imports", {"rows": rows})
                        answered.append(answer["created"] if status == 200 else 0)
                    except OSError as error:
                        failed.append(error)
                        return
            sender = threading.Thread(target=send)
            sender.start()
            while len(answered) < 2 and sender.is_alive():
                time.sleep(0.001)
            server.kill()
            sender.join()
            server.restart()
            before = sum(answered)
            self.assertGreaterEqual(before, 600)
            again = [server.operate("POST", "/v1/user-imports", {"rows": rows}) for rows in pieces]
            # What was answered is there; a piece is there whole or not at all; nobody is there twice.
            for answer in again:
                self.assertIn((answer["created"], answer["unchanged"]), ((300, 0), (0, 300)))
            self.assertGreaterEqual(sum(answer["unchanged"] for answer in again), before)
            self.assertEqual(server.operate("GET", "/v1/departments")["people"], 1800)

    def test_two_who_change_one_person(self):
        user = self.server.user("TW1", name="王建国")
        path, clients = f"/v1/users/{user['user']}", [client.unix(os.path.join(self.server.data_dir, "yiqiand.sock")) for _ in range(8)]
        version = self.server.operate("GET", path)["version"]

        def change(i):
            return clients[i].json("PATCH", path, {"name": f"名字{i}"}, {"If-Match": f'"{version}"'})[0]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            statuses = sorted(pool.map(change, range(8)))
        self.assertEqual(statuses, [200] + [412] * 7)
        self.assertEqual(self.server.operate("GET", path)["version"], version + 1)

    def test_a_system_names_the_signer_as_it_knows_him(self):
        system = self.server.system(name="检验系统", scopes=("tasks", "users"))
        own = next(one for one in self.server.operate("GET", "/v1/systems?limit=1000")["items"] if one["name"] == "检验系统")["system"]
        other = self.server.operate("POST", "/v1/systems", {"name": "影像系统", "scopes": ["tasks"]})["system"]
        user = self.server.user("AL1", name="李秀英")
        status, _ = system.call("POST", "/v1/user-imports", {"rows": [{"staff_no": "AL1", "aliases": [{"system": own, "external_id": "lis-77"}]}]})
        self.assertEqual(status, 200)
        status, answer = system.call("POST", "/v1/user-imports", {"rows": [{"staff_no": "AL1", "aliases": [{"system": other, "external_id": "ris-1"}]}]})
        self.assertEqual(answer["rows"][0]["problems"][0]["code"], "forbidden")
        self.assertEqual(system.create("lis-77", b"x")["signer"]["staff_no"], "AL1")
        self.assertEqual(system.create("ris-1", b"x", expect=404)["code"], "user_not_found")
        status, answer = system.call("GET", f"/v1/users/{user['user']}")
        self.assertEqual(answer["aliases"], [{"system": own, "system_name": "检验系统", "external_id": "lis-77"}])

    def test_hostile_pictures(self):
        user = self.server.user("SE1", name="王<b>&\"国")
        path, as_png = f"/v1/users/{user['user']}/seal", {"Content-Type": "image/png"}
        put = lambda picture: self.server.operator.raw("PUT", path, picture, as_png)
        status, drawn = self.server.operator.raw("GET", path)
        self.assertEqual((status, self.server.operator.headers["Content-Type"]), (200, "image/svg+xml"))
        self.assertNotIn(b"<b>", drawn)
        bomb = zlib.compress(b"\0" * (64 << 20), 9)
        bad = {"empty": b"", "text": b"hello", "jpeg": b"\xff\xd8\xff\xe0" + b"\0" * 100, "cut": png()[:-20], "cut data": png(data=zlib.compress(b"\0" * 10)), "no zlib": png(data=b"\0" * 50),
               "more behind": png(after=b"<script>"), "interlaced": png(interlace=1), "16 bits": png(depth=16), "wide": png(width=1201, height=20, data=b""), "gigantic": png(width=0x7fffffff, height=0x7fffffff, data=b""),
               "animated": png(before=extra(b"acTL", struct.pack(">II", 2, 0))), "critical": png(before=extra(b"EVIL")), "two headers": png(before=extra(b"IHDR", b"\0" * 13)), "colour 5": png(colour=5)}
        for name, picture in bad.items():
            with self.subTest(name):
                status, answer = put(picture)
                self.assertEqual((status, json.loads(answer)["code"]), (422, "picture_refused"), name)
        # More octets of pixels than the header says: the decoder takes what it needs or refuses; either way nothing grows.
        began = time.monotonic()
        self.assertIn(put(png(data=bomb))[0], (200, 413, 422))
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(put(png() + b"\0" * (512 << 10))[0], 413)
        status, answer = put(png(before=extra(b"tEXt", b"Author\0somebody") + extra(b"eXIf", b"x" * 100)))
        self.assertEqual(status, 200, answer)
        status, kept = self.server.operator.raw("GET", path)
        self.assertEqual((status, self.server.operator.headers["Content-Type"], kinds(kept)), (200, "image/png", [b"IHDR", b"IDAT", b"IEND"]))
        self.assertNotIn(b"somebody", kept)
        pixels = zlib.decompress(kept[41:kept.index(b"IEND") - 8]) if kinds(kept) else b""
        self.assertEqual(len(pixels), 48 * (1 + 4 * 64))
        reader = self.server.system(name="签章读取", scopes=("tasks",))
        status, read = reader.http.raw("GET", path, None, reader.headers("GET", path, None))
        self.assertEqual((status, read), (200, kept))

    def test_the_export_is_read_by_a_spreadsheet(self):
        self.server.user("EX1", name="=HYPERLINK(\"http://x\")", departments=("导出科",))
        self.server.user("EX2", name="逗,号\"引\"", departments=("导出科", "+1"))
        status, text = self.server.operator.raw("GET", "/v1/users/export?department=%E5%AF%BC%E5%87%BA%E7%A7%91")
        self.assertEqual(status, 200)
        self.assertTrue(text.startswith(b"\xef\xbb\xbf"))
        rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))
        self.assertEqual([row[:3] for row in rows[1:]], [["EX1", "'=HYPERLINK(\"http://x\")", "导出科"], ["EX2", "逗,号\"引\"", "导出科;+1"]])

    def test_a_long_export_is_whole(self):
        with Server() as server:
            for piece in range(10):
                server.operate("POST", "/v1/user-imports", {"rows": [{"staff_no": f"L{piece}{i:03}", "name": "甲"} for i in range(500)]})
            status, text = server.operator.raw("GET", "/v1/users/export")
            rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))
            self.assertEqual((status, len(rows), len({row[0] for row in rows})), (200, 5001, 5001))


if __name__ == "__main__":
    unittest.main()
