#pragma once
// A client whose worker has said what it can do.

#include <functional>
#include <memory>
#include <string>

#include "cli/interrupt.h"
#include "cli/places.h"
#include "worker/client.h"

namespace knobscope::cli {

worker::ClientOptions client_options(const Places& places);

enum class Readiness : std::uint8_t { ready, gone, silent, interrupted };

/// Waits until devices and catalog are known.
Readiness wait_until_ready(const worker::Client& client, Interrupt& interrupt);

/// Complains about a client that is not ready; returns the exit code.
int complain_not_ready(const worker::Client& client, Readiness readiness);

}  // namespace knobscope::cli
