// SPDX-License-Identifier: BSL-1.0
#pragma once
// A control group with a limit on memory for a test, if this process may make one.
#include <cstddef>
#include <string>

namespace quire::test {

enum class killer : bool { off, on };  // what the kernel does at the limit: kill a process, or make calls fail

/// The group is removed with the object, and its members are killed. A group left by a test that was killed is removed
/// when the next one is made.
class limited_group {
 public:
  limited_group(std::size_t bytes, killer at_limit);
  limited_group(const limited_group&) = delete;
  limited_group& operator=(const limited_group&) = delete;
  ~limited_group();

  /// Why there is no such group, or null.
  [[nodiscard]] const char* missing() const noexcept { return missing_; }
  /// "cgroup v1" or "cgroup v2".
  [[nodiscard]] const char* interface_name() const noexcept { return is_v1_ ? "cgroup v1" : "cgroup v2"; }
  [[nodiscard]] bool is_v1() const noexcept { return is_v1_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::size_t limit() const noexcept { return bytes_; }

  /// Moves the calling process into the group for good. Where the killer is off, what it has in memory now is locked
  /// first, if that is permitted: code that the kernel had dropped meanwhile could not come back at the limit, and the
  /// process would be stopped.
  [[nodiscard]] bool enter() const noexcept;

 private:
  bool make_in(const std::string& parent);
  bool set_limit(killer at_limit) const;

  const char* missing_ = nullptr;
  bool is_v1_ = false;
  killer at_limit_;
  std::string path_;
  std::size_t bytes_;
};

}  // namespace quire::test
