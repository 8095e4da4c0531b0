"""Help of every command, in both languages, without a server."""
import re
import unittest

import cli

GROUPS = {
    "alarm": ["acknowledge", "list"],
    "audit": ["check", "export", "fsck", "list", "verify"],
    "callback": ["add", "list", "log", "remove", "replay", "resume", "rotate", "suspend", "test"],
    "cert": ["chain", "crl", "list", "revoke", "show"],
    "key": ["freeze", "unfreeze", "unlock"],
    "login": ["cancel", "code", "create", "get", "verify", "wait"],
    "policy": ["set", "show"],
    "profile": ["add", "change", "list", "preview", "retire", "show", "use", "versions"],
    "system": ["add", "credential", "credential-revoke", "credential-rotate", "credential-set", "credentials", "list", "set"],
    "task": ["batch", "cancel", "create", "list", "scan-code", "show", "signature", "withdraw"],
    "tls": ["make", "renew"],
    "token": ["add", "list", "revoke"],
    "ts": ["query", "reply", "request", "show", "verify"],
    "tsa": ["access", "root", "unit", "log", "show", "statistics"],
    "tsa access": ["allow", "check", "deny", "list", "remove"],
    "tsa root": ["add", "crl", "list", "remove"],
    "tsa unit": ["add", "list", "retire", "start", "stop"],
    "user": ["activate", "add", "keys", "list", "lost", "resume", "scan-code", "set", "show", "suspend"],
}
COMMANDS = [(*group.split(), command) for group, commands in GROUPS.items() for command in commands
            if f"{group} {command}" not in GROUPS] + [("check",), ("server-code",), ("status",), ("verify",)]
CHINESE = re.compile("[\u4e00-\u9fff]")


class Help(cli.Checks, unittest.TestCase):
    def test_the_program_names_every_command(self):
        for lang in ("zh_CN.UTF-8", "C.UTF-8"):
            text = self.ok("--help", lang=lang).out
            for group in [*(name for name in GROUPS if " " not in name), "check", "device", "server-code", "status", "verify"]:
                self.assertRegex(text, rf"(?m)^  {group} ")
            self.assertEqual(self.ok("help", lang=lang).out, text)
            self.assertEqual(self.ok("-h", lang=lang).out, text)

    def test_every_group_lists_its_commands(self):
        for group, commands in GROUPS.items():
            text = self.ok(*group.split(), "--help").out
            self.assertEqual(re.findall(r"(?m)^  (\S+)", text), commands)
            self.assertEqual(self.ok("help", *group.split()).out, text)

    def test_every_command_has_help_in_both_languages(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                english, chinese = self.ok(*command, "--help"), self.ok(*command, "--help", lang="zh_CN.UTF-8")
                self.assertIn("Usage: yiqian " + " ".join(command), english.out)
                self.assertNotRegex(english.out, CHINESE)
                self.assertRegex(chinese.out, CHINESE)
                for option in ("--data-dir", "--server", "--token", "--credential", "--json"):
                    self.assertIn(option, english.out)
                # An option that has a text in one language has one in the other.
                options = re.compile(r"(?m)^  (--\S+|[A-Z_]+) ")
                self.assertEqual(options.findall(english.out), options.findall(chinese.out))
                self.assertNotIn("(null)", english.out + chinese.out)
                self.assertEqual(self.ok("help", *command).out, english.out)

    def test_the_reference_phone_is_part_of_it(self):
        self.assertEqual(self.ok("help", "device").out, self.ok("device", "--help").out)
        self.fails(2, "--json", "device", "keys", says=("device", "--help"))

    def test_version(self):
        self.assertRegex(self.ok("--version").out, r"^yiqian \d+\.\d+\.\d+\n$")

    def test_wrong_usage_says_what_and_how_to_get_help(self):
        for arguments, says in (
                ((), "yiqian --help"),
                (("nonsense",), "nonsense"),
                (("user",), "yiqian user --help"),
                (("user", "nonsense"), "user nonsense"),
                (("--nonsense",), "--nonsense"),
                (("help", "nonsense"), "nonsense"),
                (("user", "add", "--staff-no", "D1"), "--name"),
                (("user", "add", "--staff-no", "D1", "--name", "x", "--departement", "y"), "--departement"),
                (("user", "show"), "STAFF_NO"),
                (("user", "show", "D1", "D2"), "D2"),
                (("user", "activate", "D1", "--expires-in", "5"), "60"),
                (("user", "list", "--limit", "0"), "1..500"),
                (("user", "list", "--token", "a", "--credential", "b"), "--token"),
                (("user", "list", "--server", "http://127.0.0.1:1"), "--server"),
                (("system", "add", "--name", "x", "--scope", "tasks,root"), "tasks|users|verify"),
                (("system", "set", "x"), "--stamps"),
                (("system", "set", "x", "--stamps", "perhaps"), "on|off"),
                (("callback", "add", "http://h/"), "--system"),
                (("callback", "list", "--system", "x", "--push"), "--push"),
                (("callback", "add", "http://h/", "--push", "--event", "task.signed"), "--event"),
                (("callback", "add", "http://h/", "--system", "x", "--event", "task.eaten"), "task.signed"),
                (("callback", "replay"), "--since"),
                (("task", "list"), "--credential"),
                (("task", "list", "--token", "x"), "--token"),
                (("task", "create", "--signer", "D1", "--file", "x", "--form", "pades"), "raw|digest|cms"),
                (("task", "signature", "x"), "--output"),
                (("task", "signature", "x", "--output", "x", "--encoding", "pem"), "p7s|der|rs"),
                (("task", "create", "--signer", "D1", "--file", "x", "--form", "raw", "--digest-only"), "--digest-only"),
                (("cert", "revoke", "01", "--reason", "boredom"), "keyCompromise"),
                (("verify", "--file", "x"), "--signature"),
                (("verify", "--task", "x"), "--file"),
                (("verify", "--cms", "x", "--file", "x", "--digest", "00"), "--digest"),
                (("verify", "--cms", "x", "--file", "x", "--task", "x"), "--cms"),
                (("verify", "--cms", "x", "--file", "x", "--signature", "x"), "--cms"),
                (("verify", "--cms", "x", "--file", "x", "--form", "raw"), "--form"),
                (("verify", "--file", "x", "--digest", "00", "--task", "x"), "--digest"),
                (("verify", "--file", "x", "--signature", "x", "--certificate", "x", "--task", "x"), "--task"),
                (("verify", "--digest", "00" * 32, "--form", "raw", "--task", "x"), "--form"),
        ):
            with self.subTest(arguments=arguments):
                done = self.fails(2, *arguments, says=(says, "--help"))
                self.assertRegex(self.fails(2, *arguments, lang="zh_CN.UTF-8").err, CHINESE)
                self.assertRegex(done.err, r"^yiqian: ")


if __name__ == "__main__":
    unittest.main()
