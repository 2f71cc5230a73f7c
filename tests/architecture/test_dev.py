#!/usr/bin/env python3
"""./dev format: which files it hands to clang-format, and what it says of one that is not laid out."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

DEV = sys.argv.pop()

OURS = [
    "app/core/problem.h",
    "app/main.cpp",
    "kernels/include/knobscope/reduce.h",
    "kernels/layernorm_forward/01_scalar.cpp",
    "kernels/layernorm_forward/01_welford.cu",
    "tests/unit/core_problem_test.cpp",
]
NOT_OURS = ["README.md", "app/CMakeLists.txt", "build/dev/generated.cpp", "tests/emulated/kernels/op/01_a.cu"]

# Stands for clang-format: says what it was given, and minds one name.
CLANG_FORMAT = """#!/bin/sh
printf '%s\\n' "$@" >arguments
case "$*" in *--dry-run*crooked.cu*) exit 1 ;; esac
"""


@unittest.skipUnless(shutil.which("git"), "git tells dev which files are ours")
class FormatTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = self.folder.name
        self.write("bin/clang-format", CLANG_FORMAT)
        self.write(".gitignore", "/build/\n/bin/\n/arguments\n/dev\n")
        shutil.copy(DEV, os.path.join(self.root, "dev"))
        os.chmod(os.path.join(self.root, "bin/clang-format"), 0o755)
        subprocess.run(["git", "init", "--quiet", self.root], check=True)
        for path in OURS + NOT_OURS:
            self.write(path, "")

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def format(self, *arguments):
        environment = {
            **os.environ,
            "PATH": os.path.join(self.root, "bin") + os.pathsep + os.environ["PATH"],
            "KNOBSCOPE_NO_INSTALL": "1",
        }
        done = subprocess.run(
            [os.path.join(self.root, "dev"), "format", *arguments],
            env=environment, capture_output=True, text=True, check=False,
        )
        with open(os.path.join(self.root, "arguments"), encoding="utf-8") as file:
            return done, file.read().split()

    def test_our_sources_and_kernels(self):
        done, given = self.format()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([argument for argument in given if argument.startswith("-")], ["-i"])
        self.assertEqual(sorted(argument for argument in given if not argument.startswith("-")), OURS)

    def test_check_fails_for_a_kernel_that_is_not_laid_out(self):
        self.assertEqual(self.format("--check")[0].returncode, 0)
        self.write("kernels/layernorm_forward/02_crooked.cu", "")
        done, given = self.format("--check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not laid out", done.stderr)
        self.assertIn("--dry-run", given)


if __name__ == "__main__":
    unittest.main()
