#pragma once
// For signal handlers: whether a fault concerns a memory, and what it was about.
#include <quire/calls/fault/signal.hpp>
#include <quire/classify_raised.hpp>

namespace quire {

/// Async-signal-safe: reads the siginfo and the objects, which no other thread may change meanwhile. Mismatches of tags
/// and keys are told wherever they were; all other faults outside of these memories are unrelated to them. On arm64 the
/// pointer's tag is known only to a handler that was installed with SA_EXPOSE_TAGBITS, and only if it is not 0.
template <tells_zones... A>
[[nodiscard]] fault_report classify_fault(const siginfo_t& info, const A&... memories) noexcept {
  return classify_raised(calls::what_was_raised(info), memories...);
}

}  // namespace quire
