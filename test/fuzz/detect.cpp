// SPDX-License-Identifier: BSL-1.0
// Fuzzes all readers of kernel files. An input is a machine as in support/machines: "== PATH", then the contents of
// that file. For every input detection must end, close the files that it opens, and report the same whether a file is
// read at once or in pieces.
//
// `./dev test --long` runs it for ten minutes, among other tests.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <quire/detect.hpp>
#include <quire/explain.hpp>
#include <quire/quire.hpp>
#include <quire/system/observation.hpp>

#include "support/fakes/fake_kernel.hpp"
#include "support/fakes/fake_machines.hpp"
#include "support/flatten_capabilities.hpp"

namespace {

using namespace quire;
using quire::test::pretence, quire::test::fake_kernel;

/// Calls that map memory or query pages fail: their results would not come from the input, and take most of the time.
struct fuzzed_kernel : fake_kernel {
  static calls::mapping mmap(void*, std::size_t, int, int) noexcept { return {nullptr, no_memory}; }
  static int query_pages(unsigned long, void* const*, int*) noexcept { return forbidden; }
  static long read_at(int fd, void* buffer, std::size_t bytes, std::uint64_t) noexcept {
    return read(fd, buffer, bytes);
  }
};

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "this does not hold: %s\n", what);
  std::abort();
}

/// Invariants that hold for every machine, whatever its files contain.
void check_sense(const platform_capabilities& caps) {
  if (caps.memory.numa_nodes.known()) {
    require(caps.memory.numa_nodes.value() >= 1 && caps.memory.numa_nodes.value() <= node_set::capacity, "nodes");
    require(caps.nodes.value().size() <= caps.memory.numa_nodes.value(), "no more nodes are told of than there are");
  }
  if (caps.stalls.some.known()) require(caps.stalls.some.value() <= 100 * 100 + 99, "a share is one");
  if (caps.groups.smallest.known() && caps.groups.tightest.known()) {
    const auto least = caps.groups.tightest.value().room(), of_smallest = caps.groups.smallest.value().room();
    require(least && of_smallest && *least <= *of_smallest, "the tightest group has the least room");
    require(caps.groups.tightest.value().limit >= caps.groups.smallest.value().limit, "the smallest limit is smallest");
  }
  if (caps.limits.commit.room()) require(*caps.limits.commit.room() <= caps.limits.commit.limit.value(), "room");
}

auto told_in_pieces_of(std::size_t bytes) {
  pretence::kernel().a_read = bytes;
  const auto caps = detect<fuzzed_kernel>({.count_mappings = true, .try_features = false});
  require(caps.has_value(), "detection succeeds");
  check_sense(*caps);
  require(pretence::kernel().closed == pretence::kernel().open.size(), "files are closed");
  return quire::test::flattened(*caps);
}

/// The other reader of these files.
void explain_all() {
  using memory = linux_allocator::with_backing<backing::linux_mmap<fake_kernel>>;
  const memory vacant;
  for (const step at : {step::reserve, step::commit, step::populate, step::lock}) {
    const errc code = at == step::reserve ? errc::out_of_address_space : errc::out_of_memory;
    (void)explain({code, at, fake_kernel::no_memory}, vacant, 65536);
  }
}

/// Observes memory at addresses where the mappings of an input may lie.
void observe() {
  observation seen;
  const auto at = [](std::uintptr_t address) { return reinterpret_cast<std::byte*>(address); };
  backing::linux_mmap<fuzzed_kernel>::observe({at(0x7f1000), 0x3000}, {at(0x7f0000), 0x10000}, seen);
}

/// The queries that precede growth.
void ask() {
  attributes requested;
  (void)quire::detail::assure<fuzzed_kernel>(65536, requested);
  requested.locked = true;
  requested.huge = huge_request::from_pool;
  requested.huge_bytes = std::size_t{2} << 20;
  (void)quire::detail::assure<fuzzed_kernel>(65536, requested);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const pretence machine;
  if (size == 0) return 0;
  machine.kernel().files = quire::test::files_in({reinterpret_cast<const char*>(data), size});
  machine.kernel().policy_error = fake_kernel::forbidden;
  require(told_in_pieces_of(4096) == told_in_pieces_of(1 + data[size - 1] % 16), "pieces do not matter");
  explain_all();
  observe();
  ask();
  require(pretence::kernel().closed == pretence::kernel().open.size(), "files are closed");
  return 0;
}
