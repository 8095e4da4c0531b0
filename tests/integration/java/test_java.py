"""The Java SDK on a JVM against the real server. The tests are Java's."""
import tempfile
import unittest

import jvm


class Java(jvm.Checks, unittest.TestCase):
    maxDiff = 0

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="yiqian-java-")
        cls.addClassCleanup(folder.cleanup)
        cls.world = jvm.World(folder.name)
        cls.addClassCleanup(cls.world.close)
        cls.jvm = jvm.Jvm(cls.world)

    def run_java(self, name, *options):
        self.good(self.jvm.run(name, *options))

    def test_main_job(self):
        self.run_java("MainJob")

    def test_callbacks(self):
        self.run_java("Callbacks")

    def test_lifecycle(self):
        self.run_java("Lifecycle")

    def test_screens_and_workstations(self):
        self.run_java("Screens")

    def test_async(self):
        self.run_java("Async")

    def test_fingerprint_and_history(self):
        self.run_java("Fingers")

    def test_http(self):
        self.run_java("Http")

    def test_growth(self):
        """Interpreted: the machine's compiler takes megabytes when it likes."""
        self.run_java("Growth", "-Xint")


if __name__ == "__main__":
    unittest.main()
