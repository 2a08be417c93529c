#pragma once
// For signal handlers: determines whether a fault concerns a memory, and its cause.
#include <quire/calls/fault/signal.hpp>
#include <quire/classify_raised.hpp>

namespace quire {

/// Async-signal-safe: reads the siginfo and the objects, which no other thread may change meanwhile. Tag and
/// protection-key mismatches are reported wherever they occurred; all other faults outside these memories are reported
/// as unrelated. On arm64 the tag of the pointer is known only to a handler installed with SA_EXPOSE_TAGBITS, and only
/// if it is not 0.
template <tells_zones... A>
[[nodiscard]] fault_report classify_fault(const siginfo_t& info, const A&... memories) noexcept {
  return classify_raised(calls::what_was_raised(info), memories...);
}

}  // namespace quire
