// SPDX-License-Identifier: BSL-1.0
#pragma once
// A store without any capability, for tests of concepts.
#include <cstddef>

#include <quire/store.hpp>

namespace quire::test {

/// The four operations and nothing else.
struct bare {
  static constexpr std::size_t largest_page = 64;
  static constexpr store_traits traits{.fault = fault::none};
  reservation reserve(std::size_t, std::size_t, const attributes&) noexcept;
  int commit(page_run, const attributes&) noexcept;
  int decommit(page_run, const attributes&) noexcept;
  int release(page_run, page_run, const attributes&) noexcept;
  std::size_t page_bytes() const noexcept;
  static errc code_of(step, int) noexcept;
};

}  // namespace quire::test
