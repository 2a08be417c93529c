// SPDX-License-Identifier: BSL-1.0
// How large is an allocator object?
#include <cstdio>

#include <quire/platform/posix.hpp>
#include <quire/quire.hpp>

#include "questions.hpp"

namespace bench {
namespace {

constexpr double words = 4;

template <class A>
void judge_size(report& r, const char* name) {
  const double size = static_cast<double>(sizeof(A)) / sizeof(void*);
  r.add(limit{std::string("sizeof(") + name + "), words", size, words,
              size <= words ? assessment::met : assessment::not_met});
}

}  // namespace

void ask_sizes(report& r, const options&) {
  r.heading("How large is an allocator object?",
            "Words of the machine; among the limits at the end. The last one holds data: a node.");
  judge_size<quire::linux_allocator>(r, "linux_allocator");
  judge_size<quire::wasm_linux_allocator>(r, "wasm_linux_allocator");
  judge_size<quire::huge_linux_allocator>(r, "huge_linux_allocator");
  judge_size<quire::checked_linux_allocator>(r, "checked_linux_allocator");
  judge_size<quire::posix_allocator>(r, "posix_allocator");
  std::printf("\n  numa_linux_allocator %zu\n", sizeof(quire::numa_linux_allocator) / sizeof(void*));
}

}  // namespace bench
