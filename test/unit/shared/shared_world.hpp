// SPDX-License-Identifier: BSL-1.0
#pragma once
// Names and files of one test's own, calls that stop where a test wants them to, and processes that are killed.
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <type_traits>
#include <unistd.h>
#include <utility>

#include <quire/page_size/in_units_of.hpp>
#include <quire/page_size/native.hpp>
#include <quire/platform/linux.hpp>

#include "support/catch/catch.hpp"

namespace quire::test {

inline constexpr std::size_t page = 65536;

/// Typedefs that not every target has: with an index space of 8 GiB, and counted in pages of 4 KiB.
using typedef_for_wasm = std::conditional_t<sizeof(void*) == 8, wasm_linux_allocator, linux_allocator>;
using units_of_4_kib = linux_allocator::with_page_size<page_size::in_units_of<4096, page_size::native>>;
inline constexpr bool counts_4_kib = calls::linux_kernel::largest_page == 4096;
using typedef_in_small_units = std::conditional_t<counts_4_kib, units_of_4_kib, linux_allocator>;

/// A name of shared memory that no other process has; it is taken away with the object.
class own_name {
 public:
  own_name() : text_("/quire-test-" + std::to_string(::getpid()) + "-" + std::to_string(next_++)) {}
  own_name(const own_name&) = delete;
  own_name& operator=(const own_name&) = delete;
  ~own_name() { (void)calls::linux_kernel::remove_object(text_.c_str()); }
  operator const char*() const { return text_.c_str(); }

 private:
  static inline int next_ = 0;
  std::string text_;
};

/// A path in a folder of its own, which is removed with the object.
class own_file {
 public:
  own_file() {
    std::string folder = (std::filesystem::temp_directory_path() / "quire-test-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr)
      throw std::filesystem::filesystem_error("mkdtemp", {errno, std::generic_category()});
    folder_ = folder;
    path_ = (folder_ / "file").string();
  }
  own_file(const own_file&) = delete;
  own_file& operator=(const own_file&) = delete;
  ~own_file() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  operator const char*() const { return path_.c_str(); }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::size_t length() const { return static_cast<std::size_t>(std::filesystem::file_size(path_)); }

 private:
  std::filesystem::path folder_;
  std::string path_;
};

/// Linux that does not wait for long, whose next starts are simulated, and that stops a process in the middle of a
/// growth.
struct steered : calls::linux_kernel {
  static inline int starts = 0;         // of the machine
  static inline int refuses_start = 0;  // with this error; ENOENT: the system does not tell
  static inline bool dies_in_growth = false;

  static void pause() noexcept {}
  static int open_to_read(const char* path) noexcept {
    if (std::string_view(path) != "/proc/sys/kernel/random/boot_id") return linux_kernel::open_to_read(path);
    if (refuses_start != 0) return -refuses_start;
    const int fd = linux_kernel::memory_file("boot_id", 0);
    const std::string text = "00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + starts) + "\n";
    (void)linux_kernel::write_at(fd, text.data(), text.size(), 0);
    return fd;
  }
  static int allocate_in_file(int fd, std::size_t from, std::size_t bytes) noexcept {
    const int n = linux_kernel::allocate_in_file(fd, from, bytes);
    if (dies_in_growth) (void)std::raise(SIGKILL);
    return n;
  }
};
using steered_allocator = linux_allocator::with_backing<backing::linux_mmap<steered>>;

/// A child process that is killed at the latest with the object.
class other_process {
 public:
  /// f() must not return into the test's code, and needs no cleaning up.
  template <class F>
  explicit other_process(F f) : child_(::fork()) {
    if (child_ != 0) return;
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)std::signal(SIGABRT, SIG_DFL);
    ::_exit(f());
  }
  other_process(other_process&& other) noexcept : child_(std::exchange(other.child_, -1)) {}
  other_process& operator=(other_process&&) = delete;
  ~other_process() {
    if (child_ > 0) (void)kill();
  }

  /// Returns the exit status, or minus the signal that ended it.
  int wait() {
    int status = 0;
    while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    child_ = -1;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }
  int kill() {
    (void)::kill(child_, SIGKILL);
    return wait();
  }

 private:
  pid_t child_;
};

}  // namespace quire::test
