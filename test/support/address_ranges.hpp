// SPDX-License-Identifier: BSL-1.0
#pragma once
// A journal of the mapped ranges and their protections, as the calls made them. Leaks show as entries that are left.
#include <algorithm>
#include <cstddef>
#include <vector>

namespace quire::test {

struct address_range {
  const std::byte* begin;
  const std::byte* end;
  int protection;
  [[nodiscard]] std::size_t bytes() const { return static_cast<std::size_t>(end - begin); }
  friend bool operator==(const address_range&, const address_range&) = default;
};

/// Sorted and without overlaps; adjacent ranges of equal protection are merged.
class address_ranges {
 public:
  void set(const std::byte* begin, std::size_t bytes, int protection) {
    erase(begin, bytes);
    if (bytes == 0) return;
    all_.push_back({begin, begin + bytes, protection});
    std::sort(all_.begin(), all_.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
    for (std::size_t i = 1; i < all_.size();)
      if (all_[i - 1].end == all_[i].begin && all_[i - 1].protection == all_[i].protection) {
        all_[i - 1].end = all_[i].end;
        all_.erase(all_.begin() + static_cast<std::ptrdiff_t>(i));
      } else {
        ++i;
      }
  }
  void erase(const std::byte* begin, std::size_t bytes) {
    const std::byte* const end = begin + bytes;
    std::vector<address_range> left;
    for (const auto& r : all_) {
      if (r.begin < std::min(begin, r.end)) left.push_back({r.begin, std::min(begin, r.end), r.protection});
      if (std::max(end, r.begin) < r.end) left.push_back({std::max(end, r.begin), r.end, r.protection});
    }
    all_ = std::move(left);
  }
  /// Whether every byte of the range is mapped.
  [[nodiscard]] bool covers(const std::byte* begin, std::size_t bytes) const {
    std::size_t covered = 0;
    for (const auto& r : part(begin, bytes)) covered += r.bytes();
    return covered == bytes;
  }
  [[nodiscard]] std::vector<address_range> part(const std::byte* begin, std::size_t bytes) const {
    std::vector<address_range> found;
    for (auto r : all_) {
      r.begin = std::max(r.begin, begin);
      r.end = std::min(r.end, begin + bytes);
      if (r.begin < r.end) found.push_back(r);
    }
    return found;
  }
  [[nodiscard]] const std::vector<address_range>& all() const { return all_; }

 private:
  std::vector<address_range> all_;
};

}  // namespace quire::test
