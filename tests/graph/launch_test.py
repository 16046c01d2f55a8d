"""Goal: every pipelines/*.launch runs as it stands with gst-launch-1.0 and is a playable stream.
Method: start it as the README says, read the multivariant playlist over HTTP until its media playlist
lists a part, fetch that part, then end it with SIGINT (-e) and expect EXT-X-ENDLIST's clean exit."""
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest
import urllib.request

ROOT = pathlib.Path(os.environ["SPACECAST_SOURCE"])
DEADLINE_S = 30


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.read()


class Launch(unittest.TestCase):
    def wait_for(self, process, url: str, pattern: str) -> re.Match:
        """The first match of `pattern` in what `url` answers."""
        until = time.monotonic() + DEADLINE_S
        while time.monotonic() < until:
            self.assertIsNone(process.poll(), "gst-launch-1.0 ended early")
            try:
                if match := re.search(pattern, get(url).decode()):
                    return match
            except OSError:
                pass  # Not listening yet, or nothing to play yet.
            time.sleep(0.1)
        self.fail(f"{url} had no {pattern}")

    def play(self, path: pathlib.Path):
        port = re.search(r"http-port=(\d+)", path.read_text()).group(1)
        base = f"http://127.0.0.1:{port}/"
        process = subprocess.Popen(["sh", "-c", f"exec gst-launch-1.0 -e $(cat {path})"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            playlist = self.wait_for(process, base + "master.m3u8", r"(?m)^(v\d+\.m3u8)$").group(1)
            part = self.wait_for(process, base + playlist, r'EXT-X-PART:[^\n]*URI="([^"]+)"').group(1)
            self.assertIn(b"moof", get(base + part))
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=DEADLINE_S)
            self.assertEqual(process.returncode, 0, errors)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()


def add(path: pathlib.Path):
    setattr(Launch, f"test_{path.stem.replace('-', '_')}", lambda self: self.play(path))


for description in sorted((ROOT / "pipelines").glob("*.launch")):
    add(description)

if __name__ == "__main__":
    unittest.main()
