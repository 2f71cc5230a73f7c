#include "trace/nvtx.h"

#if KNOBSCOPE_HAS_NVTX

#include <map>
#include <mutex>
#include <string>

#include <nvtx3/nvToolsExt.h>

namespace knobscope::trace {

struct Domain::Impl {
  nvtxDomainHandle_t domain = nvtxDomainCreateA("knobscope");
  std::mutex mutex;
  std::map<std::string, nvtxStringHandle_t, std::less<>> strings;
  std::map<std::string, std::uint32_t, std::less<>> categories;

  nvtxStringHandle_t string_of(std::string_view text) {
    const std::lock_guard lock(mutex);
    if (const auto found = strings.find(text); found != strings.end()) return found->second;
    const std::string name(text);
    return strings.emplace(name, nvtxDomainRegisterStringA(domain, name.c_str())).first->second;
  }

  std::uint32_t category_of(std::string_view text) {
    const std::lock_guard lock(mutex);
    if (const auto found = categories.find(text); found != categories.end()) return found->second;
    const std::string name(text);
    const auto id = static_cast<std::uint32_t>(categories.size() + 1);  // 0 means: no category
    nvtxDomainNameCategoryA(domain, id, name.c_str());
    categories.emplace(name, id);
    return id;
  }
};

Domain::Domain() : impl_(std::make_unique<Impl>()) {}

Domain::~Domain() { nvtxDomainDestroy(impl_->domain); }

bool Domain::built_in() { return true; }

Range::Range(Domain* domain, std::string_view name, std::string_view category, std::optional<std::uint32_t> argb,
             std::optional<std::int64_t> payload)
    : domain_(domain) {
  if (domain_ == nullptr) return;
  nvtxEventAttributes_t attributes{};
  attributes.version = NVTX_VERSION;
  attributes.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
  attributes.category = domain_->impl_->category_of(category);
  attributes.messageType = NVTX_MESSAGE_TYPE_REGISTERED;
  attributes.message.registered = domain_->impl_->string_of(name);
  if (argb) {
    attributes.colorType = NVTX_COLOR_ARGB;
    attributes.color = *argb;
  }
  if (payload) {
    attributes.payloadType = NVTX_PAYLOAD_TYPE_INT64;
    attributes.payload.llValue = *payload;
  }
  nvtxDomainRangePushEx(domain_->impl_->domain, &attributes);
}

Range::~Range() {
  if (domain_ != nullptr) nvtxDomainRangePop(domain_->impl_->domain);
}

}  // namespace knobscope::trace

#else

namespace knobscope::trace {

struct Domain::Impl {};

Domain::Domain() = default;
Domain::~Domain() = default;
bool Domain::built_in() { return false; }

Range::Range(Domain* domain, std::string_view, std::string_view, std::optional<std::uint32_t>,
             std::optional<std::int64_t>)
    : domain_(domain) {}
Range::~Range() = default;

}  // namespace knobscope::trace

#endif
