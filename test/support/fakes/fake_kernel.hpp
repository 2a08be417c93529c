// SPDX-License-Identifier: BSL-1.0
#pragma once
// Linux with the files, limits and NUMA answers that a test sets, and with pages of 4 KiB, so that page counts do not
// depend on the machine. Everything else goes to the real kernel.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <quire/calls/linux.hpp>
#include <quire/node_set.hpp>

namespace quire::test {

struct fake_state {
  std::map<std::string, std::string> files;               // a missing file cannot be opened
  std::map<std::string, int> refusals;                    // for files and folders: a negative errno
  std::map<int, unsigned long long> limits;               // a missing resource is unlimited
  std::size_t a_read = 4096;                              // bytes at most
  std::size_t readable = ~std::size_t{0};                 // bytes of a file before reading fails
  std::vector<std::pair<std::string, std::size_t>> open;  // path, offset
  std::size_t closed = 0;

  int policy_error = 0, policy = calls::linux_kernel::numa_default;
  node_set policy_nodes, allowed{0};
  int query_error = 0;
  std::vector<void*> queried;
  int node_of_page = -ENOENT;  // a node, or a negative errno
  int naming_error = 0;
  int huge_switched_off = 0;  // as PR_GET_THP_DISABLE: bits, or a negative errno
};

struct fake_kernel : calls::linux_kernel {
  static inline fake_state now;

  static constexpr std::size_t page_bytes() noexcept { return 4096; }
  /// Reports each page of the real kernel as several of 4 KiB.
  static int mincore(void* p, std::size_t bytes, unsigned char* there) noexcept {
    const std::size_t real = linux_kernel::page_bytes();
    std::vector<unsigned char> told((bytes + real - 1) / real);
    const int n = linux_kernel::mincore(p, bytes, told.data());
    for (std::size_t i = 0; i < bytes; i += page_bytes()) there[i / page_bytes()] = told[i / real];
    return n;
  }

  /// A folder exists if the path of a file contains it.
  static bool is_folder(const std::string& path) {
    const auto inside = now.files.lower_bound(path + '/');
    return inside != now.files.end() && inside->first.starts_with(path + '/');
  }
  static int open_to_read(const char* path) noexcept {
    if (const auto refusal = now.refusals.find(path); refusal != now.refusals.end()) return refusal->second;
    if (!now.files.contains(path) && !is_folder(path)) return -ENOENT;
    now.open.emplace_back(path, 0);
    return static_cast<int>(now.open.size()) - 1;
  }
  static long read(int fd, void* buffer, std::size_t bytes) noexcept {
    auto& [path, offset] = now.open[static_cast<std::size_t>(fd)];
    if (!now.files.contains(path)) return -EISDIR;
    const std::string& text = now.files[path];
    if (offset >= now.readable) return -EIO;
    const std::size_t n = std::min({bytes, now.a_read, text.size() - offset, now.readable - offset});
    std::memcpy(buffer, text.data() + offset, n);
    offset += n;
    return static_cast<long>(n);
  }
  static void close(int) noexcept { ++now.closed; }
  /// The contents of the file are its number.
  static int file_number(int fd, std::uint64_t& number) noexcept {
    const std::string& text = now.files[now.open[static_cast<std::size_t>(fd)].first];
    if (text.empty()) return EBADF;
    number = std::strtoull(text.c_str(), nullptr, 10);
    return 0;
  }
  static int huge_pages_switched_off() noexcept { return now.huge_switched_off; }

  static int read_limit(int resource, unsigned long long& soft) noexcept {
    soft = now.limits.contains(resource) ? now.limits[resource] : ~0ULL;
    return 0;
  }
  static int get_mempolicy(int* mode, unsigned long* mask, unsigned long, const void*, unsigned long flags) noexcept {
    if (now.policy_error != 0) return now.policy_error;
    *mode = now.policy;
    const node_set& nodes = flags == numa_of_process ? now.allowed : now.policy_nodes;
    std::copy_n(nodes.words(), node_set::capacity / node_set::bits_per_word, mask);
    return 0;
  }
  static int query_pages(unsigned long count, void* const* pages, int* status) noexcept {
    now.queried.insert(now.queried.end(), pages, pages + count);
    std::fill_n(status, count, now.node_of_page);
    return now.query_error;
  }
  static int name_mapping(void*, std::size_t, const char*) noexcept { return now.naming_error; }
};

/// Simulates one machine, until the end of the scope.
class pretence {
 public:
  pretence() { kernel() = {}; }
  pretence(const pretence&) = delete;
  pretence& operator=(const pretence&) = delete;
  ~pretence() { kernel() = {}; }
  static fake_state& kernel() { return fake_kernel::now; }
  static std::string& file(const std::string& path) { return kernel().files[path]; }
};

}  // namespace quire::test
