"""Authorisations as an operator and a person at a phone see them: words of the language chosen, nothing where there is nothing to say."""
import unittest

import cli
from server import Server
from workstation import AuthorisingPhone, Workstation, scope_bytes

PIN = "274915"


class Authorisations(cli.Checks, unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        self.operator = ["--data-dir", self.server.data_dir]
        self.phone = AuthorisingPhone(self.server.new_client())
        self.phone.enrol("D1001", self.server.code(self.server.user("D1001")), PIN)
        made = self.server.operate("POST", "/v1/workstations", {"name": "三楼护士站", "place": "呼吸内科三楼"})
        self.station = Workstation(self.server.new_client())
        self.station.register("三楼护士站", made["registration_code"])
        self.station.login()

    def listed(self, lang="zh_CN.UTF-8"):
        return self.ok("authorisation", "list", *self.operator, lang=lang).out

    def test_an_offer_has_nothing_left_and_an_end_has_a_word(self):
        qr = self.station.offer_qr()
        offered = self.listed().splitlines()[1]
        self.assertRegex(offered, r"待授权.* 0 +- ")
        self.phone.authorise(PIN, qr, scope_bytes(count=100))
        self.assertRegex(self.listed().splitlines()[1], r"有效.* 0 +100 ")
        self.phone.close(self.station.key)
        self.assertRegex(self.listed().splitlines()[1], r"已结束.*手机$")
        self.assertRegex(self.listed("C.UTF-8").splitlines()[1], r"closed.*phone$")

    def test_a_state_that_there_is_not(self):
        done = self.fails(2, "authorisation", "list", "--state", "nonsense", *self.operator)
        self.assertIn("offered", done.err)
        status, problem = self.server.operator.json("GET", "/v1/authorisations?state=nonsense")
        self.assertEqual((status, problem["code"], problem["field"]), (400, "field_value", "state"))
        for state in ("offered", "active", "closed", "expired", "exhausted"):
            self.assertEqual(self.server.operate("GET", f"/v1/authorisations?state={state}")["items"], [])


if __name__ == "__main__":
    unittest.main()
