// SPDX-License-Identifier: BSL-1.0
// The limit that explain() names for an error, mostly on fake machines; explain_limits.cpp meets real limits.
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>

#include <quire/explain.hpp>
#include <quire/ostream.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/platform/posix.hpp>
#include <quire/quire.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/fake_kernel.hpp"
#include "support/fakes/fake_pool.hpp"
#include "support/process/machine.hpp"
#include "support/stores.hpp"

namespace quire::test {
namespace {

using k = fake_kernel;
using fake = linux_allocator::with_backing<backing::linux_mmap<k>>;
using locked = fake::with_residency<residency::locked>;
using spanning = fake::with_protection<protection::index_space<32, 32>>;
using pool = fake::with_page_size<page_size::explicit_huge<std::size_t{2} << 20>>;

constexpr std::uint64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;

/// A machine on which nothing is short: two counted mappings of three shown, and a hole of 1 TiB between them.
void plenty() {
  auto& files = pretence::kernel().files;
  files["/proc/self/maps"] =
      "10000000000-10000010000 r-xp 00000000 08:01 1    /bin/program\n"
      "20000010000-20000020000 rw-p 00000000 00:00 0    [stack]\n"
      "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0    [vsyscall]\n";
  files["/proc/self/status"] =
      "Name:\tprogram\nVmSize:\t    1024 kB\nVmLck:\t      64 kB\nVmData:\t     512 kB\nCapEff:\t0000000000000000\n";
  files["/proc/self/cgroup"] = "1:cpu:/\n0::/user/me\n";
  files["/proc/self/mountinfo"] =
      "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n31 30 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup "
      "rw,memory\n";
  files["/proc/self/ns/user"] = "4026531837\n";
  files["/proc/meminfo"] =
      "MemTotal:       8388608 kB\nMemAvailable:   4194304 kB\nCommitLimit:    2097152 kB\nCommitted_AS:   1048576 "
      "kB\n";
  files["/proc/sys/vm/max_map_count"] = "65530\n";
  files["/proc/sys/vm/overcommit_memory"] = "0\n";
  for (const char* const group : {"", "/user", "/user/me"})
    files["/sys/fs/cgroup" + std::string(group) + "/cgroup.procs"] = "1\n";
  files["/sys/devices/system/node/has_memory"] = "0\n";
}

error shortage_at(step at) {
  const bool memory = at == step::commit || at == step::populate || at == step::lock;
  return {at == step::reserve ? errc::out_of_address_space
          : memory            ? errc::out_of_memory
                              : errc::too_many_mappings,
          at, k::no_memory};
}

template <class A = fake>
explanation explained(step at, std::size_t wanted = 0) {
  return explain(shortage_at(at), A{}, wanted);
}

constexpr explanation limit(std::string_view owner, std::uint64_t used, std::uint64_t most) {
  return {limit_kind::configured, owner, used, most};
}
constexpr explanation hidden(std::string_view owner) { return {limit_kind::unknown, owner, {}, {}}; }

TEST_CASE("exhausted address space is reported whole with the largest hole as its room", "[explain]") {
  const pretence p;
  plenty();
  const std::uint64_t hole = 0x20000010000 - 0x10000010000, whole = std::uint64_t{1} << 42;
  const explanation expected{limit_kind::address_space, "", 128 * kib, whole, hole};
  CHECK(explained(step::reserve, hole + 1) == expected);
  CHECK(explained(step::reserve, hole) == expected);  // no room for its guards
  CHECK(explained(step::reserve, hole - 4 * gib) == explanation{});
  CHECK(expected.room() == hole);
  p.file("/proc/self/maps") += "30000000000-30000010000 rw-p 00000000 00:00 0\n";
  CHECK(explained(step::reserve, hole + 1).limit == whole);  // the total stays the same with a further mapping
}

TEST_CASE("a refused reservation is explained by its own size and not by the given amount", "[explain]") {
  const pretence p;
  plenty();
  p.kernel().limits[k::limit_address_space] = 3 * gib;
  const explanation expected = limit("RLIMIT_AS", mib, 3 * gib);
  const error refused = shortage_at(step::reserve);
  for (const std::size_t wanted : {std::size_t{0}, std::size_t{65536}, std::size_t{mib}}) {
    CHECK(explain(refused, fake{}, wanted) == expected);  // 4 GiB and guards
    CHECK(explain(refused, fake{limits{pages{1024}}}, wanted) == explanation{});
    // An index space is reserved whole, however few of its pages are usable.
    CHECK(explain(refused, spanning{limits{pages{1024}}}, wanted) == expected);
  }
  CHECK(explain(refused, fake{limits{pages{1024}}}, 3 * gib) == expected);
  // The caller may have requested a smaller maximum than the allocator's limit: a limit without room for that comes
  // first.
  p.file("/proc/sys/vm/max_map_count") = "4\n";
  CHECK(explain(refused, fake{}, 64 * kib).kind == limit_kind::mappings);
  CHECK(explain(refused, spanning{}, 64 * kib) == expected);
}

TEST_CASE("a reservation refused under MCL_FUTURE is explained by RLIMIT_MEMLOCK", "[explain]") {
  const pretence p;
  plenty();
  p.kernel().limits[k::limit_locked] = 8 * mib;
  const error refused{errc::out_of_memory, step::reserve, k::again};
  const explanation expected = limit("RLIMIT_MEMLOCK", 64 * kib, 8 * mib);
  CHECK(explain(refused, fake{}) == expected);
  CHECK(explain(refused, fake{}, 64 * kib) == expected);
  CHECK(explain(refused, fake{limits{pages{1}}}) == explanation{});
  CHECK(explained(step::reserve) == explanation{});  // another code has another cause
  for (const step mapping_anew : {step::commit, step::decommit, step::discard, step::reset})
    CHECK(explain({errc::out_of_memory, mapping_anew, k::again}, fake{}, 8 * mib) == expected);
}

TEST_CASE("a POSIX reservation refused under MCL_FUTURE is explained by RLIMIT_MEMLOCK", "[explain]") {
  struct limited : calls::posix {
    static int read_limit(int, unsigned long long& soft) noexcept {
      soft = 8 * mib;
      return 0;
    }
  };
  const posix_allocator::with_backing<backing::posix_mmap<limited>> memory;
  const error refused{errc::out_of_memory, step::reserve, limited::again};
  CHECK(explain(refused, memory) == explanation{limit_kind::configured, "RLIMIT_MEMLOCK", {}, 8 * mib});
}

TEST_CASE("RLIMIT_AS is named before the address space itself", "[explain]") {
  const pretence p;
  plenty();
  p.kernel().limits[k::limit_address_space] = gib;
  CHECK(explained(step::reserve) == limit("RLIMIT_AS", mib, gib));
  CHECK(explained(step::reserve, gib) == limit("RLIMIT_AS", mib, gib));
  CHECK(explain(shortage_at(step::reserve), fake{limits{pages{1}}}, 512 * mib) == explanation{});
  CHECK(explained(step::commit) == explanation{});
}

TEST_CASE("the count of mappings excludes the vsyscall mapping of the kernel", "[explain]") {
  const pretence p;
  plenty();
  p.file("/proc/sys/vm/max_map_count") = "4\n";
  for (const step at :
       {step::reserve, step::configure, step::commit, step::lock, step::protect, step::decommit, step::release}) {
    INFO(at);
    CHECK(explained(at, 1) == explanation{limit_kind::mappings, "vm.max_map_count", 2, 4});
  }
  CHECK(explained(step::populate).kind == limit_kind::memory);
  p.file("/proc/sys/vm/max_map_count") = "5\n";
  CHECK(explained(step::release) == explanation{});
}

TEST_CASE("a refused commit is explained by the nearer of RLIMIT_DATA and the commit limit", "[explain]") {
  const pretence p;
  plenty();
  CHECK(explained(step::commit) == explanation{});
  p.kernel().limits[k::limit_data] = 2 * gib;
  const explanation data = limit("RLIMIT_DATA", 512 * kib, 2 * gib);
  CHECK(explained(step::commit) == data);
  p.file("/proc/sys/vm/overcommit_memory") = "2\n";
  p.file("/proc/sys/vm/user_reserve_kbytes") = p.file("/proc/sys/vm/admin_reserve_kbytes") = "0\n";
  const explanation commit = limit("vm.overcommit_memory", gib, 2 * gib);
  CHECK(explained(step::commit) == commit);
  CHECK(explained(step::protect) == commit);
  p.kernel().limits[k::limit_data] = 64 * mib;
  CHECK(explained(step::commit) == limit("RLIMIT_DATA", 512 * kib, 64 * mib));
}

TEST_CASE("the part of the commit limit that the kernel reserves is not room", "[explain]") {
  const pretence p;
  plenty();
  p.file("/proc/sys/vm/overcommit_memory") = "2\n";
  p.file("/proc/sys/vm/user_reserve_kbytes") = "1024\n";
  p.file("/proc/sys/vm/admin_reserve_kbytes") = "8192\n";
  const auto kept = [] { return 2 * gib - *detail::commit_limit<k>().limit; };
  CHECK(kept() == 8 * mib + mib / 32);  // a 32nd of the address space in use
  CHECK(2 * gib - *detail::commit_limit<k>(15 * mib).limit == 8 * mib + 16 * mib / 32);
  CHECK(2 * gib - *detail::commit_limit<k>(gib).limit == 8 * mib + mib);  // no more than user_reserve_kbytes
  std::string& status = p.file("/proc/self/status");
  status.replace(status.find("CapEff:\t0000000000000000"), 24, "CapEff:\t0000000000200000");  // CAP_SYS_ADMIN
  CHECK(kept() == mib / 32);
  p.kernel().files.erase("/proc/self/status");
  CHECK(kept() == 9 * mib);
  p.kernel().files.erase("/proc/sys/vm/user_reserve_kbytes");
  CHECK_FALSE(detail::commit_limit<k>().used);  // then the room is unknown

  // At the last bytes, use, reserve and limit meet.
  plenty();
  p.file("/proc/sys/vm/overcommit_memory") = "2\n";
  p.file("/proc/sys/vm/user_reserve_kbytes") = "131072\n";
  p.file("/proc/meminfo") = "MemTotal: 0 kB\nCommitLimit: 2097152 kB\nCommitted_AS: 2088000 kB\n";
  const explanation met = limit("vm.overcommit_memory", 2088000 * kib, 2 * gib - 8 * mib - mib / 32);
  CHECK(met.room() == 928 * kib);
  fake memory;
  REQUIRE(memory.allocate(pages{1}, pages{1024}));
  CHECK(explain(shortage_at(step::commit), memory, mib) == met);
  CHECK(explain(shortage_at(step::commit), memory, 64 * kib) == explanation{});
  // An allocate that failed had also mapped the reservation.
  const explanation then = explain(shortage_at(step::commit), fake{}, mib);
  CHECK((then.owner == met.owner && *then.limit < *met.limit));
}

TEST_CASE("the commit limit may be met 1/256 of memory before its counters show it", "[explain]") {
  const pretence p;
  plenty();
  p.file("/proc/sys/vm/overcommit_memory") = "2\n";
  p.file("/proc/sys/vm/user_reserve_kbytes") = p.file("/proc/sys/vm/admin_reserve_kbytes") = "0\n";
  const auto committing = [](std::size_t wanted) { return explained(step::commit, wanted); };
  const explanation commit = limit("vm.overcommit_memory", gib, 2 * gib);
  CHECK(committing(gib - 32 * mib) == explanation{});  // the machine has 8 GiB of memory
  CHECK(committing(gib - 32 * mib + 1) == commit);
  p.file("/proc/sys/vm/overcommit_memory") = "0\n";
  CHECK(committing(gib) == explanation{});
}

TEST_CASE("near the limit of mappings another limit of growth is named where it is met", "[explain]") {
  const pretence p;
  plenty();
  p.file("/proc/sys/vm/max_map_count") = "3\n";  // room for one more
  const explanation mappings{limit_kind::mappings, "vm.max_map_count", 2, 3};
  CHECK(explained(step::commit, mib) == mappings);
  for (const errc code : {errc::out_of_memory, errc::too_many_mappings})
    CHECK(explain({code, step::commit, k::no_memory}, fake{}, mib) == mappings);
  p.kernel().limits[k::limit_data] = mib;
  CHECK(explained(step::commit, mib) == limit("RLIMIT_DATA", 512 * kib, mib));
  CHECK(explained(step::commit, 256 * kib) == mappings);
  p.kernel().limits.clear();
  p.file("/proc/sys/vm/overcommit_memory") = "2\n";
  CHECK(explained(step::commit, 2 * gib).owner == "vm.overcommit_memory");
  CHECK(explained(step::commit, mib) == mappings);
  p.kernel().limits[k::limit_locked] = mib;
  CHECK(explained<locked>(step::lock, mib) == limit("RLIMIT_MEMLOCK", 64 * kib, mib));
}

TEST_CASE("populating pages counts the memory of their page tables", "[explain]") {
  const pretence p;
  plenty();
  const auto populating = [](std::size_t wanted) { return explained(step::populate, wanted).kind; };
  CHECK(populating(4 * gib + 1) == limit_kind::memory);
  CHECK(populating(4 * gib) == limit_kind::memory);
  CHECK(populating(4 * gib - 4 * gib / 512 - mib) == limit_kind::unknown);
}

TEST_CASE("memory.high explains a refused assured request and no failed call", "[explain]") {
  const pretence p;
  plenty();
  p.file("/sys/fs/cgroup/user/memory.high") = p.file("/sys/fs/cgroup/user/memory.current") = "1048576\n";
  CHECK(explained(step::populate) == explanation{limit_kind::memory, "", 4 * gib, 8 * gib});
  using assured = fake::with_residency<residency::assured>;  // assured refuses at memory.high, before growth slows down
  CHECK(explained<assured>(step::commit, mib) == limit("memory.high of cgroup v2", mib, mib));
}

TEST_CASE("exhausted memory is explained by a control group that has less than the machine", "[explain]") {
  const pretence p;
  plenty();
  CHECK(explained(step::populate) == explanation{limit_kind::memory, "", 4 * gib, 8 * gib});

  p.file("/sys/fs/cgroup/user/me/memory.max") = "max\n";
  p.file("/sys/fs/cgroup/user/me/memory.current") = "1000\n";
  CHECK(explained(step::populate).kind == limit_kind::memory);
  p.file("/sys/fs/cgroup/user/memory.max") = "2147483648\n";
  p.file("/sys/fs/cgroup/user/memory.current") = "1073741824\n";
  CHECK(explained(step::populate) == limit("cgroup v2", gib, 2 * gib));
  p.file("/sys/fs/cgroup/user/me/memory.max") = "65536\n";
  CHECK(explained(step::populate) == limit("cgroup v2", 1000, 65536));

  p.file("/proc/self/cgroup") = "9:name=systemd:/\n4:memory:/box\n0::/user/me\n";
  p.file("/sys/fs/cgroup/memory/memory.limit_in_bytes") = "9223372036854771712\n";
  p.file("/sys/fs/cgroup/memory/box/memory.stat") = "hierarchical_memory_limit 9223372036854771712\n";
  p.file("/sys/fs/cgroup/memory/box/memory.limit_in_bytes") = "9223372036854771712\n";
  p.file("/sys/fs/cgroup/memory/box/memory.usage_in_bytes") = "4096\n";
  CHECK(explained(step::populate).kind == limit_kind::memory);
  p.file("/sys/fs/cgroup/memory/box/memory.limit_in_bytes") = "1048576\n";
  CHECK(explained(step::populate) == limit("cgroup v1", 4096, mib));
}

TEST_CASE("a full control group explains a mapping that the kernel has no memory to record", "[explain]") {
  const pretence p;
  plenty();
  p.file("/sys/devices/system/cpu/online") = "0-1\n";
  p.file("/sys/fs/cgroup/user/memory.max") = std::to_string(16 * mib) + '\n';
  p.file("/sys/fs/cgroup/user/memory.current") = std::to_string(16 * mib - 2 * 64 * 4096 + 1) + '\n';
  for (const step at : {step::reserve, step::commit, step::protect, step::release}) {
    INFO(at);
    CHECK(explained(at, mib) == limit("cgroup v2", 16 * mib - 2 * 64 * 4096 + 1, 16 * mib));
  }
  p.kernel().limits[k::limit_data] = mib;
  CHECK(explained(step::commit, mib) == limit("RLIMIT_DATA", 512 * kib, mib));  // certain even without the group
  p.kernel().limits.clear();
  p.file("/sys/fs/cgroup/user/memory.current") = std::to_string(16 * mib - 2 * 64 * 4096) + '\n';
  CHECK(explained(step::commit, mib) == explanation{});
}

TEST_CASE("visible ancestors count for a control group in another namespace", "[explain]") {
  const pretence p;
  plenty();
  p.file("/proc/self/cgroup") = "0::/../../elsewhere\n";
  p.file("/sys/fs/cgroup/memory.max") = "1048576\n";
  p.file("/sys/fs/cgroup/memory.current") = "4096\n";
  CHECK(explained(step::populate, mib) == hidden("cgroup v2"));  // the mounted groups belong to others
  CHECK(explained(step::populate) == hidden("cgroup v2"));
  p.file("/proc/self/mountinfo") = "30 20 0:26 /../.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  p.file("/sys/fs/cgroup/elsewhere/cgroup.procs") = "1\n";
  CHECK(explained(step::populate, mib) == limit("cgroup v2", 4096, mib));
}

TEST_CASE("a malformed or overlong group path leaves the limit unknown", "[explain]") {
  const pretence p;
  plenty();
  p.kernel().files.erase("/sys/fs/cgroup/cgroup.procs");
  for (const std::string& path : {std::string(), std::string("name"), std::string("//"), '/' + std::string(700, 'x')}) {
    p.file("/proc/self/cgroup") = "0::" + path + '\n';
    CHECK(explained(step::populate) == hidden("cgroup v2"));
  }
}

TEST_CASE("a refused lock is explained by RLIMIT_MEMLOCK unless the process may lock anything", "[explain]") {
  const pretence p;
  plenty();
  p.kernel().limits[k::limit_locked] = 8 * mib;
  CHECK(explained<locked>(step::lock) == limit("RLIMIT_MEMLOCK", 64 * kib, 8 * mib));
  std::string& status = p.file("/proc/self/status");
  status.replace(status.find("CapEff:\t0000000000000000"), 24, "CapEff:\t000001ffffffffff");
  CHECK(explained<locked>(step::lock).kind == limit_kind::memory);
  // In a nested user namespace, even one whose users map to themselves, the capability has no effect.
  p.file("/proc/self/ns/user") = "4026532519\n";
  CHECK(explained<locked>(step::lock) == limit("RLIMIT_MEMLOCK", 64 * kib, 8 * mib));
  p.kernel().files.erase("/proc/self/ns/user");
  p.file("/proc/self/uid_map") = "         0          0 4294967295\n";
  CHECK(explained<locked>(step::lock) == hidden("RLIMIT_MEMLOCK"));
  p.file("/proc/self/uid_map") = "         0     100000      65536\n";
  CHECK(explained<locked>(step::lock) == limit("RLIMIT_MEMLOCK", 64 * kib, 8 * mib));
  p.file("/proc/self/ns/user") = "4026531837\n";
}

TEST_CASE("a lock that is not permitted is explained by RLIMIT_MEMLOCK if that is zero", "[explain]") {
  const pretence p;
  plenty();
  const error refused{errc::not_permitted, step::lock, k::forbidden};
  CHECK(explain(refused, locked{}) == explanation{limit_kind::permission, "", {}, {}});
  p.kernel().limits[k::limit_locked] = 0;
  CHECK(explain(refused, locked{}) == limit("RLIMIT_MEMLOCK", 64 * kib, 0));
  CHECK(explain({errc::not_permitted, step::commit, k::no_access}, locked{}).kind == limit_kind::permission);
}

TEST_CASE("an exhausted pool is reported with the surplus pages that it may take", "[explain]") {
  const pretence p;
  plenty();
  const std::string folder = "/sys/kernel/mm/hugepages/hugepages-2048kB/";
  p.file(folder + "nr_hugepages") = "3\n";
  p.file(folder + "free_hugepages") = "0\n";
  for (const char* const none : {"resv_hugepages", "surplus_hugepages", "nr_overcommit_hugepages"})
    p.file(folder + none) = "0\n";
  CHECK(explained<pool>(step::populate) == explanation{limit_kind::huge_page_pool, "", 6 * mib, 6 * mib});
  p.file(folder + "nr_overcommit_hugepages") = "4\n";
  p.file(folder + "surplus_hugepages") = "1\n";
  CHECK(explained<pool>(step::populate) == explanation{limit_kind::huge_page_pool, "", 6 * mib, 12 * mib});
  CHECK(explained<pool>(step::populate, 6 * mib) == explanation{});
}

/// A pool of 4 pages, 3 of them free.
void stock_pool() {
  const std::string folder = "/sys/kernel/mm/hugepages/hugepages-2048kB/";
  pretence::file(folder + "nr_hugepages") = "4\n";
  pretence::file(folder + "free_hugepages") = "3\n";
  for (const char* const none : {"resv_hugepages", "surplus_hugepages", "nr_overcommit_hugepages"})
    pretence::file(folder + none) = "0\n";
}

TEST_CASE("a cgroup limit on huge pages is named where the pool has more", "[explain]") {
  const pretence p;
  plenty();
  stock_pool();
  const std::string group = "/sys/fs/cgroup/user/hugetlb.2MB.";  // of an ancestor; the process's own group has no limit
  p.file(group + "max") = "4194304\n";
  p.file(group + "current") = "2097152\n";
  CHECK(explained<pool>(step::populate, 2 * mib) == explanation{});
  CHECK(explained<pool>(step::populate, 4 * mib) == limit("cgroup v2, huge pages", 2 * mib, 4 * mib));
  p.file(group + "rsvd.max") = "2097152\n";
  p.file(group + "rsvd.current") = "2097152\n";
  CHECK(explained<pool>(step::populate, 2 * mib) == limit("cgroup v2, huge pages", 2 * mib, 2 * mib));
  CHECK(explained<pool>(step::discard, 2 * mib) == limit("cgroup v2, huge pages", 2 * mib, 2 * mib));
  p.file(group + "rsvd.max") = "max\n";
  p.file(group + "max") = "nonsense\n";
  CHECK(explained<pool>(step::populate) == hidden("cgroup v2, huge pages"));
}

TEST_CASE("a memory bound to nodes can use only the pool pages on these nodes", "[explain]") {
  const pretence p;
  plenty();
  stock_pool();
  p.file("/proc/self/status") += "Mems_allowed_list:\t0-1\n";
  const auto pages_of = [&p](const char* node, const char* all, const char* unused) {
    const std::string folder = std::string("/sys/devices/system/node/") + node + "/hugepages/hugepages-2048kB/";
    p.file(folder + "nr_hugepages") = all;
    p.file(folder + "free_hugepages") = unused;
  };
  pages_of("node0", "1\n", "0\n");
  pages_of("node1", "3\n", "3\n");
  using bound = pool::with_placement<placement::bind>;
  const auto on = [](unsigned node, std::size_t wanted) {
    return explain(shortage_at(step::populate), bound{placement::bind{.nodes = {node}}}, wanted);
  };
  CHECK(on(1, 6 * mib) == explanation{});
  CHECK(on(0, 2 * mib) == explanation{limit_kind::huge_page_pool, "the nodes that it is bound to", 2 * mib, 2 * mib});
  p.file("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_overcommit_hugepages") = "1\n";
  CHECK(on(0, 2 * mib) == explanation{});
  CHECK(on(0, 4 * mib) == explanation{limit_kind::huge_page_pool, "the nodes that it is bound to", 0, 2 * mib});
  pages_of("node0", "1\n", "18446744073709551615\n");
  CHECK(on(0, 2 * mib).kind == limit_kind::unknown);
}

/// A pool that others have emptied: its pages can be given back, but not taken again.
struct emptied_pool : fake_pool<k> {
  static inline bool empty = false;
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    if (empty && advice == advice_populate_read) return bad_address;
    return k::madvise(p, bytes, advice);
  }
};

TEST_CASE("an empty pool is named where discarded pages cannot be taken again", "[explain]") {
  if (const char* const why = no_populate_advice()) return skip(why);  // the advice that takes pages
  const pretence p;
  plenty();
  const std::string folder = "/sys/kernel/mm/hugepages/hugepages-2048kB/";
  p.file(folder + "nr_hugepages") = "2\n";
  for (const char* const none : {"free_hugepages", "resv_hugepages", "surplus_hugepages", "nr_overcommit_hugepages"})
    p.file(folder + none) = "0\n";
  emptied_pool::empty = false;
  pool::with_backing<backing::linux_mmap<emptied_pool>> memory;
  REQUIRE(memory.allocate(pages{64}));
  REQUIRE(memory.protect(0, 2 * mib, access::none));
  emptied_pool::empty = true;
  for (const result<void>& failed : {memory.protect(0, 2 * mib, access::read_write), memory.discard(0, 2 * mib)}) {
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == errc::out_of_memory);
    CHECK(explain(failed.error(), memory) == explanation{limit_kind::huge_page_pool, "", 4 * mib, 4 * mib});
  }
}

TEST_CASE("the room of bound nodes is unknown even where that of the machine is known", "[explain]") {
  const pretence p;
  plenty();
  const fake::with_placement<placement::bind> bound{placement::bind{.nodes = {0}}};
  CHECK(explain(shortage_at(step::populate), bound) == hidden("the nodes that it is bound to"));
  p.file("/sys/fs/cgroup/memory.max") = p.file("/sys/fs/cgroup/memory.current") = "1048576\n";
  CHECK(explain(shortage_at(step::populate), bound) == limit("cgroup v2", mib, mib));
}

TEST_CASE("a hidden limit is not guessed and a certain limit is named in spite of it", "[explain]") {
  const pretence p;
  CHECK(explained(step::reserve).kind == limit_kind::unknown);
  CHECK(explained(step::commit).kind == limit_kind::unknown);
  CHECK(explained(step::populate).kind == limit_kind::unknown);
  CHECK(explained(step::release) == hidden("vm.max_map_count"));
  CHECK(explained<pool>(step::populate).kind == limit_kind::unknown);

  p.kernel().limits[k::limit_address_space] = gib;
  CHECK(explain(shortage_at(step::reserve), fake{limits{pages{1}}}) ==
        explanation{limit_kind::unknown, "RLIMIT_AS", {}, gib});
  CHECK(explained(step::reserve) == explanation{limit_kind::configured, "RLIMIT_AS", {}, gib});
  CHECK(explained(step::reserve, gib) == explanation{limit_kind::configured, "RLIMIT_AS", {}, gib});

  plenty();
  p.kernel().files.erase("/proc/sys/vm/max_map_count");
  CHECK(explained(step::reserve).owner == "RLIMIT_AS");
  const explanation doubt{limit_kind::unknown, "vm.max_map_count", 2, {}};  // may be used up or not
  CHECK(explain(shortage_at(step::reserve), fake{limits{pages{1}}}) == doubt);
  CHECK(p.kernel().closed == p.kernel().open.size());
}

TEST_CASE("random text in the files causes no crash or leak", "[explain]") {
  const pretence p;
  plenty();
  p.kernel().limits[k::limit_data] = p.kernel().limits[k::limit_locked] = mib;
  std::uint32_t random = 1;
  const std::string alphabet = "0123456789abcdef-: \n\n/kBVmSize:memory";
  for (int round = 0; round < 100; ++round) {
    for (auto& [path, text] : p.kernel().files) {
      text.clear();
      for (std::size_t i = 0; i < 300; ++i)
        text += alphabet[((random = random * 1664525 + 1013904223) >> 16) % alphabet.size()];
    }
    p.kernel().a_read = 1 + random % 100;
    for (const step at : {step::reserve, step::commit, step::populate, step::lock}) (void)explained<locked>(at);
  }
  CHECK(p.kernel().closed == p.kernel().open.size());
}

template <class A>
std::string_view lack_of(step at, int native, const A& memory) {
  const explanation e = explain({errc::not_supported, at, native}, memory);
  CHECK(e.kind == limit_kind::unsupported);
  return e.owner;
}

TEST_CASE("not_supported is explained by what the kernel or the machine lacks", "[explain]") {
  const pretence p;
  plenty();
  CHECK(lack_of(step::configure, k::no_call, fake{}) == "this kernel");
  CHECK(lack_of(step::protect, 0, fake{}) == "this store");
  CHECK(lack_of(step::reserve, k::invalid, pool{}) == "this machine: no huge pages of that size");
  CHECK(lack_of(step::configure, k::invalid, fake{}) == "this kernel or this machine");

  using named = fake::with_tagging<tagging::named<"quire">>;
  p.kernel().naming_error = k::invalid;
  CHECK(lack_of(step::configure, k::invalid, named{}) == "this kernel: no names of mappings");

  using huge = fake::with_page_size<page_size::transparent_huge<>>;
  CHECK(lack_of(step::configure, k::invalid, huge{}) == "this kernel: no transparent huge pages");
  p.file("/sys/kernel/mm/transparent_hugepage/enabled") = "always [madvise] never\n";
  CHECK(lack_of(step::configure, k::invalid, huge{}) == "this kernel or this machine");

  using preferring = fake::with_placement<placement::prefer>;
  const std::string_view absent = "this machine: a node is absent or not allowed";
  CHECK(lack_of(step::configure, k::invalid, preferring{placement::prefer{.node = 1}}) == absent);
  CHECK(lack_of(step::configure, k::invalid, preferring{placement::prefer{.node = 0}}) ==
        "this kernel or this machine");
  using bound = fake::with_placement<placement::bind>;
  CHECK(lack_of(step::configure, k::invalid, bound{placement::bind{.nodes = {0, 700}}}) == absent);
}

TEST_CASE("an error without a system call is explained by a maximum or by no limit", "[explain]") {
  linux_allocator memory;
  const auto beyond = memory.allocate(pages{std::uint64_t{1} << 40});
  REQUIRE_FALSE(beyond);
  CHECK(explain(beyond.error(), memory) == limit("the allocator's limits", 0, std::uint64_t{4} << 30));
  REQUIRE(memory.allocate(pages{1}));
  CHECK(explain(memory.grow(pages{65536}).error(), memory) ==
        limit("the allocator's limits", 65536, std::uint64_t{4} << 30));
  memory = linux_allocator{};
  CHECK(explain({errc::not_allocated, step::plan, 0}, memory).kind == limit_kind::none);

  REQUIRE(memory.allocate(pages{1}, pages{2}));
  const auto grown = memory.grow(pages{2});
  REQUIRE_FALSE(grown);
  CHECK(explain(grown.error(), memory) == limit("the maximum of this memory", 65536, 2 * 65536));
  CHECK(explain(memory.reset(pages{3}).error(), memory) == limit("the maximum of this memory", 65536, 2 * 65536));
  CHECK(explain({errc::size_mismatch, step::plan, 0}, memory).kind == limit_kind::none);
  CHECK(explain({errc::system, step::commit, 5}, memory).kind == limit_kind::unknown);
}

TEST_CASE("a maximum of zero pages is named as the limit", "[explain]") {
  const auto expect_it_named = []<class A>(A memory) {
    REQUIRE(memory.allocate(pages{0}, pages{0}));
    const auto grown = memory.grow(pages{1});
    REQUIRE_FALSE(grown);
    CHECK(explain(grown.error(), memory) == limit("the maximum of this memory", 0, 0));
  };
  expect_it_named(linux_allocator{});
  expect_it_named(linux_allocator::with_protection<protection::unguarded>{});
  expect_it_named(wasm_linux_allocator{});
}

TEST_CASE("a POSIX limit is certain only where it is below the amount", "[explain]") {
  struct limited : calls::posix {
    static int read_limit(int resource, unsigned long long& soft) noexcept {
      soft = resource == limit_address_space ? gib : 64 * mib;
      return 0;
    }
  };
  const posix_allocator::with_backing<backing::posix_mmap<limited>> memory;
  const error reserving{errc::out_of_address_space, step::reserve, limited::no_memory};
  const error committing{errc::out_of_memory, step::commit, limited::no_memory};
  CHECK(explain(reserving, memory) == explanation{limit_kind::configured, "RLIMIT_AS", {}, gib});  // it requests 4 GiB
  const posix_allocator::with_backing<backing::posix_mmap<limited>> small{limits{pages{1024}}};
  CHECK(explain(reserving, small) == explanation{limit_kind::unknown, "RLIMIT_AS", {}, gib});
  CHECK(explain(reserving, memory, gib + 1) == explanation{limit_kind::configured, "RLIMIT_AS", {}, gib});
  CHECK(explain(committing, memory, gib) == explanation{limit_kind::configured, "RLIMIT_DATA", {}, 64 * mib});
  CHECK(explain({errc::too_many_mappings, step::release, limited::no_memory}, memory) == explanation{});
  CHECK(explain({errc::not_supported, step::protect, 0}, memory).owner == "this store");
}

TEST_CASE("an error of a store without calls has no explanation", "[explain]") {
  buffers<65536> room;
  const linux_allocator::with_protection<protection::unguarded>::with_backing<in_buffer<65536>> memory{
      in_buffer<65536>{&room}};
  CHECK(explain({errc::out_of_memory, step::reserve, 1}, memory) == explanation{});
}

/// A user's own allocator, which has no store and makes no requests.
struct users_allocator {
  using pages = quire::pages;
  static constexpr contract_t contract{};

  users_allocator() = default;
  users_allocator(users_allocator&&) = default;
  users_allocator& operator=(users_allocator&&) = default;

  result<std::span<std::byte>> allocate(pages, std::optional<pages> = {}) { return failed(); }
  result<pages> grow(pages, pages) { return failed(); }
  result<void> deallocate(std::byte*, std::size_t) { return failed(); }
  std::byte* data() const { return nullptr; }
  std::size_t size() const { return 0; }
  pages size_pages() const { return {}; }
  std::size_t capacity() const { return 0; }
  std::size_t reserved() const { return 0; }
  bool contains(const void*) const { return false; }
  zone zone_of(const void*) const { return zone::outside; }

 private:
  static std::unexpected<error> failed() { return failure(errc::out_of_memory, step::commit, 12); }
};

TEST_CASE("explain of a user's own allocator names no limit", "[explain]") {
  STATIC_REQUIRE(page_allocator_like<users_allocator>);
  users_allocator a;
  const auto got = a.allocate(pages{1});
  REQUIRE_FALSE(got);
  CHECK(explain(got.error(), a).kind == limit_kind::unknown);
  CHECK(explain({errc::not_supported, step::lock, 95}, a).kind == limit_kind::unsupported);
  CHECK(explain({errc::not_permitted, step::lock, 1}, a).kind == limit_kind::permission);
}

}  // namespace
}  // namespace quire::test
