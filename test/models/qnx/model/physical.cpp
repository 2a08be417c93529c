// SPDX-License-Identifier: BSL-1.0
#include "models/qnx/model/physical.hpp"

#include <algorithm>
#include <iterator>

namespace quire::test::qnx_model {

std::size_t physical_memory::room() const {
  std::size_t all = 0;
  for (const auto& [begin, bytes] : free_) all += bytes;
  return all;
}

void physical_memory::take_from(std::uint64_t hole, std::size_t bytes) {
  const std::size_t left = free_[hole] - bytes;
  free_.erase(hole);
  if (left != 0) free_[hole + bytes] = left;
}

std::vector<run> physical_memory::take(std::size_t bytes, bool in_one_run) {
  if (room() < bytes) return {};
  std::vector<run> holes;
  for (const auto& [begin, size] : free_)
    if (!in_one_run || size >= bytes) holes.push_back({begin, size});
  if (holes.empty()) return {};
  std::sort(holes.begin(), holes.end(),
            [](run a, run b) { return a.bytes != b.bytes ? a.bytes < b.bytes : a.begin < b.begin; });
  std::vector<run> got;
  for (const run& hole : holes) {
    const std::size_t part = std::min(hole.bytes, bytes);
    take_from(hole.begin, part);
    got.push_back({hole.begin, part});
    bytes -= part;
    if (bytes == 0) break;
  }
  return got;
}

void physical_memory::give_back(run r) {
  auto next = free_.upper_bound(r.begin);
  if (next != free_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == r.begin) {
      r = {before->first, before->second + r.bytes};
      free_.erase(before);
    }
  }
  if (next != free_.end() && r.begin + r.bytes == next->first) {
    r.bytes += next->second;
    free_.erase(next);
  }
  free_[r.begin] = r.bytes;
}

}  // namespace quire::test::qnx_model
