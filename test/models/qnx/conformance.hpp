// SPDX-License-Identifier: BSL-1.0
#pragma once
// Runs all conformance cases on the model, with each page size.
#include "models/qnx/configs.hpp"
#include "support/conformance.hpp"

namespace quire::test {

/// Limits the cases to the memory that the config provides.
template <class M>
struct model_environment : test_environment {
  static bool has_memory_for(std::size_t bytes) noexcept {
    return bytes <= M::memory && test_environment::has_memory_for(bytes);
  }
};

template <config M>
void conform_on_each_page_size() {
  on_each_page_size<M>([](std::size_t page) {
    INFO("pages of " << page << " bytes");
    run_conformance_cases<model_environment<M>, M>();
  });
}

}  // namespace quire::test
