#!/usr/bin/env python3
"""Texts of every kind come out of embed.py's header as they went in. usage: test_embed.py SCRIPT CXX"""

import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT, COMPILER = sys.argv[1:3]

# Printed by a program that includes the header: each name, size and text.
PRINTER = """
#include <cstdio>
#include "texts.h"
int main() {
  namespace texts = knobscope::embedded::texts;
  static_assert(texts::find("a/plain.txt").has_value() && !texts::find("b"));
  static_assert(texts::a_plain_txt.size() == 6);
  for (const texts::File& file : texts::files) {
    std::printf("%.*s %zu ", static_cast<int>(file.name.size()), file.name.data(), file.text.size());
    std::fwrite(file.text.data(), 1, file.text.size(), stdout);
  }
}
"""

TEXTS = {
    "a/plain.txt": "plain\n",
    "quotes.cu": 'printf("%d\\n", x); // )" and )knob" ??/ \\\n\ttab\n',
    "wide.txt": "é → 𝛾\n" * 9000,  # well over 64K, so in several pieces
    "empty.txt": "",
    "1 no-newline": "end",
}


class EmbedTest(unittest.TestCase):
    def test_round_trip(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for name, text in TEXTS.items():
                path = os.path.join(folder, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8", newline="") as file:
                    file.write(text)
                paths.append(path)
            header = os.path.join(folder, "texts.h")
            embed = [sys.executable, SCRIPT, "--output", header, "--base", folder, *paths]
            subprocess.run(embed, check=True)
            with open(header, encoding="utf-8") as file:
                pieces = file.read().split('R"knobscope(')[1:]
            self.assertLess(max(len(piece.encode("utf-8")) for piece in pieces), 65536)
            self.assertGreater(len(pieces), len(TEXTS))

            source = os.path.join(folder, "printer.cpp")
            with open(source, "w", encoding="utf-8") as file:
                file.write(PRINTER)
            program = os.path.join(folder, "printer")
            warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
            subprocess.run([COMPILER, "-std=c++20", *warnings, source, "-o", program], check=True)
            printed = subprocess.run([program], check=True, capture_output=True).stdout.decode("utf-8")
            expected = "".join(
                f"{name} {len(text.encode('utf-8'))} {text}" for name, text in TEXTS.items()
            )
            self.assertEqual(printed, expected)

    def test_delimiter_in_text_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "bad.txt")
            with open(path, "w", encoding="utf-8") as file:
                file.write(')knobscope"')
            header = os.path.join(folder, "texts.h")
            embed = [sys.executable, SCRIPT, "--output", header, "--base", folder, path]
            result = subprocess.run(embed, capture_output=True, check=False)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(b"raw string delimiter", result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
