"""Goal: the structure stays what ARCHITECTURE says. Method: every #include of ours is read as text; one
that points to a higher layer, or from the origin to the studio or back, fails; so does a file too long to
hold one idea, and a C++ file without its #pragma once."""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(sys.argv.pop()).resolve()
LAYERS = {
    "src/base": 0,
    "src/speaker": 1, "src/layout": 1, "src/plan": 1, "src/hls": 1, "src/media": 1, "src/mix": 1,
    "src/glibx": 2, "src/gstx": 2,
    "plugins": 3,
    "pipelines": 4, "src/http": 4, "src/viewers": 4,
    "src/studio": 5, "src/origin": 5,
    "src/app": 6,
}
# Pure code: timestamps come in, so that the same input gives the same output.
PURE = ("src/base", "src/speaker", "src/layout", "src/plan", "src/hls", "src/media",
        "src/mix")
STRANGERS = {("src/origin", "src/studio"), ("src/studio", "src/origin")}
LINES_MAX = 500


def area(path: str) -> str | None:
    return max((a for a in LAYERS if path.startswith(a + "/")), key=len, default=None)


def sources():
    for folder in ("src", "plugins", "pipelines"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".h", ".cpp"):
                yield path.relative_to(ROOT).as_posix(), path.read_text()


def target_of(include: str) -> str:
    return include if include.startswith(("plugins/", "pipelines/")) else "src/" + include


class Structure(unittest.TestCase):
    def test_every_file_is_in_a_layer(self):
        for path, _ in sources():
            self.assertIsNotNone(area(path), f"{path} is in no layer")

    def test_includes_point_downwards(self):
        for path, text in sources():
            here = area(path)
            for include in re.findall(r'^#include "([^"]+)"', text, re.M):
                there = area(target_of(include))
                self.assertIsNotNone(there, f"{path}: \"{include}\" is not ours: use <>")
                self.assertLessEqual(LAYERS[there], LAYERS[here], f"{path} includes upwards: {include}")
                self.assertNotIn((here, there), STRANGERS, f"{path}: {include}")

    def test_elements_are_not_included(self):
        for path, text in sources():
            if area(path) not in ("plugins", "src/app"):
                self.assertNotRegex(text, r'#include "plugins/', f"{path}: elements are reached by name")

    def test_pure_code_is_pure(self):
        for path, text in sources():
            if area(path) in PURE:
                self.assertNotRegex(text, r"#include <(gst|glib|libsoup|gio)", path)
                self.assertNotRegex(text, r"_clock::now\(\)", f"{path}: time comes in")

    def test_origin_knows_no_gstreamer(self):
        for path, text in sources():
            if area(path) == "src/origin":
                self.assertNotRegex(text, r"#include (<gst|\"gstx)", path)

    def test_files_hold_one_idea(self):
        for path, text in sources():
            self.assertLessEqual(text.count("\n"), LINES_MAX, path)
            if path.endswith(".h"):
                self.assertIn("#pragma once", text, path)


if __name__ == "__main__":
    unittest.main()
