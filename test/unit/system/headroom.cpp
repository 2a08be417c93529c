// SPDX-License-Identifier: BSL-1.0
// headroom(), and the check that assured memory makes of it: on fake machines and on this one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include <quire/explain.hpp>
#include <quire/fallback.hpp>
#include <quire/headroom.hpp>
#include <quire/ostream.hpp>
#include <quire/platform/posix.hpp>
#include <quire/quire.hpp>
#include <quire/supports.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/fake_kernel.hpp"
#include "support/fakes/fake_populate.hpp"
#include "support/process/machine.hpp"
#include "support/process/sanitizers.hpp"

namespace quire::test {
namespace {

constexpr std::uint64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;

/// A kernel on which opening the `failing`-th file fails.
struct k : fake_kernel {
  static inline int failing = -1, opened = 0, mapped = 0, refusal = 0;
  static int open_to_read(const char* path) noexcept {
    return opened++ == failing ? -EMFILE : fake_kernel::open_to_read(path);
  }
  static int mprotect(void* p, std::size_t bytes, int protection) noexcept {
    ++mapped;
    return protection != prot_none && refusal != 0 ? refusal : fake_kernel::mprotect(p, bytes, protection);
  }
};
using assured = linux_allocator::with_backing<backing::linux_mmap<k>>::with_residency<residency::assured>;

/// A machine with 1 GiB available, in two cgroup v2 groups without a limit.
struct machine : pretence {
  machine() {
    k::failing = -1;
    k::refusal = 0;
    k::opened = k::mapped = 0;
    file("/proc/self/cgroup") = "0::/outer/inner\n";
    file("/proc/self/mountinfo") = "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    file("/proc/self/status") = "VmSize:\t1024 kB\nVmData:\t512 kB\nMems_allowed_list:\t0-1\n";
    file("/proc/sys/vm/overcommit_memory") = "0\n";
    file("/proc/meminfo") =
        "MemTotal: 4194304 kB\nMemAvailable: 1048576 kB\nCommitLimit: 2048 kB\nCommitted_AS: 1024 kB\n";
    file("/sys/devices/system/cpu/online") = "0-1\n";
    file("/sys/fs/cgroup/cgroup.procs") = "1\n";
    file("/proc/sys/vm/max_map_count") = "65530\n";
    file("/proc/self/maps") =
        "10000000000-10000010000 r-xp 00000000 08:01 1    /bin/program\n"
        "20000010000-20000020000 rw-p 00000000 00:00 0    [stack]\n";
    for (const char* const level : {"/outer", "/outer/inner"}) set_group(level, "max", 0);
  }
  static void set_group(const std::string& level, const std::string& most, std::uint64_t used, std::uint64_t cache = 0,
                        std::uint64_t dirty = 0) {
    const std::string folder = "/sys/fs/cgroup" + level + '/';
    file(folder + "cgroup.procs") = "1\n";
    file(folder + "memory.max") = most + '\n';
    file(folder + "memory.current") = std::to_string(used) + '\n';
    file(folder + "memory.stat") = "anon 1\ninactive_file " + std::to_string(cache / 2) + "\nactive_file " +
                                   std::to_string(cache - cache / 2) + "\nfile_dirty " + std::to_string(dirty) +
                                   "\nfile_writeback 0\n";
  }
};

constexpr std::uint64_t delay = 2 * 128 * 4096;  // the error of the statistics of two processors

TEST_CASE("headroom reports the nearest limit", "[headroom]") {
  const machine m;
  using plain = linux_allocator::with_backing<backing::linux_mmap<k>>;
  CHECK(headroom<plain>() == explanation{limit_kind::memory, "", 3 * gib, 4 * gib});
  m.set_group("/outer", std::to_string(100 * mib), 20 * mib);
  m.set_group("/outer/inner", std::to_string(200 * mib), 10 * mib);
  CHECK(headroom<plain>() == explanation{limit_kind::configured, "cgroup v2", 20 * mib, 100 * mib});
  m.set_group("/outer", std::to_string(100 * mib), 60 * mib, 50 * mib, 10 * mib);
  CHECK(headroom<plain>() == explanation{limit_kind::configured, "cgroup v2", 20 * mib + delay, 100 * mib});
  m.kernel().limits[k::limit_data] = 8 * mib;
  CHECK(headroom<plain>() == explanation{limit_kind::configured, "RLIMIT_DATA", 512 * kib, 8 * mib});
  m.kernel().limits[k::limit_address_space] = 2 * mib;
  CHECK(headroom<plain>() == explanation{limit_kind::configured, "RLIMIT_AS", mib, 2 * mib, 0});  // no room for 4 GiB
  CHECK(headroom<plain>().room() == 0U);
  m.kernel().limits.erase(k::limit_address_space);
  m.file("/proc/sys/vm/overcommit_memory") = "2\n";
  m.file("/proc/sys/vm/user_reserve_kbytes") = m.file("/proc/sys/vm/admin_reserve_kbytes") = "0\n";
  CHECK(headroom<plain>() == explanation{limit_kind::configured, "vm.overcommit_memory", mib, 2 * mib});
  m.file("/proc/sys/vm/user_reserve_kbytes") = "512\n";  // a new memory of 4 GiB makes all of it count
  CHECK(headroom<plain>() == explanation{limit_kind::configured, "vm.overcommit_memory", mib, 2 * mib - 512 * kib});

  plain memory;
  REQUIRE(memory.allocate(pages{1}, pages{2}));
  CHECK(headroom(memory) == explanation{limit_kind::configured, "the maximum of this memory", 64 * kib, 128 * kib});
  m.kernel().files.erase("/proc/self/cgroup");
  CHECK(headroom(memory).kind == limit_kind::unknown);
  CHECK(headroom<posix_allocator>() == explanation{});
}

TEST_CASE("headroom of an object without memory is what it can allocate", "[headroom]") {
  const machine m;
  using plain = linux_allocator::with_backing<backing::linux_mmap<k>>;
  CHECK(headroom(plain{limits{pages{16}}}) == explanation{limit_kind::configured, "the allocator's limits", 0, mib});
  CHECK(headroom(plain{}) == headroom<plain>());
  m.kernel().limits[k::limit_address_space] = gib;
  CHECK(headroom(plain{}) == explanation{limit_kind::configured, "RLIMIT_AS", mib, gib, 0});
  CHECK(headroom(plain{limits{pages{1024}}}).owner == "the allocator's limits");
  plain memory;
  REQUIRE(memory.allocate(pages{1}, pages{2}));
  REQUIRE(memory.deallocate(memory.data(), memory.size()));
  CHECK(headroom(memory) == headroom(plain{}));
}

TEST_CASE("headroom is zero where no hole fits the reservation", "[headroom]") {
  const machine m;
  using plain = linux_allocator::with_backing<backing::linux_mmap<k>>;
  using spanning = plain::with_protection<protection::index_space<32, 32>>;
  m.file("/proc/self/maps") =
      "10000-20000 r-xp 00000000 08:01 1    /bin/program\n"
      "200000000-40000000000 ---p 00000000 00:00 0\n";  // 8 GiB less 128 KiB are free
  const std::uint64_t used = 64 * kib + 0x40000000000 - 0x200000000, whole = std::uint64_t{1} << 42;
  CHECK(headroom<spanning>() == explanation{limit_kind::address_space, "", used, whole, 0});
  CHECK(headroom<spanning>().room() == 0U);
  CHECK(headroom<spanning>(limits{pages{1}}).room() == 0U);  // the index space is always reserved
  CHECK(headroom<plain>().kind == limit_kind::memory);
  m.kernel().files.erase("/proc/self/maps");
  CHECK(headroom<plain>().kind == limit_kind::unknown);
}

TEST_CASE("headroom names the mappings where they are used up", "[headroom]") {
  const machine m;
  using plain = linux_allocator::with_backing<backing::linux_mmap<k>>;
  m.file("/proc/sys/vm/max_map_count") = "5\n";  // two exist, and a memory needs three more
  CHECK(headroom<plain>().kind == limit_kind::memory);
  m.file("/proc/sys/vm/max_map_count") = "4\n";
  CHECK(headroom<plain>() == explanation{limit_kind::mappings, "vm.max_map_count", 2, 4});
  plain memory;
  REQUIRE(memory.allocate(pages{1}, pages{2}));
  CHECK(headroom(memory).owner == "the maximum of this memory");  // growth needs no further mapping
  m.kernel().files.erase("/proc/sys/vm/max_map_count");
  CHECK(headroom<plain>() == explanation{limit_kind::unknown, "vm.max_map_count", 2, {}});
}

TEST_CASE("headroom ends at memory.high and assured refuses growth beyond it", "[headroom]") {
  const machine m;
  using plain = linux_allocator::with_backing<backing::linux_mmap<k>>;
  const std::string high = "/sys/fs/cgroup/outer/memory.high";
  m.set_group("/outer", "max", 60 * mib, 50 * mib, 10 * mib);
  m.file(high) = "max\n";
  CHECK(headroom<plain>().kind == limit_kind::memory);
  m.file(high) = std::to_string(100 * mib) + '\n';
  CHECK(headroom<plain>() ==
        explanation{limit_kind::configured, "memory.high of cgroup v2", 20 * mib + delay, 100 * mib});
  CHECK(detail::assure<k>(mib, {}) == 0);
  m.file(high) = std::to_string(20 * mib) + '\n';
  CHECK(headroom<plain>().room() == 0U);
  CHECK(detail::assure<k>(mib, {}) == k::no_memory);
  assured memory;
  const auto got = memory.allocate(pages{16});
  REQUIRE_FALSE(got);
  CHECK(explain(got.error(), memory, mib).owner == "memory.high of cgroup v2");
  m.kernel().refusals[high] = -EACCES;
  CHECK(headroom<plain>().kind == limit_kind::unknown);
  CHECK(detail::assure<k>(mib, {}) == k::unsupported);
}

/// Grows by 1 MiB a memory of 1 MiB that was allocated before `shorten`. Returns the error, errc::system for success.
error grow_by_a_mebibyte(const machine&, void (*shorten)()) {
  machine fresh;
  assured memory;
  REQUIRE(memory.allocate(pages{16}, pages{64}).has_value());
  memory.bytes()[0] = std::byte{7};
  shorten();
  k::mapped = 0;
  const auto grown = memory.grow(pages{16});
  if (grown) return {errc::system, step::plan, 0};
  CHECK(k::mapped == 0);  // nothing was done, so that nothing had to be undone
  CHECK((memory.size() == mib && memory.bytes()[0] == std::byte{7}));
  const explanation why = explain(grown.error(), memory, mib);
  CHECK((grown.error().code == errc::not_supported) == (why.kind == limit_kind::unsupported));
  return grown.error();
}

TEST_CASE("assured growth that would meet a limit is refused before any call", "[headroom]") {
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

TEST_CASE("a refused reset of an assured memory changes nothing", "[headroom]") {
  const machine m;
  assured memory;
  REQUIRE(memory.allocate(pages{16}, pages{64}));
  memory.bytes()[0] = std::byte{7};
  m.set_group("/outer", std::to_string(100 * mib), 99 * mib + 512 * kib);
  k::mapped = 0;
  const error refused{errc::out_of_memory, step::commit, k::no_memory};
  CHECK(memory.reset(pages{64}).error() == refused);
  CHECK((memory.size() == mib && memory.bytes()[0] == std::byte{7} && k::mapped == 0));
  CHECK(explain(refused, memory, 3 * mib) ==
        explanation{limit_kind::configured, "cgroup v2", 99 * mib + 512 * kib, 100 * mib});

  // reset grows first, so that a call that fails has cost no contents.
  m.set_group("/outer", "max", 0);
  k::refusal = k::no_memory;
  CHECK_FALSE(memory.reset(pages{64}));
  k::refusal = 0;
  CHECK((memory.size() == mib && memory.bytes()[0] == std::byte{7}));

  // reset gives back the pages that the memory holds, so that they are available to it again.
  m.set_group("/outer", std::to_string(100 * mib), 100 * mib);
  REQUIRE(memory.reset(pages{16}));
  CHECK((memory.size() == mib && memory.bytes()[0] == std::byte{}));
  REQUIRE(memory.reset(pages{1}));
  CHECK(memory.reset(pages{16}).error() == refused);

  // Pages that discard gave back are no longer held.
  m.set_group("/outer", std::to_string(100 * mib), 0);
  REQUIRE(memory.reset(pages{16}));
  REQUIRE(memory.discard(0, 8 * 65536));
  m.set_group("/outer", std::to_string(100 * mib), 100 * mib);
  CHECK(memory.reset(pages{16}).error() == refused);
  // RLIMIT_DATA, however, counts committed pages even after discard.
  m.set_group("/outer", "max", 0);
  m.kernel().limits[k::limit_data] = 512 * kib;
  CHECK(memory.reset(pages{17}).error() == refused);
  REQUIRE(memory.reset(pages{16}));
  REQUIRE(memory.discard(0, 8 * 65536));
  m.kernel().files.erase("/proc/self/cgroup");
  CHECK(memory.reset(pages{16}).error() == error{errc::not_supported, step::commit, k::unsupported});
  CHECK(memory.reset(pages{0}));
}

/// A kernel on which populated pages are charged at once, as in a real group.
struct counting : k {
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    const int n = k::madvise(p, bytes, advice);
    if (n == 0 && advice == advice_populate_write) {
      std::string& used = pretence::file("/sys/fs/cgroup/outer/memory.current");
      used = std::to_string(std::stoull(used) + bytes) + '\n';
    }
    return n;
  }
};

TEST_CASE("a reset is refused where it has room for each of its parts but not for all", "[headroom]") {
  if (no_populate_advice() != nullptr) return skip(no_populate_advice());
  const machine m;
  assured::with_backing<backing::linux_mmap<counting>> memory;
  m.set_group("/outer", std::to_string(100 * mib), 0);
  REQUIRE(memory.allocate(pages{16}, pages{64}));
  REQUIRE(memory.discard(0, mib));
  m.set_group("/outer", std::to_string(100 * mib), 98 * mib + 512 * kib);
  // Room for the discarded pages, and for as many new ones, but not for both.
  const auto got = memory.reset(pages{32});
  CHECK(got.error() == error{errc::out_of_memory, step::commit, k::no_memory});
  CHECK((memory.size() == mib && memory.bytes()[0] == std::byte{} && memory.reset(pages{0})));
}

TEST_CASE("RLIMIT_MEMLOCK limits the headroom of a memory that is assured and locked", "[headroom]") {
  const machine m;
  using locked = assured::with_residency<all_of<residency::assured, residency::locked>>;
  m.file("/proc/self/status") += "VmLck:\t0 kB\nCapEff:\t0000000000000000\n";
  m.kernel().limits[k::limit_locked] = mib;
  CHECK(headroom<locked>() == explanation{limit_kind::configured, "RLIMIT_MEMLOCK", 0, mib});
  locked memory;
  CHECK(memory.allocate(pages{16}).error() == error{errc::out_of_memory, step::commit, k::no_memory});
}

TEST_CASE("assured growth is unsupported where a cgroup v1 limit is hidden", "[headroom]") {
  const machine m;
  m.file("/proc/self/cgroup") = "4:memory:/box\n";
  m.file("/proc/self/mountinfo") = "30 20 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
  const std::string mount = "/sys/fs/cgroup/memory", box = mount + "/box";
  for (const std::string& group : {mount, box}) {
    m.file(group + "/memory.limit_in_bytes") = "104857600\n";
    m.file(group + "/memory.usage_in_bytes") = "0\n";
    m.file(group + "/memory.stat") = "hierarchical_memory_limit 104857600\n";
    m.file(group + "/cgroup.procs") = "1\n";
  }
  const auto answer = [] { return detail::assure<k>(mib, {}); };
  CHECK(answer() == 0);
  m.kernel().refusals[box + "/memory.memsw.limit_in_bytes"] = -EACCES;
  CHECK(answer() == k::unsupported);
  m.kernel().refusals = {{box + "/memory.stat", -EACCES}};
  CHECK(answer() == k::unsupported);
  m.kernel().refusals.clear();
  CHECK(answer() == 0);
  for (const char* const file : {"limit_in_bytes", "usage_in_bytes", "stat"})
    m.kernel().files.erase(box + "/memory." + file);
  m.file(mount + "/memory.stat") = "hierarchical_memory_limit 104857600\n";
  m.kernel().files.erase(box + "/cgroup.procs");  // the group is not visible at all
  CHECK(answer() == k::unsupported);
}

TEST_CASE("cache that memory.min protects does not count as room", "[headroom]") {
  const machine m;
  using plain = linux_allocator::with_backing<backing::linux_mmap<k>>;
  const auto room = [] { return headroom<plain>().room(); };
  m.set_group("/outer", std::to_string(100 * mib), 100 * mib, 50 * mib);
  m.set_group("/outer/inner", "max", 90 * mib, 40 * mib);
  CHECK(room() == 50 * mib - delay);
  m.file("/sys/fs/cgroup/outer/inner/memory.min") = std::to_string(70 * mib) + '\n';
  CHECK(room() == 50 * mib - delay - (20 * mib + delay));  // its cache, less the part above the minimum
  m.file("/sys/fs/cgroup/outer/inner/memory.min") = "max\n";
  CHECK(room() == 50 * mib - delay - (40 * mib + delay));
  m.file("/sys/fs/cgroup/outer/inner/memory.min") = std::to_string(30 * mib) + '\n';
  CHECK(room() == 50 * mib - delay);
  m.kernel().refusals["/sys/fs/cgroup/outer/inner/memory.min"] = -EACCES;
  CHECK_FALSE(room());
  m.kernel().refusals.clear();

  // A group's own minimum protects its cache from the rest of the machine, but not from its own limit.
  m.file("/sys/fs/cgroup/outer/inner/memory.min") = "0\n";
  m.file("/sys/fs/cgroup/outer/memory.min") = "max\n";
  CHECK(room() == 50 * mib - delay);
  m.set_group("/outer", "max", 100 * mib, 50 * mib);
  CHECK(room() == gib - (50 * mib + delay));
}

TEST_CASE("assured growth is not_supported where a limit is hidden", "[headroom]") {
  const machine m;
  const error hidden{errc::not_supported, step::commit, k::unsupported};
  CHECK(grow_by_a_mebibyte(m, [] { pretence::kernel().files.erase("/proc/self/cgroup"); }) == hidden);
  CHECK(grow_by_a_mebibyte(m, [] { pretence::kernel().files.erase("/proc/meminfo"); }) == hidden);
  CHECK(grow_by_a_mebibyte(m, [] {
          machine::set_group("/outer", std::to_string(gib), 0);
          pretence::kernel().files.erase("/sys/fs/cgroup/outer/memory.current");
        }) == hidden);
}

TEST_CASE("a file that cannot be opened never makes an assured allocation succeed", "[headroom]") {
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

TEST_CASE("headroom of a memory bound to nodes is that of the nodes", "[headroom]") {
  const machine m;
  m.file("/sys/devices/system/node/has_memory") = "0-1\n";
  m.file("/proc/sys/vm/min_free_kbytes") = "1024\n";
  for (const std::string node : {"0", "1"}) {
    const std::string free = node == "0" ? "2048" : "65536";
    m.file("/sys/devices/system/node/node" + node + "/meminfo") =
        "Node " + node + " MemTotal: 131072 kB\nNode " + node + " MemFree: " + free + " kB\nNode " + node +
        " Active(file): 1024 kB\nNode " + node + " Inactive(file): 1024 kB\n";
  }
  numa_request bound{.mode = numa_mode::bind, .node = 0};
  CHECK(detail::memory_within_reach<k>(bound).room() == 2 * mib);
  bound.node = 1;
  CHECK(detail::memory_within_reach<k>(bound).room() == 64 * mib);
  CHECK(detail::memory_within_reach<k>({}).room() == gib);
  m.file("/proc/self/status") = "Mems_allowed_list:\t0\n";
  CHECK(detail::memory_within_reach<k>({}).room() == 2 * mib);
  m.file("/proc/self/status") = "Mems_allowed_list:\t0-1\n";
  m.kernel().policy = k::numa_bind;  // the policy of the thread
  m.kernel().policy_nodes = {0};
  CHECK(detail::memory_within_reach<k>({}).room() == 2 * mib);
  using bound_memory = linux_allocator::with_backing<backing::linux_mmap<k>>::with_placement<placement::bind>;
  CHECK(headroom<bound_memory>(placement::bind{.nodes = {0}}).room() == 2 * mib);
  CHECK(headroom<bound_memory>(limits{pages{9}}, placement::bind{.nodes = {1}}).room() == 64 * mib);
  m.kernel().files.erase("/sys/devices/system/node/node0/meminfo");
  CHECK_FALSE(detail::memory_within_reach<k>({}).room());
}

TEST_CASE("headroom is unknown where nodes are hidden", "[headroom]") {
  const machine m;  // a kernel without nodes
  const auto room = [] { return detail::memory_within_reach<k>({}).room(); };
  CHECK(room() == gib);
  m.kernel().refusals["/sys/devices/system/node"] = -EACCES;
  CHECK_FALSE(room());
  m.kernel().refusals.clear();
  m.file("/sys/devices/system/node/masked") = "";  // an empty folder is mounted over it
  CHECK_FALSE(room());
  m.kernel().files.erase("/sys/devices/system/node/masked");
  m.kernel().files.erase("/sys/devices/system/cpu/online");  // all of /sys is hidden
  CHECK_FALSE(room());
  assured memory;
  CHECK(memory.allocate(pages{1}).error().code == errc::not_supported);
}

TEST_CASE("assured pages from a pool are limited by the pool and by its control groups", "[headroom]") {
  const machine m;
  constexpr std::size_t huge = std::size_t{2} << 20;
  const std::string folder = "/sys/kernel/mm/hugepages/hugepages-2048kB/";
  m.file(folder + "nr_hugepages") = m.file(folder + "free_hugepages") = "2\n";
  m.file(folder + "resv_hugepages") = m.file(folder + "surplus_hugepages") =
      m.file(folder + "nr_overcommit_hugepages") = "0\n";
  attributes requested;
  requested.huge = huge_request::from_pool;
  requested.huge_bytes = huge;
  CHECK(detail::assure<k>(2 * huge, requested) == 0);
  CHECK(detail::assure<k>(3 * huge, requested) == k::no_memory);
  m.file(folder + "resv_hugepages") = "1\n";
  CHECK(detail::assure<k>(2 * huge, requested) == k::no_memory);
  m.kernel().refusals[folder + "resv_hugepages"] = -EACCES;
  CHECK(detail::assure<k>(huge, requested) == k::unsupported);
  m.kernel().refusals.clear();
  m.file(folder + "resv_hugepages") = "0\n";
  m.file("/sys/fs/cgroup/outer/hugetlb.2MB.max") = "2097152\n";
  m.file("/sys/fs/cgroup/outer/hugetlb.2MB.current") = "0\n";
  CHECK(detail::assure<k>(huge, requested) == 0);
  CHECK(detail::assure<k>(2 * huge, requested) == k::no_memory);
  m.kernel().refusals["/sys/fs/cgroup/outer/hugetlb.2MB.max"] = -EACCES;
  CHECK(detail::assure<k>(huge, requested) == k::unsupported);
}

TEST_CASE("fallback passes over a candidate that cannot be assured", "[headroom]") {
  const machine m;
  m.kernel().files.erase("/proc/self/cgroup");
  fallback<assured, assured::with_residency<residency::on_demand>> memory;
  REQUIRE(memory.allocate(pages{1}));
  CHECK(memory.acting() == 1);
}

TEST_CASE("supports agrees with independent probes of each feature", "[supports]") {
  using enum memory_feature;
  CHECK(supports(guard_markers) == (no_guard_markers() == nullptr));
  CHECK(supports(sealing) == (no_sealing() == nullptr));
  // A sanitizer makes mlock do nothing, which supports() observes.
  if (!address_sanitizer && !thread_sanitizer) CHECK(supports(locking) == (no_locking() == nullptr));
  CHECK(supports(mapping_names) == (no_mapping_names() == nullptr));
  if (!has_other_huge_pages()) CHECK(supports(transparent_huge_pages) == (no_huge_pages() == nullptr));
  CHECK(supports(populate) == (no_populate_advice() == nullptr));
  for (int i = 0; i <= static_cast<int>(folios); ++i) {
    const auto each = static_cast<memory_feature>(i);
    const feature tried = probe_feature(each);
    INFO(name(each));
    CHECK(supports(each) == (tried.usable == true));
    CHECK((tried.refusal == 0 || tried.usable != true));
    CHECK_FALSE(probe_feature<calls::posix>(each).usable.known());
  }
}

/// A kernel with fake files, which maps pages of a pool as plain memory and records the largest mapping.
struct with_huge_pages : fake_populate<k> {
  static inline std::size_t largest_mapped = 0;
  static calls::mapping mmap(void* where, std::size_t bytes, int protection, int flags) noexcept {
    largest_mapped = std::max(largest_mapped, bytes);
    return k::mmap(where, bytes, protection, flags & ~(map_hugetlb | 63 << map_huge_shift));
  }
};

TEST_CASE("huge pages are probed in their size on this machine unless that is too large", "[supports]") {
  using enum memory_feature;
  const machine m;
  const auto of_size = [&m](const char* kibibytes, const char* bytes) {
    m.file("/proc/meminfo") = std::string("MemTotal: 4194304 kB\nHugepagesize: ") + kibibytes + " kB\n";
    m.file("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size") = std::string(bytes) + '\n';
    with_huge_pages::largest_mapped = 0;
    (void)probe_feature<with_huge_pages>(transparent_huge_pages);
    return probe_feature<with_huge_pages>(huge_pages);
  };
  CHECK(of_size("2048", "2097152").usable == true);
  CHECK(with_huge_pages::largest_mapped >= 2 * mib);
  CHECK(of_size("32768", "33554432").usable == true);
  CHECK(with_huge_pages::largest_mapped >= 32 * mib);
  CHECK_FALSE(of_size("524288", "536870912").usable.known());
  CHECK_FALSE(probe_feature<with_huge_pages>(transparent_huge_pages).usable.known());
  CHECK(with_huge_pages::largest_mapped == 0);
  CHECK_FALSE(of_size("3000", "0").usable.known());
  m.file("/proc/meminfo") = "MemTotal: 4194304 kB\n";
  CHECK(probe_feature<with_huge_pages>(huge_pages).usable == false);
  m.kernel().files.erase("/proc/meminfo");
  CHECK_FALSE(probe_feature<with_huge_pages>(huge_pages).usable.known());
}

}  // namespace
}  // namespace quire::test
