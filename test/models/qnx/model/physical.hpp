// SPDX-License-Identifier: BSL-1.0
#pragma once
// Physical memory: a range of addresses from which runs are taken.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace quire::test::qnx_model {

struct run {
  std::uint64_t begin = 0;
  std::size_t bytes = 0;
};

class physical_memory {
 public:
  physical_memory(std::string path, std::uint64_t begin, std::size_t bytes) : path_(std::move(path)) {
    free_[begin] = bytes;
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::size_t room() const;
  /// Returns runs of `bytes` in total, or a single run of that size; none if there is no room. Scattered memory is
  /// taken from the smallest hole first.
  std::vector<run> take(std::size_t bytes, bool in_one_run);
  void give_back(run r);

 private:
  void take_from(std::uint64_t hole, std::size_t bytes);

  std::string path_;
  std::map<std::uint64_t, std::size_t> free_;  // begin and size of each hole; holes do not touch
};

/// The memory of a shared object, which exists as long as a descriptor or a mapping refers to the object.
class object_memory {
 public:
  object_memory(physical_memory& from, std::vector<run> runs) : from_(from), runs_(std::move(runs)) {}
  object_memory(const object_memory&) = delete;
  object_memory& operator=(const object_memory&) = delete;
  ~object_memory() {
    for (const run& each : runs_) from_.give_back(each);
  }
  [[nodiscard]] std::size_t bytes() const {
    std::size_t all = 0;
    for (const run& each : runs_) all += each.bytes;
    return all;
  }

 private:
  physical_memory& from_;
  std::vector<run> runs_;
};

}  // namespace quire::test::qnx_model
