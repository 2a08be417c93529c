// SPDX-License-Identifier: BSL-1.0
#include "support/process/limited_group.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/mman.h>
#include <unistd.h>

#include <quire/calls/linux.hpp>
#include <quire/system/linux/cgroup_location.hpp>

namespace quire::test {
namespace {

namespace fs = std::filesystem;
const std::string prefix = "quire-test-";

bool write(const std::string& path, const std::string& text) {
  std::ofstream file{path};
  file << text << std::flush;
  return file.good();
}

/// Kills the members and removes the group. A group stays until its last process has ended, a moment after the kill.
void remove_group(const std::string& group) {
  std::error_code ignored;
  for (const fs::directory_entry& inner : fs::directory_iterator(group, ignored))
    if (inner.is_directory(ignored)) remove_group(inner.path().string());
  for (int tries = 0; tries < 200 && ::rmdir(group.c_str()) != 0 && errno == EBUSY; ++tries) {
    std::ifstream members{group + "/cgroup.procs"};
    for (pid_t each = 0; members >> each;) ::kill(each, SIGKILL);
    ::usleep(10'000);
  }
}

void remove_those_of_the_dead(const std::string& parent) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, ignored)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(prefix)) continue;
    const pid_t owner = std::atoi(name.c_str() + prefix.size());
    if (owner > 0 && ::kill(owner, 0) != 0 && errno == ESRCH) remove_group(entry.path().string());
  }
}

}  // namespace

limited_group::limited_group(std::size_t bytes, killer at_limit) : at_limit_(at_limit), bytes_(bytes) {
  const auto place = detail::find_control_group<calls::linux_kernel>("memory");
  if (!place || place->version == cgroup_version::none) {
    missing_ = "no control group accounts for memory here";
    return;
  }
  if (!place->sees_own) {
    missing_ = "no mount shows the control group of this process";
    return;
  }
  is_v1_ = place->version == cgroup_version::v1;
  if (!is_v1_ && at_limit == killer::off) {
    missing_ = "control groups of version 2 cannot do without a killer";
    return;
  }
  // Inside this process's own group, or else further out: a cgroup v2 that has processes cannot contain limited groups.
  std::string below{place->group.view()};
  const std::string mount{place->mount.view()};
  while (!make_in(mount + below) || !set_limit(at_limit)) {
    if (!path_.empty()) remove_group(path_);
    path_.clear();
    if (below.empty()) {
      missing_ = "this user may not make a control group";
      return;
    }
    below.resize(below.rfind('/'));
  }
}

limited_group::~limited_group() {
  if (!path_.empty()) remove_group(path_);
}

bool limited_group::make_in(const std::string& parent) {
  static int made = 0;
  remove_those_of_the_dead(parent);
  std::string path = parent + '/' + prefix + std::to_string(::getpid()) + '-' + std::to_string(made++);
  std::error_code why;
  if (!fs::create_directory(path, why)) return false;
  path_ = std::move(path);
  return true;
}

bool limited_group::set_limit(killer at_limit) const {
  if (is_v1_)
    return write(path_ + "/memory.limit_in_bytes", std::to_string(bytes_)) &&
           (at_limit == killer::on || write(path_ + "/memory.oom_control", "1"));
  if (fs::exists(path_ + "/memory.swap.max") && !write(path_ + "/memory.swap.max", "0")) return false;
  return fs::exists(path_ + "/memory.max") && write(path_ + "/memory.max", std::to_string(bytes_));
}

bool limited_group::enter() const noexcept {
  if (at_limit_ == killer::off) (void)::mlockall(MCL_CURRENT);
  return write(path_ + "/cgroup.procs", std::to_string(::getpid()));
}

}  // namespace quire::test
