// SPDX-License-Identifier: BSL-1.0
// What do the other operations cost, compared with the system calls that an expert writes?
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "overhead.hpp"
#include "peers.hpp"
#include "questions.hpp"

namespace bench {
namespace {

// A memory of 640 KiB with the first 128 KiB resident; the operations concern the second half of those.
constexpr std::size_t initial = 10, resident = 2 * wasm_page, offset = wasm_page;

template <class Memory, class Operation>
double in_a_used_memory(Memory& memory, Operation operation) {
  memory.open(initial);
  touch(memory.data(), resident);
  const double time = timed(operation);
  memory.close();
  return time;
}

constexpr auto protect = [](auto& memory) {
  return in_a_used_memory(memory, [&] { memory.protect(offset, wasm_page, false); });
};

constexpr auto unprotect = [](auto& memory) {
  memory.open(initial);
  touch(memory.data(), resident);
  memory.protect(offset, wasm_page, false);
  const double time = timed([&] { memory.protect(offset, wasm_page, true); });
  memory.close();
  return time;
};

constexpr auto release = [](auto& memory) {
  memory.open(initial);
  touch(memory.data(), resident);
  return timed([&] { memory.close(); });
};

// A memory without discard gives pages back by mapping them again, which has no counterpart here.
constexpr auto shrink = [](auto& memory) -> double
  requires requires { memory.discard(offset, wasm_page); }
{ return in_a_used_memory(memory, [&] { memory.shrink(initial - 1); }); };

constexpr auto discard = [](auto& memory) -> double
  requires requires { memory.discard(offset, wasm_page); }
{
  return in_a_used_memory(memory, [&] {
    memory.discard(offset, wasm_page);
    touch(memory.data() + offset, wasm_page);
  });
};

constexpr auto reset = [](auto& memory) -> double
  requires requires { memory.discard(offset, wasm_page); }
{
  return in_a_used_memory(memory, [&] {
    memory.reset();
    touch(memory.data(), resident);
  });
};

double free_used() {
  void* const p = std::calloc(initial, wasm_page);
  if (p == nullptr) stop("calloc");
  touch(static_cast<std::byte*>(p), resident);
  return timed([&] { std::free(p); });
}

double clear(std::size_t bytes) {
  void* const p = std::calloc(initial, wasm_page);
  if (p == nullptr) stop("calloc");
  touch(static_cast<std::byte*>(p), resident);
  const double time = timed([&] {
    std::memset(p, 0, bytes);
    touch(static_cast<std::byte*>(p), bytes);
  });
  std::free(p);
  return time;
}

}  // namespace

void ask_other_calls(report& r, const options& o) {
  r.heading("What do the other operations cost beside system calls written by hand?",
            "In a memory of 640 KiB with 128 KiB resident. What discard and reset gave back is touched again, and that "
            "counts.");
  r.add(peers::glibc());
  const auto pairs = o.choose<std::size_t>(500, 2'000);
  const auto ask = [&](const char* id, const char* title, auto operation, const char* instead = "", sampler s = {}) {
    ask_operation(r, {.id = id, .title = title, .baseline = "by hand", .instead = instead}, operation, pairs, s);
  };
  ask("protect", "64 KiB to read-only", protect);
  ask("unprotect", "64 KiB to read-write again", unprotect);
  ask("release", "deallocate", release, "free", free_used);
  ask("shrink", "shrink by all but 64 KiB", shrink);
  ask("discard", "discard 64 KiB and touch them", discard, "memset", [] { return clear(wasm_page); });
  ask("reset", "reset and touch 128 KiB", reset, "memset", [] { return clear(resident); });
}

}  // namespace bench
