// SPDX-License-Identifier: BSL-1.0
#pragma once
// For signal handlers: determines whether a fault concerns a memory, and its cause.
#include <quire/calls/fault/signal.hpp>
#include <quire/classify_raised.hpp>

namespace quire {

/// The cause of a fault, and the memory that it lies in. Tag and protection-key mismatches are reported wherever they
/// occurred; all other faults outside these memories are reported as unrelated. On arm64 the tag of the pointer is
/// known only to a handler installed with SA_EXPOSE_TAGBITS, and only if it is not 0. Signals: a handler may call it,
/// as it reads only the siginfo and the objects, which no other thread may change meanwhile.
template <tells_zones... A>
[[nodiscard]] fault_report classify_fault(const siginfo_t& info, const A&... memories) noexcept {
  return classify_raised(calls::what_was_raised(info), memories...);
}

}  // namespace quire
