// SPDX-License-Identifier: BSL-1.0
#pragma once
// For handlers of a Cortex-M's memory management fault: determines whether it concerns a memory, and its cause.
#include <quire/calls/fault/mem_manage.hpp>
#include <quire/classify_raised.hpp>

namespace quire {

/// Signals: it reads only its arguments, so a fault handler may call it.
template <tells_zones... A>
[[nodiscard]] fault_report classify_fault(const calls::mem_manage& fault, const A&... memories) noexcept {
  return classify_raised(calls::what_was_raised(fault), memories...);
}

}  // namespace quire
