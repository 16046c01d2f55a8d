"""Goal: systemd takes the units of scripts/deploy as they stand. Method: a root directory laid out as an installed machine,
judged by systemd-analyze; nothing is started. It warns of keys and values that it does not know, and of commands that are
not there, so that anything it says is a failure."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

DEPLOY = pathlib.Path(os.environ["SPACECAST_SOURCE"], "scripts/deploy")
SYSTEM = pathlib.Path("/usr/lib/systemd/system")  # What units of ours hang on: targets, mostly.
UNITS = ("spacecast@demo.service", "spacecast-cache.service", "spacecast-tls.service")


def place(source, *targets):
    for target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


class Units(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        shutil.copytree(SYSTEM, self.root / "usr/lib/systemd/system", symlinks=True)
        for unit in (DEPLOY / "systemd").iterdir():
            place(unit, self.root / "etc/systemd/system" / unit.name)
        for script in ("start", "start-tls", "purge"):
            place(DEPLOY / "edge" / script, self.root / "usr/local/share/spacecast/edge" / script)
        place(f"{os.environ['SPACECAST_SOURCE']}/scripts/spacecast", self.root / "usr/local/bin/spacecast")
        # Commands that units name.
        for command in ("sh", "kill"):
            place(shutil.which(command), self.root / "bin" / command)

    def said(self):
        done = subprocess.run(["systemd-analyze", "verify", f"--root={self.root}", "--man=no", *UNITS],
                              capture_output=True, text=True, timeout=60)
        # Units of the machine itself may want what is not copied.
        lines = [line for line in done.stderr.splitlines() if "spacecast" in line]
        return done.returncode, lines

    def test_all_of_them_are_understood(self):
        self.assertEqual(self.said(), (0, []))

    def test_an_unknown_key_would_be_seen(self):
        unit = self.root / "etc/systemd/system/spacecast-cache.service"
        unit.write_text(unit.read_text().replace("ProtectClock=", "ProtectClocks="))
        self.assertIn("Unknown key 'ProtectClocks'", " ".join(self.said()[1]))


if __name__ == "__main__":
    unittest.main()
