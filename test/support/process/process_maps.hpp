// SPDX-License-Identifier: BSL-1.0
#pragma once
// The kernel's view of this process's address space, as an independent witness: /proc/self/maps, smaps, mincore.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace quire::test {

/// The whole text of /proc/self/maps, read without allocation, so that taking a snapshot changes nothing.
class maps_snapshot {
 public:
  void take() noexcept;
  friend bool operator==(const maps_snapshot& a, const maps_snapshot& b) noexcept;

 private:
  static constexpr std::size_t room = std::size_t{1} << 18;
  std::size_t length_ = 0;
  char text_[room];
};

/// One entry of /proc/self/smaps. Sizes are in bytes.
struct mapping_facts {
  std::uintptr_t begin = 0, end = 0;
  std::string permissions;  // "rw-p"
  std::string name;
  std::size_t rss = 0, locked = 0, anonymous_huge = 0, private_hugetlb = 0, kernel_page = 0;
  std::string flags;  // two letters each, as in VmFlags

  [[nodiscard]] bool has_flag(const char* two_letters) const;
};

/// The mappings that overlap [p, p + bytes), in order.
std::vector<mapping_facts> mappings_in(const void* p, std::size_t bytes);
/// Returns the mapping that contains p; all zero if there is none.
mapping_facts mapping_at(const void* p);

/// Returns the bytes of [p, p + bytes) that are resident; the range is mapped and starts at a page.
std::size_t resident_bytes(const void* p, std::size_t bytes);

}  // namespace quire::test
