#!/usr/bin/env python3
"""Checks that the code keeps to the house's rooms: who includes whom, and what is mentioned where.

usage: check.py ROOT      prints one line a violation (file:line: what) and exits 1 if there is any
"""

import os
import re
import sys
from collections import namedtuple

import rules

Violation = namedtuple("Violation", "path line message")
Include = namedtuple("Include", "line name quoted")

SOURCE_ENDINGS = (".h", ".hpp", ".cpp", ".cc", ".c", ".cu", ".cuh", ".inl")
HEADER_ENDINGS = (".h", ".hpp", ".cuh")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)')
# A guard where the header's text is also compiled as part of a kernel.
GUARD = re.compile(r"^#pragma once$|\A\s*#ifndef (\w+)\n#define \1$", re.MULTILINE)
LIBRARY = re.compile(r"^knobscope_system_library\((\w+)", re.MULTILINE)
STATIC = re.compile(r"^\s+(?:static|thread_local)\s+(?!const\b|constexpr\b|constinit const\b)(.*)$")


def without_comments(text):
    """The text with comments blanked out, line breaks and string literals kept."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)

    def blank(match):
        found = match.group(0)
        return found if found.startswith('"') else re.sub(r"[^\n]", " ", found)

    return pattern.sub(blank, text)


class File:
    def __init__(self, root, path):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            self.text = file.read()
        self.path = path
        self.code = without_comments(self.text)
        self.includes = []
        for number, line in enumerate(self.code.split("\n"), 1):
            match = INCLUDE.match(line)
            if match:
                self.includes.append(Include(number, match[1] or match[2], match[1] is not None))

    @property
    def in_app(self):
        """The path below app/, or None."""
        return self.path[len("app/"):] if self.path.startswith("app/") else None

    @property
    def room(self):
        return self.in_app.split("/")[0] if self.in_app and "/" in self.in_app else None


def under(path, folders):
    return any(path.startswith(folder) for folder in folders)


def walk(root, folder):
    for directory, folders, names in os.walk(os.path.join(root, folder)):
        folders.sort()
        for name in sorted(names):
            path = os.path.relpath(os.path.join(directory, name), root).replace(os.sep, "/")
            yield path


class Tree:
    def __init__(self, root):
        self.root = root
        self.files = {
            path: File(root, path)
            for folder in ("app", "tests")
            for path in walk(root, folder)
            if path.endswith(SOURCE_ENDINGS)
        }
        self.app = [file for file in self.files.values() if file.in_app]
        self.violations = []

    def report(self, file, line, message):
        self.violations.append(Violation(file.path, line, message))

    def resolve(self, file, include):
        """The file of app/ that an include means, or None for a library's or a generated one."""
        beside = os.path.normpath(os.path.join(os.path.dirname(file.path), include.name))
        for path in (beside if include.quoted else None, "app/" + include.name):
            if path in self.files:
                return self.files[path]
        return None

    def room_of(self, file, include):
        target = self.resolve(file, include)
        if target:
            return target.room
        first = include.name.split("/")[0]
        return first if "/" in include.name and first in rules.ALLOWED_ROOMS else None

    def check(self):
        for file in self.app:
            self.check_place(file)
            self.check_rooms(file)
            self.check_client_side(file)
            self.check_headers(file)
            self.check_statics(file)
        for file in self.files.values():
            self.check_form(file)
        self.check_variant_names()
        self.check_libraries()
        return sorted(self.violations)

    def check_place(self, file):
        if file.in_app == "main.cpp" or file.room in {*rules.ALLOWED_ROOMS, "cmake"}:
            return
        self.report(file, 1, "app/ holds main.cpp, cmake/ and the rooms of rules.py, nothing else")

    def check_rooms(self, file):
        if file.room not in rules.ALLOWED_ROOMS:
            return
        for include in file.includes:
            room = self.room_of(file, include)
            if room and room != file.room and room not in rules.ALLOWED_ROOMS[file.room]:
                self.report(file, include.line, f"{file.room}/ must not include {room}/: {include.name}")

    def check_client_side(self, file):
        if file.room not in rules.CLIENTS:
            return
        for include in file.includes:
            chain = self.path_behind_the_worker(self.resolve(file, include), set())
            if chain:
                shown = " -> ".join(chain)
                self.report(file, include.line, f"{file.room}/ reaches behind the worker: {shown}")

    def path_behind_the_worker(self, file, seen):
        if file is None or file.path in seen or file.room not in rules.ALLOWED_ROOMS:
            return None
        seen.add(file.path)
        if file.room in rules.BEHIND_THE_WORKER:
            return [file.in_app]
        for include in file.includes:
            chain = self.path_behind_the_worker(self.resolve(file, include), seen)
            if chain:
                return [file.in_app, *chain]
        return None

    def check_headers(self, file):
        path = file.in_app
        for include in file.includes:
            if self.resolve(file, include):
                continue
            for what, headers, folders in rules.LIBRARY_HEADERS:
                if re.search(headers, include.name) and not under(path, folders):
                    places = ", ".join(folders)
                    self.report(file, include.line, f"{what} only under {places}: {include.name}")
            for folder, what, headers in rules.UNWANTED_HEADERS:
                if path.startswith(folder) and re.search(headers, include.name):
                    self.report(file, include.line, f"no {what} in {folder}: {include.name}")
            if (
                not include.quoted
                and under(path, rules.STANDARD_LIBRARY_ONLY)
                and not re.search(rules.STANDARD_HEADER, include.name)
            ):
                self.report(file, include.line, f"only the standard library here: {include.name}")

    def check_statics(self, file):
        if not under(file.in_app, rules.NO_MUTABLE_STATICS) or not file.path.endswith(".cpp"):
            return
        for number, line in enumerate(file.code.split("\n"), 1):
            match = STATIC.match(line)
            # A member function's declaration has parentheses and nothing assigned.
            if match and ("=" in match[1] or "(" not in match[1]):
                self.report(file, number, "no function-local statics in views")

    def check_form(self, file):
        lines = file.text.count("\n") + (not file.text.endswith("\n"))
        if lines > rules.MAX_LINES:
            self.report(file, lines, f"{lines} lines; {rules.MAX_LINES} are the limit, 400 the aim")
        if file.path.endswith(HEADER_ENDINGS) and not GUARD.search(file.code):
            self.report(file, 1, "a header without #pragma once or an include guard")
        for include in file.includes:
            if ".." in include.name.split("/"):
                self.report(file, include.line, f"include from app/, not upwards: {include.name}")

    def check_variant_names(self):
        """Nothing in the program names a variant: no file of one, and in code no name of one."""
        file_names, quoted_names = {}, {}
        for path in walk(self.root, "kernels"):
            base, ending = os.path.splitext(os.path.basename(path))
            if ending in (".cu", ".cpp"):
                for name in (base, re.sub(r"^\d+_", "", base)):
                    file_names[name + ending] = path
                    quoted_names[f'"{name}"'] = path
        for file in self.app:
            self.check_mentions(file, file.text, file_names)
            # A comment may take such a name for an example.
            self.check_mentions(file, file.code, quoted_names)

    def check_mentions(self, file, text, names):
        if not names:
            return
        longest_first = sorted(names, key=len, reverse=True)
        pattern = re.compile(r"(?<![\w/])(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")
        for number, line in enumerate(text.split("\n"), 1):
            match = pattern.search(line)
            if match:
                self.report(file, number, f"names the variant {names[match[0]]}: {match[0]}")


    def check_libraries(self):
        """A library that is asked for on every machine is linked with something."""
        texts = {}
        for path in [*walk(self.root, "app"), *walk(self.root, "tests")]:
            if path.endswith(("CMakeLists.txt", ".cmake")):
                with open(os.path.join(self.root, path), encoding="utf-8") as file:
                    texts[path] = file.read()
        linked = set(re.findall(r"knobscope::(\w+)", "\n".join(texts.values())))
        for path, text in texts.items():
            for match in LIBRARY.finditer(text):
                if match[1] not in linked:
                    line = text.count("\n", 0, match.start()) + 1
                    self.violations.append(Violation(path, line, f"nothing is linked with {match[1]}"))


def check(root):
    return Tree(root).check()


def main():
    if len(sys.argv) != 2 or not os.path.isdir(os.path.join(sys.argv[1], "app")):
        sys.exit(__doc__.strip())
    violations = check(sys.argv[1])
    for path, line, message in violations:
        print(f"{path}:{line}: {message}")
    print(f"{len(violations)} violations of the architecture")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
