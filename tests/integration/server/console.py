"""A person in the console: a cookie, and the token that goes with it."""
import http.cookies

import client


class Console:
    def __init__(self, server):
        self.server, self.http, self.cookie, self.csrf, self.session = server, server.new_client(), None, None, None

    def begin(self, body, expect=201):
        status, answer = self.http.json("POST", "/v1/console/sessions", body)
        assert status == expect, (status, answer)
        if status == 201:
            jar = http.cookies.SimpleCookie(self.http.headers["Set-Cookie"])
            self.set_cookie = jar["yiqian_console"]
            self.cookie, self.csrf, self.session = self.set_cookie.value, answer["csrf"], answer
        return answer

    def headers(self, method, csrf=True, extra=None):
        headers = {"Cookie": f"lang=zh; yiqian_console={self.cookie}", **(extra or {})}
        if csrf and method != "GET":
            headers["X-CSRF-Token"] = self.csrf
        return headers

    def call(self, method, path, body=None, csrf=True, extra=None):
        return self.http.json(method, path, body, self.headers(method, csrf, extra))


def operator(server, staff_no, role, name="王建国"):
    return server.operate("POST", "/v1/operators", {"staff_no": staff_no, "name": name, "role": role})


def logged_in(server, made):
    """By a one-time link of the server's own user."""
    link = server.operate("POST", f"/v1/operators/{made['operator']}/links")["link"]
    console = Console(server)
    console.begin({"link": link})
    return console
