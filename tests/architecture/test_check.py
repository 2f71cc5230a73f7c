#!/usr/bin/env python3
"""The checker itself: quiet on a house in order, and heard for each rule that is broken."""

import os
import tempfile
import unittest

import check

HOUSE_IN_ORDER = {
    "kernels/layernorm_forward/01_welford.cu": "",
    "app/main.cpp": '#include "gui/gui.h"\n#include "worker/serve.h"\n',
    "app/core/problem.h": "#pragma once\n#include <vector>\n// #include <cuda.h>\n",
    "app/device/device.h": '#pragma once\n#include "core/problem.h"\n',
    "app/device/cuda/driver.cpp": '#include "device/device.h"\n#include <cuda.h>\n#include <nvrtc.h>\n',
    "app/device/emulated/half.h": "#pragma once\n#include <cuda_fp16.h>\n",
    "app/trace/nvtx.cpp": "#include <nvtx3/nvToolsExt.h>\n#include <cupti.h>\n",
    "app/measure/run.h": '#pragma once\n#include "device/device.h"\n',
    "app/worker/serve.h": '#pragma once\n#include "measure/run.h"\n',
    "app/worker/client.h": '#pragma once\n#include "core/problem.h"\n',
    "app/session/session.h": '#pragma once\n#include "core/problem.h"\n',
    "app/cli/run.cpp": '#include "session/session.h"\n#include "worker/client.h"\n',
    "app/gui/gui.h": '#pragma once\n#include "worker/client.h"\n',
    "app/gui/views/scope.cpp": (
        "#include <imgui.h>\n#include \"gui/gui.h\"\n"
        "void f() {\n  static constexpr int n = 3;\n  // the Welford recurrence\n}\n"
        "struct S {\n  static int g();\n};\n"
    ),
    "app/cmake/libraries.cmake": "knobscope_system_library(fmt HEADER fmt/format.h)\n",
    "app/core/CMakeLists.txt": "target_link_libraries(knobscope_core PUBLIC knobscope::fmt)\n",
    "app/gui/shell/window.cpp": "#include <GLFW/glfw3.h>\n#include <imgui_impl_glfw.h>\n",
}


class CheckTest(unittest.TestCase):
    def check(self, changes):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**HOUSE_IN_ORDER, **changes}.items():
                full = os.path.join(root, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "w", encoding="utf-8") as file:
                    file.write(text)
            return check.check(root)

    def assert_one(self, path, text, line, message):
        found = self.check({path: text})
        self.assertEqual([(v.path, v.line) for v in found], [(path, line)], found)
        self.assertIn(message, found[0].message)

    def test_house_in_order(self):
        self.assertEqual(self.check({}), [])

    def test_room_that_must_not_be_seen(self):
        self.assert_one("app/core/a.cpp", '#include "device/device.h"\n', 1, "must not include device/")
        self.assert_one("app/device/a.cpp", '\n#include "measure/run.h"\n', 2, "must not include measure/")
        self.assert_one("app/session/a.cpp", '#include "worker/client.h"\n', 1, "must not include worker/")
        self.assert_one("app/worker/a.cpp", '#include "session/session.h"\n', 1, "must not include session/")
        self.assert_one("app/catalog/a.cpp", '#include "device/device.h"\n', 1, "must not include device/")

    def test_room_without_files_is_known_by_its_name(self):
        self.assert_one("app/core/a.cpp", '#include "catalog/made_up.h"\n', 1, "must not include catalog/")

    def test_include_beside_counts_too(self):
        found = self.check({"app/core/a.cpp": '#include "../device/device.h"\n'})
        messages = " ".join(v.message for v in found)
        self.assertIn("must not include device/", messages)
        self.assertIn("not upwards", messages)

    def test_client_side_of_the_worker_only(self):
        self.assert_one(
            "app/gui/views/a.cpp",
            '#include "worker/serve.h"\n',
            1,
            "reaches behind the worker: worker/serve.h -> measure/run.h",
        )

    def test_libraries_stay_in_their_rooms(self):
        self.assert_one("app/worker/a.cpp", "#include <imgui.h>\n", 1, "Dear ImGui only under")
        self.assert_one("app/gui/views/a.cpp", "#include <glad/gl.h>\n", 1, "OpenGL and GLFW only under")
        self.assert_one("app/gui/a.cpp", "#include <imgui_impl_opengl3.h>\n", 1, "OpenGL and GLFW")
        self.assert_one("app/measure/a.cpp", "#include <cuda_runtime.h>\n", 1, "CUDA only under")
        self.assert_one("app/device/cpu/a.cpp", "#  include <nvrtc.h>\n", 1, "CUDA only under")
        self.assert_one("app/device/cuda/a.cpp", "#include <nvtx3/nvtx3.hpp>\n", 1, "NVTX only under")
        self.assert_one("app/session/a.cpp", "#include <toml++/toml.h>\n", 1, "checked_toml.h")

    def test_core_is_plain(self):
        self.assert_one("app/core/a.cpp", "#include <mutex>\n", 1, "no threads in core/")
        self.assert_one("app/core/a.cpp", "#include <fstream>\n", 1, "no input and output in core/")
        self.assert_one("app/core/a.cpp", "#include <fmt/format.h>\n", 1, "only the standard library")

    def test_views_are_plain(self):
        self.assert_one("app/gui/views/a.cpp", "#include <mutex>\n", 1, "no locks and threads")
        self.assert_one("app/gui/views/a.cpp", "void f() {\n  static int n = 0;\n}\n", 2, "statics")
        self.assert_one("app/gui/views/a.cpp", "void f() {\n  static S s;\n}\n", 2, "statics")

    def test_nothing_names_a_variant(self):
        self.assert_one("app/cli/a.cpp", 'auto v = "01_welford";\n', 1, "names the variant")
        self.assert_one("app/cli/a.cpp", 'auto v = "welford";\n', 1, "names the variant")
        self.assert_one("app/cli/a.cpp", "\n// as in 01_welford.cu\n", 2, "names the variant")
        self.assertEqual(self.check({"app/cli/a.cpp": '// such as "welford"\n'}), [])

    def test_form(self):
        self.assert_one("app/core/a.h", "#include <vector>\n", 1, "#pragma once")
        self.assertEqual(self.check({"app/core/a.h": "// A\n#ifndef A_H\n#define A_H\n#endif\n"}), [])
        self.assert_one("app/core/a.cpp", "\n" * 501, 501, "501 lines")
        self.assertEqual(self.check({"app/core/a.cpp": "\n" * 500}), [])

    def test_libraries_are_used(self):
        self.assert_one("app/cmake/more.cmake", "# A\nknobscope_system_library(uv HEADER uv.h)\n", 2, "linked with uv")

    def test_place(self):
        self.assert_one("app/utils/a.cpp", "", 1, "app/ holds main.cpp, cmake/ and the rooms")
        self.assert_one("app/a.cpp", "", 1, "app/ holds main.cpp, cmake/ and the rooms")


if __name__ == "__main__":
    unittest.main()
