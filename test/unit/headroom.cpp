// How much room there is, and what assurance makes of it: on pretended machines, and on this one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include <quire/explain.hpp>
#include <quire/headroom.hpp>
#include <quire/ostream.hpp>
#include <quire/platform/posix.hpp>
#include <quire/quire.hpp>
#include <quire/supports.hpp>

#include "support/catch.hpp"
#include "support/machine.hpp"
#include "support/pretended_kernel.hpp"
#include "support/sanitizers.hpp"

namespace quire::test {
namespace {

constexpr std::uint64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;

/// Of which the `failing`-th file that is opened cannot be.
struct k : pretended_kernel {
  static inline int failing = -1, opened = 0, mapped = 0;
  static int open_to_read(const char* path) noexcept {
    return opened++ == failing ? -EMFILE : pretended_kernel::open_to_read(path);
  }
  static int mprotect(void* p, std::size_t bytes, int protection) noexcept {
    ++mapped;
    return pretended_kernel::mprotect(p, bytes, protection);
  }
};
using assured = linux_allocator::with_backing<backing::linux_mmap<k>>::with_residency<residency::assured>;

/// A machine with 1 GiB left, in two groups of version 2 that have no limit.
struct machine : pretence {
  machine() {
    k::failing = -1;
    k::opened = k::mapped = 0;
    file("/proc/self/cgroup") = "0::/outer/inner\n";
    file("/proc/self/mountinfo") = "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    file("/proc/self/status") = "VmSize:\t1024 kB\nVmData:\t512 kB\nMems_allowed_list:\t0-1\n";
    file("/proc/sys/vm/overcommit_memory") = "0\n";
    file("/proc/meminfo") =
        "MemTotal: 4194304 kB\nMemAvailable: 1048576 kB\nCommitLimit: 2048 kB\nCommitted_AS: 1024 kB\n";
    file("/sys/devices/system/cpu/online") = "0-1\n";
    file("/sys/fs/cgroup/cgroup.procs") = "1\n";
    for (const char* const level : {"/outer", "/outer/inner"}) set_group(level, "max", 0);
  }
  static void set_group(const std::string& level, const std::string& most, std::uint64_t used, std::uint64_t cache = 0,
                        std::uint64_t dirty = 0) {
    const std::string folder = "/sys/fs/cgroup" + level + '/';
    file(folder + "memory.max") = most + '\n';
    file(folder + "memory.current") = std::to_string(used) + '\n';
    file(folder + "memory.stat") = "anon 1\ninactive_file " + std::to_string(cache / 2) + "\nactive_file " +
                                   std::to_string(cache - cache / 2) + "\nfile_dirty " + std::to_string(dirty) +
                                   "\nfile_writeback 0\n";
  }
};

constexpr std::uint64_t delay = 2 * 128 * 4096;  // of the statistics of two processors

TEST_CASE("headroom is that of the nearest wall", "[headroom]") {
  const machine m;
  using plain = linux_allocator::with_backing<backing::linux_mmap<k>>;
  CHECK(headroom<plain>() == explanation{wall::memory, "", 3 * gib, 4 * gib});
  m.set_group("/outer", std::to_string(100 * mib), 20 * mib);
  m.set_group("/outer/inner", std::to_string(200 * mib), 10 * mib);
  CHECK(headroom<plain>() == explanation{wall::limit, "cgroup v2", 20 * mib, 100 * mib});
  m.set_group("/outer", std::to_string(100 * mib), 60 * mib, 50 * mib, 10 * mib);
  CHECK(headroom<plain>() == explanation{wall::limit, "cgroup v2", 20 * mib + delay, 100 * mib});
  m.kernel().limits[k::limit_data] = 8 * mib;
  CHECK(headroom<plain>() == explanation{wall::limit, "RLIMIT_DATA", 512 * kib, 8 * mib});
  m.kernel().limits[k::limit_address_space] = 2 * mib;
  CHECK(headroom<plain>() == explanation{wall::limit, "RLIMIT_AS", mib, 2 * mib});
  m.file("/proc/sys/vm/overcommit_memory") = "2\n";
  CHECK(headroom<plain>().room() == mib);

  plain memory;
  REQUIRE(memory.allocate(pages{1}, pages{2}));
  CHECK(headroom(memory) == explanation{wall::limit, "the maximum of this memory", 64 * kib, 128 * kib});
  m.kernel().files.erase("/proc/self/cgroup");
  CHECK(headroom(memory).wall == wall::unknown);
  CHECK(headroom<posix_allocator>() == explanation{});
}

/// Whether 1 MiB more is assured: grown in a memory of 1 MiB that had been allocated when there was room.
error grow_by_a_mebibyte(const machine&, void (*shorten)()) {
  machine fresh;
  assured memory;
  REQUIRE(memory.allocate(pages{16}, pages{64}).has_value());
  memory.bytes()[0] = std::byte{7};
  shorten();
  k::mapped = 0;
  const auto grown = memory.grow(pages{16});
  if (grown) return {errc::system, step::plan, 0};
  CHECK(k::mapped == 0);  // nothing was done, so there was nothing to undo
  CHECK((memory.size() == mib && memory.bytes()[0] == std::byte{7}));
  const explanation why = explain(grown.error(), memory, mib);
  CHECK((grown.error().code == errc::not_supported) == (why.wall == wall::unsupported));
  return grown.error();
}

TEST_CASE("what would meet a limit is refused before anything is done", "[headroom]") {
  const machine m;
  const error refused{errc::out_of_memory, step::commit, k::no_memory}, fine{errc::system, step::plan, 0};
  const std::string most = std::to_string(100 * mib);
  CHECK(grow_by_a_mebibyte(m, [] {}) == fine);
  CHECK(grow_by_a_mebibyte(m, [] { machine::set_group("/outer", std::to_string(100 * mib), 98 * mib); }) == fine);
  CHECK(grow_by_a_mebibyte(m, [] { machine::set_group("/outer", std::to_string(100 * mib), 99 * mib); }) == refused);
  CHECK(grow_by_a_mebibyte(m, [] { machine::set_group("/outer", std::to_string(100 * mib), 100 * mib, 4 * mib); }) ==
        fine);
  CHECK(grow_by_a_mebibyte(m, [] {
          machine::set_group("/outer", std::to_string(100 * mib), 100 * mib, 4 * mib, 3 * mib);
        }) == refused);
  CHECK(grow_by_a_mebibyte(m, [] { pretence::kernel().limits[k::limit_data] = mib; }) == refused);
  CHECK(grow_by_a_mebibyte(m, [] { pretence::file("/proc/sys/vm/overcommit_memory") = "2\n"; }) == refused);
  CHECK(grow_by_a_mebibyte(m, [] { pretence::file("/proc/meminfo") = "MemTotal: 8192 kB\nMemAvailable: 1024 kB\n"; }) ==
        refused);
}

TEST_CASE("where a limit is hidden nothing is assured", "[headroom]") {
  const machine m;
  const error hidden{errc::not_supported, step::commit, k::unsupported};
  CHECK(grow_by_a_mebibyte(m, [] { pretence::kernel().files.erase("/proc/self/cgroup"); }) == hidden);
  CHECK(grow_by_a_mebibyte(m, [] { pretence::kernel().files.erase("/proc/meminfo"); }) == hidden);
  CHECK(grow_by_a_mebibyte(m, [] {
          machine::set_group("/outer", std::to_string(gib), 0);
          pretence::kernel().files.erase("/sys/fs/cgroup/outer/memory.current");
        }) == hidden);
}

TEST_CASE("no file that cannot be opened makes room", "[headroom]") {
  for (int failing = 0;; ++failing) {
    const machine m;
    m.set_group("/outer", std::to_string(100 * mib), 100 * mib, 4 * mib, 3 * mib + 512 * kib);
    m.kernel().limits[k::limit_data] = gib;
    k::failing = failing;
    assured memory;
    const auto got = memory.allocate(pages{16}, pages{64});
    const bool all_opened = k::opened <= failing;
    CHECK_FALSE(got.has_value());
    CHECK((memory.data() == nullptr && m.kernel().closed == m.kernel().open.size()));
    if (all_opened) break;
  }
}

TEST_CASE("a memory that is bound to nodes has their room", "[headroom]") {
  const machine m;
  m.file("/sys/devices/system/node/has_memory") = "0-1\n";
  m.file("/proc/sys/vm/min_free_kbytes") = "1024\n";
  for (const std::string node : {"0", "1"}) {
    const std::string free = node == "0" ? "2048" : "65536";
    m.file("/sys/devices/system/node/node" + node + "/meminfo") =
        "Node " + node + " MemTotal: 131072 kB\nNode " + node + " MemFree: " + free + " kB\nNode " + node +
        " Active(file): 1024 kB\nNode " + node + " Inactive(file): 1024 kB\n";
  }
  numa_wish bound{.mode = numa_mode::bind, .node = 0};
  CHECK(detail::memory_within_reach<k>(bound).room() == 2 * mib);
  bound.node = 1;
  CHECK(detail::memory_within_reach<k>(bound).room() == 64 * mib);
  CHECK(detail::memory_within_reach<k>({}).room() == gib);
  m.file("/proc/self/status") = "Mems_allowed_list:\t0\n";
  CHECK(detail::memory_within_reach<k>({}).room() == 2 * mib);
  m.file("/proc/self/status") = "Mems_allowed_list:\t0-1\n";
  m.kernel().policy = k::numa_bind;  // of the thread
  m.kernel().policy_nodes = {0};
  CHECK(detail::memory_within_reach<k>({}).room() == 2 * mib);
  m.kernel().files.erase("/sys/devices/system/node/node0/meminfo");
  CHECK_FALSE(detail::memory_within_reach<k>({}).room());
}

TEST_CASE("of a pool all pages are assured, and no more", "[headroom]") {
  const machine m;
  constexpr std::size_t huge = std::size_t{2} << 20;
  const std::string folder = "/sys/kernel/mm/hugepages/hugepages-2048kB/";
  m.file(folder + "nr_hugepages") = m.file(folder + "free_hugepages") = "2\n";
  m.file(folder + "surplus_hugepages") = m.file(folder + "nr_overcommit_hugepages") = "0\n";
  attributes wishes;
  wishes.huge = huge_wish::from_pool;
  wishes.huge_bytes = huge;
  CHECK(detail::assure<k>(2 * huge, wishes) == 0);
  CHECK(detail::assure<k>(3 * huge, wishes) == k::no_memory);
  m.file("/sys/fs/cgroup/outer/hugetlb.2MB.max") = "2097152\n";
  m.file("/sys/fs/cgroup/outer/hugetlb.2MB.current") = "0\n";
  CHECK(detail::assure<k>(huge, wishes) == 0);
  CHECK(detail::assure<k>(2 * huge, wishes) == k::no_memory);
  m.kernel().refusals["/sys/fs/cgroup/outer/hugetlb.2MB.max"] = -EACCES;
  CHECK(detail::assure<k>(huge, wishes) == k::unsupported);
}

TEST_CASE("a choice falls back from what cannot be assured", "[headroom]") {
  const machine m;
  m.kernel().files.erase("/proc/self/cgroup");
  assured::with_residency<first_of<residency::assured, residency::on_demand>> memory;
  REQUIRE(memory.allocate(pages{1}));
  CHECK(memory.acting_alternative() == 1);
}

TEST_CASE("what is supported is what other ways of asking say", "[supports]") {
  using enum memory_optimization;
  CHECK(supports(guard_markers) == (no_guard_markers() == nullptr));
  CHECK(supports(sealing) == (no_sealing() == nullptr));
  // A sanitizer makes mlock do nothing, which supports() sees.
  if (!address_sanitizer && !thread_sanitizer) CHECK(supports(locking) == (no_locking() == nullptr));
  CHECK(supports(mapping_names) == (no_mapping_names() == nullptr));
  CHECK(supports(transparent_huge_pages) == (no_huge_pages() == nullptr));
  CHECK(supports(populating) == (no_populate_advice() == nullptr));
  for (int i = 0; i <= static_cast<int>(dirty_scan); ++i) {
    const auto each = static_cast<memory_optimization>(i);
    const feature tried = try_out(each);
    INFO(name(each));
    CHECK(supports(each) == (tried.usable == true));
    CHECK((tried.refusal == 0 || tried.usable != true));
    CHECK_FALSE(try_out<calls::posix>(each).usable.known());
  }
}

}  // namespace
}  // namespace quire::test
