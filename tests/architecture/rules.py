"""What each room of app/ may touch, as data. check.py applies it, the architecture page tells why."""

# Which rooms a room's files may include. Its own is always allowed. main.cpp wires everything
# together and may include any.
ALLOWED_ROOMS = {
    "core": set(),
    "session": {"core"},
    "catalog": {"core"},
    "trace": {"core"},
    "device": {"core"},
    "measure": {"device", "catalog", "trace", "core"},
    "worker": {"measure", "device", "catalog", "trace", "core"},
    "cli": {"session", "worker", "core"},
    "gui": {"session", "worker", "core"},
}

# Rooms that see only the client side of the worker: whatever they include of it must not reach these,
# not even through other headers.
CLIENTS = {"cli", "gui"}
BEHIND_THE_WORKER = {"measure", "device", "catalog", "trace"}

# (what, headers as a regular expression, folders of app/ in which they may be included)
LIBRARY_HEADERS = [
    (
        "Dear ImGui",
        r"^(imgui|implot|misc/cpp/imgui|TextEditor|TextDiff)",
        ["gui/"],
    ),
    (
        "OpenGL and GLFW",
        r"^(imgui_impl_|GLFW/|glad/|epoxy/|GL/|GLES|KHR/|EGL/|OpenGL/)",
        ["gui/shell/", "gui/render/"],
    ),
    (
        "CUDA",
        r"^(cuda[\w.]*$|cuda/|nvrtc|cupti|nvml|cooperative_groups|cub/|thrust/|curand|cublas"
        r"|driver_types\.h|vector_types\.h|device_launch_parameters\.h)",
        ["device/cuda/", "device/emulated/", "trace/"],
    ),
    ("NVTX", r"^(nvtx3/|nvToolsExt)", ["trace/"]),
    # Two different sets of its inline functions in one program would be undefined behaviour.
    ("toml++ through <checked_toml.h>: itself", r"^toml\+\+/", ["cmake/include/"]),
]

# (folder of app/, what is not wanted there, headers as a regular expression)
UNWANTED_HEADERS = [
    ("core/", "threads", r"^(thread|mutex|shared_mutex|condition_variable|future|semaphore|barrier)$"),
    ("core/", "input and output", r"^(fstream|iostream|istream|ostream|cstdio|print)$"),
    ("gui/views/", "files", r"^(fstream|filesystem|cstdio|fcntl\.h|unistd\.h)$"),
    ("gui/views/", "locks and threads", r"^(thread|mutex|shared_mutex|condition_variable|atomic)$"),
]

# core/ knows the standard library only: names without a slash or an extension.
STANDARD_LIBRARY_ONLY = ["core/"]
STANDARD_HEADER = r"^[a-z0-9_]+$"

# Statics outlive the snapshot a view is given.
NO_MUTABLE_STATICS = ["gui/views/"]

MAX_LINES = 500  # the aim is 400
