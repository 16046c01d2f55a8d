"""Goal: docs/plan.md shows what `spacecast plan` prints. Method: every command in it is run."""
import os
import pathlib
import re
import subprocess
import unittest

SOURCE = pathlib.Path(os.environ["SPACECAST_SOURCE"])


class Plan(unittest.TestCase):
    def test_the_examples_are_what_is_printed(self):
        examples = re.findall(r"```\n\$ spacecast (plan .*)\n((?:.*\n)*?)```", (SOURCE / "docs/plan.md").read_text())
        self.assertEqual(len(examples), 2)
        for arguments, printed in examples:
            with self.subTest(arguments):
                done = subprocess.run([SOURCE / "scripts/spacecast", *arguments.split()], capture_output=True, text=True, timeout=30)
                self.assertEqual(done.stdout, printed)


if __name__ == "__main__":
    unittest.main()
