// SPDX-License-Identifier: BSL-1.0
// What do allocate and deallocate cost, compared with the system calls that an expert writes?
#include <algorithm>
#include <cstdlib>

#include "overhead.hpp"
#include "peers.hpp"
#include "questions.hpp"

namespace bench {
namespace {

constexpr std::size_t initial = 10, touched = wasm_page;

constexpr auto allocate_and_deallocate = [](auto& memory) {
  return timed([&] {
    memory.open(initial);
    memory.close();
  });
};

constexpr auto one_lifecycle = [](auto& memory) {
  return timed([&] {
    memory.open(initial);
    touch(memory.data(), touched);
    memory.close();
  });
};

double calloc_and_free(std::size_t used) {
  return timed([&] {
    void* const p = std::calloc(initial, wasm_page);
    if (p == nullptr) stop("calloc");
    keep(p);
    touch(static_cast<std::byte*>(p), used);
    std::free(p);
  });
}

template <class A>
constexpr std::size_t needed_by() {
  return A::contract.guard_before + std::max(A::contract.reach, most_pages * wasm_page + A::contract.guard_after);
}

/// The kernel aligns mappings whose length is a multiple of 2 MiB, so Quire and the hand-written code above round up to
/// that. A program that needs no alignment would map no more than it needs: this is compared here.
void ask_unrounded(report& r, const options& o) {
  table t{.id = "allocate, unrounded", .title = "the same, by hand not rounded to 2 MiB", .baseline = "by hand"};
  for_each_typedef([&]<class A>(const std::string& name, mapping_shape shape, mapping_shape) {
    const mapping_shape needed = {shape.before, needed_by<A>(), shape.flags};
    if (needed.total == shape.total) return;
    progress(t.title + ": " + name);
    add_comparison(t, name, compare(contend<A>(allocate_and_deallocate, needed), o.choose<std::size_t>(2'000, 5'000)));
  });
  r.add(t);
}

}  // namespace

void ask_allocate(report& r, const options& o) {
  r.heading(
      "What do allocate and deallocate cost beside system calls written by hand?",
      "640 KiB of 4 GiB, guarded. By hand is the same mapping: mmap inaccessible, mprotect the part in use, munmap.");
  r.add(peers::glibc());
  ask_operation(
      r, {.id = "allocate", .title = "allocate + deallocate", .baseline = "by hand", .instead = "calloc+free"},
      allocate_and_deallocate, judged_pairs, [] { return calloc_and_free(0); }, largest_overhead);
  ask_unrounded(r, o);
  ask_operation(
      r, {.id = "life", .title = "allocate, touch 64 KiB, deallocate", .baseline = "by hand", .instead = "calloc+free"},
      one_lifecycle, o.choose<std::size_t>(500, 3'000), [] { return calloc_and_free(touched); });
}

}  // namespace bench
