// SPDX-License-Identifier: BSL-1.0
#pragma once
// Mirrored memory over an object of POSIX's shared memory, whose name exists for the time of two calls only.
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <quire/backing/detail/common/whole_mirror.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/store/mirrors.hpp>
#include <quire/system/rlimits.hpp>

namespace quire::backing::detail {

template <class Calls>
concept shared_memory_calls = requires(const char* name) {
  { Calls::create_object(name, 0U) } noexcept;
};

/// mmap(MAP_SHARED | MAP_FIXED) of the whole object over each half.
template <class Calls>
[[nodiscard]] int map_halves(mirror_place& place, int fd) noexcept {
  constexpr int both = Calls::prot_read | Calls::prot_write, flags = Calls::map_shared | Calls::map_fixed;
  for (; place.views != 2; ++place.views)
    if (const int n = Calls::map_file(place.begin() + place.views * place.half, place.half, both, flags, fd, 0).error)
      return n;
  return 0;
}

/// "/quire-PROCESS-ADDRESS-ATTEMPT", each in hexadecimal: at most the 31 characters that every system takes, and of
/// one memory alone, unless processes of two namespaces share their objects.
class shared_name {
 public:
  shared_name(std::uint32_t process, const std::byte* address, unsigned attempt) noexcept {
    put("/quire");
    put(process);
    put(reinterpret_cast<std::uintptr_t>(address));
    put(attempt);
  }
  [[nodiscard]] const char* text() const noexcept { return text_; }

 private:
  void put(std::string_view text) noexcept { end_ += text.copy(end_, text.size()); }
  void put(std::uint64_t number) noexcept {
    *end_++ = '-';
    end_ = std::to_chars(end_, text_ + sizeof text_ - 1, number, 16).ptr;
  }
  char text_[48]{};
  char* end_ = text_;
};

/// A base of posix_mmap, if its calls have named objects.
template <class Calls, class Store>
struct shared_memory_mirrors {
  static std::size_t mirror_granule() noexcept { return Store::page_bytes(); }
  static constexpr bool mirrors(const attributes&) noexcept { return shared_memory_calls<Calls>; }
  /// As reserve.
  static int reserve_mirror(mirror_place& place, std::size_t alignment, const attributes& requested) noexcept {
    return reserve_whole_mirror<Store>(place, alignment, requested);
  }
  /// getrlimit, shm_open, shm_unlink, ftruncate, mmap(MAP_SHARED | MAP_FIXED) twice, close. A child process has the
  /// same memory: POSIX cannot leave it out.
  static int map_mirror(mirror_place& place, const attributes&) noexcept
    requires shared_memory_calls<Calls>
  {
    if (quire::detail::exceeds_file_limit<Calls>(place.half)) return Calls::too_large;
    const int fd = new_object(place.begin());
    if (fd < 0) return -fd;
    int n = Calls::resize_file(fd, place.half);
    if (n == 0) n = map_halves<Calls>(place, fd);
    Calls::close(fd);
    return n;
  }
  /// munmap.
  static int release_mirror(mirror_place& place, const attributes& requested) noexcept {
    return release_whole_mirror<Store>(place, requested);
  }

 private:
  /// Returns a descriptor, or a negative errno.
  static int new_object(const std::byte* address) noexcept {
    constexpr unsigned attempts = 16;
    for (unsigned i = 0;; ++i) {
      const shared_name name(Store::process(), address, i);
      const int fd = Calls::create_object(name.text(), 0600);
      if (fd == -Calls::exists && i + 1 != attempts) continue;
      if (fd >= 0) (void)Calls::remove_object(name.text());
      return fd;
    }
  }
};

}  // namespace quire::backing::detail
