// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <quire/policy.hpp>

namespace quire::tagging {

/// macOS's own VM tag for the memory of WebAssembly, shared with JavaScriptCore.
inline constexpr unsigned vm_tag_webassembly = 63;

/// The mapping carries a number for diagnostic tools (macOS: vmmap, footprint; VM_MAKE_TAG). 240 to 255 are reserved
/// for applications. The number is a label, and nothing checks it.
template <unsigned N>
struct vm_tag {
  static_assert((N >= 240 && N <= 255) || N == vm_tag_webassembly,
                "quire: a VM tag is one of the applications' own, 240 to 255, or vm_tag_webassembly");
  using axis = axes::tagging;
  constexpr void request(attributes& a) const noexcept { a.vm_tag = static_cast<unsigned char>(N); }
};

}  // namespace quire::tagging
