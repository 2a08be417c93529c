// SPDX-License-Identifier: BSL-1.0
#pragma once
// A fault that the lab has to notice: the first page of the guard after the memory is accessible as well.
#include <tuple>

#include <quire/backing/linux_mmap.hpp>
#include <quire/calls/linux.hpp>

namespace quire::test {

struct one_page_too_many : backing::linux_mmap<> {
  static int commit(page_run r, const attributes& requested) noexcept {
    return linux_mmap::commit({r.base, r.bytes + page_bytes()}, requested);
  }
};

using stores_in_question = std::tuple<one_page_too_many>;

}  // namespace quire::test
