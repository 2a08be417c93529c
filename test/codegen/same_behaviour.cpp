// SPDX-License-Identifier: BSL-1.0
// The hand-written operations keep the same contract: they return the same results as the library's and make the same
// calls in the same order, for all arguments and failing calls. Without that, comparing their code would mean nothing.
#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "fake_libc.hpp"
#include "pairs_of_allocators.hpp"

namespace {

using quire::pages;

/// The arguments of one scenario of a memory.
struct scenario {
  std::size_t limit = std::size_t{1} << 32;
  unsigned node = 0;
  pages initial{1};
  std::optional<pages> maximum = pages{64};
  pages current{1}, additional{40};
  std::ptrdiff_t beside = 0;     // distance from the base to the address that deallocate receives
  std::size_t released = 65536;  // the size that deallocate receives
};

template <class Memory>
Memory made(const scenario& l) {
  if constexpr (requires { Memory{}.before; }) {
    Memory m{};
    m.limit = l.limit;
    if constexpr (requires { m.node; }) m.node = l.node;
    return m;
  } else if constexpr (Memory::template takes<quire::placement::prefer>) {
    return Memory{quire::limits{pages{l.limit / 65536}}, quire::placement::prefer{.node = l.node}};
  } else {
    return Memory{quire::limits{pages{l.limit / 65536}}};
  }
}

std::string told(const quire::error& e) {
  return std::string(e.message()) + " at " + name(e.at) + ", native " + std::to_string(e.native);
}
std::string told(const quire::result<std::span<std::byte>>& r) {
  return r ? std::to_string(fake::number(r->data())) + " " + std::to_string(r->size()) : told(r.error());
}
std::string told(const quire::result<pages>& r) { return r ? std::to_string(r->n) : told(r.error()); }
std::string told(const quire::result<void>& r) { return r ? "done" : told(r.error()); }

std::byte* base_of(const auto& memory) {
  if constexpr (requires { memory.data(); })
    return memory.data();
  else
    return memory.base;
}

/// Runs one scenario and returns everything that can be observed of it.
template <class Memory>
std::string lived(const scenario& l, const fake::weather& now) {
  fake::system s(now);
  const auto note = [&s](const auto& result) { s.trace += "-> " + told(result) + '\n'; };
  auto m = made<Memory>(l);
  const auto release = [&] {
    std::byte* const base = base_of(m);
    note(m.deallocate(base == nullptr ? base : base + l.beside, l.released));
  };
  note(m.grow(l.current, pages{0}));
  release();
  note(m.allocate(l.initial, l.maximum));
  note(m.allocate(l.initial, l.maximum));
  note(m.grow(l.current, l.additional));
  note(m.grow(l.current, pages{0}));
  note(m.allocate(pages{0}, l.maximum));
  release();
  release();
  note(m.allocate(pages{0}, std::nullopt));
  return s.trace;  // the trace excludes the destructor, which is not compared
}

template <class Library, class ByHand>
std::optional<std::string> difference(const scenario& l, const fake::weather& now) {
  const std::string library = lived<Library>(l, now), by_hand = lived<ByHand>(l, now);
  if (library == by_hand) return std::nullopt;
  return "library:\n" + library + "by hand:\n" + by_hand;
}

constexpr std::array<std::uint64_t, 10> counts{
    0, 1, 40, 64, 65536, 65537, 131072, std::uint64_t{1} << 47, std::uint64_t{1} << 48, UINT64_MAX};

std::vector<scenario> lifecycles() {
  std::vector<scenario> all;
  for (const std::size_t limit : {std::size_t{1} << 20, std::size_t{1} << 32, std::size_t{1} << 33})
    for (const std::uint64_t initial : counts) {
      all.push_back({.limit = limit, .initial = pages{initial}, .maximum = std::nullopt});
      for (const std::uint64_t maximum : counts)
        all.push_back({.limit = limit, .initial = pages{initial}, .maximum = pages{maximum}});
    }
  for (const std::uint64_t current : counts)
    for (const std::uint64_t additional : counts)
      all.push_back({.current = pages{current}, .additional = pages{additional}, .released = 0});
  for (const std::ptrdiff_t beside : {-1, 0, 1})
    for (const std::size_t released : {std::size_t{0}, std::size_t{65536}, std::size_t{41} * 65536, SIZE_MAX})
      all.push_back({.beside = beside, .released = released});
  for (const unsigned node : {1U, 63U, 64U, 1023U, 1024U, 4000000000U}) all.push_back({.node = node});
  return all;
}

/// No call fails, or one, or all from one on; and mappings are aligned, or not at first.
std::vector<fake::weather> weathers() {
  std::vector<fake::weather> all;
  for (int misaligned = 0; misaligned < 4; ++misaligned) {
    all.push_back({.misaligned = misaligned});
    for (const int error : {ENOMEM, EINVAL, EPERM, EAGAIN, ENOSYS, EIO})
      for (int failing = 0; failing < 16; ++failing) {
        all.push_back({failing, failing, error, misaligned});
        all.push_back({failing, fake::weather::never, error, misaligned});
      }
  }
  return all;
}

template <class Library, class ByHand>
std::optional<std::string> first_difference() {
  for (const scenario& l : lifecycles())
    if (auto d = difference<Library, ByHand>(l, {})) return d;
  for (const std::size_t released : {std::size_t{65536}, std::size_t{41} * 65536})
    for (const fake::weather& now : weathers())
      if (auto d = difference<Library, ByHand>({.released = released}, now)) return d;
  return std::nullopt;
}

int passed = 0, failed = 0;

template <class Pair>
void expect_none(const char* what) {
  const auto d = first_difference<typename Pair::library, typename Pair::by_hand>();
  (d ? failed : passed) += 1;
  if (d) std::printf("%s differs\n%s", what, d->c_str());
}

// Differences must be noticed: the same code without a check, without the undo, with an extra call, with another code.
using ordinary = by_hand::memory<by_hand::guarded>;

struct without_a_check : ordinary {
  quire::result<pages> grow(pages current, pages additional) noexcept {
    if (base != nullptr && current.n * 65536 == size) capacity = SIZE_MAX / 2;
    return ordinary::grow(current, additional);
  }
};
struct without_undoing : ordinary {
  quire::result<std::span<std::byte>> allocate(pages initial, std::optional<pages> maximum) noexcept {
    auto r = ordinary::allocate(pages{0}, maximum);
    if (r && initial.n != 0 && mprotect(base, initial.n * 65536, PROT_READ | PROT_WRITE) != 0)
      return failed(quire::step::commit, errno);
    return r;
  }
};
struct with_a_call_too_many : ordinary {
  quire::result<void> deallocate(std::byte* p, std::size_t bytes) noexcept {
    if (base != nullptr && p == base && bytes == size && bytes != 0) (void)madvise(p, bytes, MADV_DONTNEED);
    return ordinary::deallocate(p, bytes);
  }
};
struct with_another_code : ordinary {
  quire::result<pages> grow(pages current, pages additional) noexcept {
    auto r = ordinary::grow(current, additional);
    if (!r && r.error().code == quire::errc::size_mismatch)
      r = quire::failure(quire::errc::limit_exceeded, quire::step::plan);
    return r;
  }
};

template <class ByHand>
void expect_some(const char* what) {
  const bool seen = first_difference<quire::linux_allocator, ByHand>().has_value();
  (seen ? passed : failed) += 1;
  if (!seen) std::printf("no difference is seen %s\n", what);
}

}  // namespace

int main() {
  expect_none<linux_allocator>("linux_allocator");
  expect_none<wasm_linux_allocator>("wasm_linux_allocator");
  expect_none<huge_linux_allocator>("huge_linux_allocator");
  expect_none<numa_linux_allocator>("numa_linux_allocator");
  expect_none<checked_linux_allocator>("checked_linux_allocator");
  expect_none<posix_allocator>("posix_allocator");
  expect_none<native_allocator>("native_allocator");
  expect_some<without_a_check>("without a check");
  expect_some<without_undoing>("without undoing");
  expect_some<with_a_call_too_many>("with a call too many");
  expect_some<with_another_code>("with another code");
  std::printf("%d test cases: %d passed, %d failed, 0 skipped\n", passed + failed, passed, failed);
  return failed == 0 ? 0 : 1;
}
