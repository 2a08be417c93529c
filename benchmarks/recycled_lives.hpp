// SPDX-License-Identifier: BSL-1.0
#pragma once
// Lives of memories that are used again: a slot of a pool with each recycling, and the same clearing by hand.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <quire/backing/imaged.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/adaptive.hpp>
#include <quire/recycling/zero_dirty.hpp>

#include "clock.hpp"
#include "memories.hpp"

namespace bench::lives {

inline constexpr std::size_t page = 4096, size = 1_MiB;
using allocator = quire::wasm_linux_allocator;

/// Leaves pages as they are: what taking and returning a slot costs by itself.
struct as_it_is {
  static quire::recycled recycle(const auto& pages) noexcept { return {0, pages.resident()}; }
};

/// A slot of 1 MiB is taken, some of its pages are written, and it is returned.
template <class Recycling>
class pooled_use {
 public:
  using pool_type = quire::pool<allocator, Recycling>;

  explicit pooled_use(std::size_t pages_written) : bytes_(pages_written * page) {
    if (!pool_->open({.slots = 64, .maximum = quire::pages{size / wasm_page}})) stop("open");
  }
  BOOST_FORCEINLINE void live() {
    auto memory = pool_->acquire(quire::pages{size / wasm_page});
    if (!memory) stop("acquire");
    touch(memory->data(), bytes_);
    // `adaptive` would believe a mark, and is to find out by itself.
    if constexpr (!std::is_same_v<Recycling, quire::recycling::adaptive>) memory->set_high_water_mark(bytes_);
    keep(memory->data());
  }
  /// Cleans one of the memories that wait, with a recycling that lets them. False if none does.
  bool clean() { return pool_->clean_step(1) != 0; }

 private:
  std::size_t bytes_;
  std::unique_ptr<pool_type> pool_ = std::make_unique<pool_type>();
};

/// One mapping that stays, cleared by code that knows what was written.
class kept_mapping {
 public:
  explicit kept_mapping(std::size_t pages_written) : bytes_(pages_written * page) {
    void* const p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) stop("mmap");
    base_ = static_cast<std::byte*>(p);
  }

 protected:
  std::size_t bytes_;
  std::byte* base_;
};
struct cleared_by_memset : kept_mapping {
  using kept_mapping::kept_mapping;
  BOOST_FORCEINLINE void live() {
    touch(base_, bytes_);
    std::memset(base_, 0, bytes_);
    keep(base_);
  }
};
struct cleared_as_a_whole : kept_mapping {
  using kept_mapping::kept_mapping;
  BOOST_FORCEINLINE void live() {
    touch(base_, bytes_);
    std::memset(base_, 0, size);
    keep(base_);
  }
};
struct given_back : kept_mapping {
  using kept_mapping::kept_mapping;
  BOOST_FORCEINLINE void live() {
    touch(base_, bytes_);
    if (madvise(base_, size, MADV_DONTNEED) != 0) stop("madvise");
    keep(base_);
  }
};
/// Asks the kernel which pages were written (PAGEMAP_SCAN).
class scanned_mapping : protected kept_mapping {
 public:
  explicit scanned_mapping(std::size_t pages_written)
      : kept_mapping(pages_written), pagemap_(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)) {
    if (pagemap_ < 0) stop("/proc/self/pagemap");
  }
  [[nodiscard]] static bool is_there() {
    const scanned_mapping one(0);
    scan_request request{};
    request.size = sizeof request;
    return ioctl(one.pagemap_, _IOWR('f', 16, scan_request), &request) >= 0;
  }

 protected:
  static constexpr std::uint64_t written = 2, of_file = 4, present = 8, swapped = 16, zero_page = 32;

  /// Calls f(offset, bytes) for each run that was written; `without`: what else is left out.
  template <class F>
  BOOST_FORCEINLINE void each_written(std::uint64_t without, F f) {
    scan_request request{};
    request.size = sizeof request;
    request.end = reinterpret_cast<std::uintptr_t>(base_) + size;
    request.runs = reinterpret_cast<std::uintptr_t>(found_);
    request.most_runs = 64;
    request.inverted = zero_page | without;
    request.all_of = written | zero_page | without;
    request.any_of = present | swapped;
    request.told = present | swapped;
    for (request.begin = reinterpret_cast<std::uintptr_t>(base_); request.begin < request.end;
         request.begin = request.walked_to) {
      const int n = ioctl(pagemap_, _IOWR('f', 16, scan_request), &request);
      if (n < 0) stop("PAGEMAP_SCAN");
      for (int i = 0; i < n; ++i)
        f(found_[i].begin - reinterpret_cast<std::uintptr_t>(base_), found_[i].end - found_[i].begin);
    }
  }

 private:
  struct scan_request {
    std::uint64_t size, flags, begin, end, walked_to, runs, most_runs, most_pages, inverted, all_of, any_of, told;
  };
  struct run {
    std::uint64_t begin, end, categories;
  };

  int pagemap_;
  run found_[64]{};
};
struct scanned_and_cleared : scanned_mapping {
  using scanned_mapping::scanned_mapping;
  BOOST_FORCEINLINE void live() {
    touch(base_, bytes_);
    each_written(0, [this](std::size_t at, std::size_t bytes) { std::memset(base_ + at, 0, bytes); });
    keep(base_);
  }
};

inline const std::vector<std::byte>& contents() {
  static const std::vector<std::byte> made(size, std::byte{0x5a});
  return made;
}
/// A private mapping of a file in memory, whose private copies are overwritten with the file's contents.
class scanned_and_restored : protected scanned_mapping {
 public:
  explicit scanned_and_restored(std::size_t pages_written) : scanned_mapping(pages_written) {
    const int file = memfd_create("image", MFD_CLOEXEC);
    if (file < 0 || write(file, contents().data(), size) != static_cast<ssize_t>(size)) stop("memfd_create");
    constexpr int writable = PROT_READ | PROT_WRITE;
    if (mmap(base_, size, writable, MAP_PRIVATE | MAP_FIXED, file, 0) == MAP_FAILED) stop("mmap");
    close(file);
  }
  BOOST_FORCEINLINE void live() {
    touch(base_, bytes_);
    each_written(of_file,
                 [this](std::size_t at, std::size_t bytes) { std::memcpy(base_ + at, contents().data() + at, bytes); });
    keep(base_);
  }
};

/// A slot that is taken by a memory from an image of 1 MiB, written to, and returned.
class image_use {
  using pool_type = quire::pool<quire::with_images<allocator>, quire::recycling::zero_dirty>;
  using image = pool_type::memory::image;

 public:
  explicit image_use(std::size_t pages_written) : bytes_(pages_written * page) {
    auto made = image::from(contents());
    if (!made || !pool_->open({.slots = 64, .maximum = quire::pages{size / wasm_page}})) stop("open");
    image_ = std::make_unique<image>(std::move(*made));
  }
  BOOST_FORCEINLINE void live() {
    auto memory = pool_->acquire_from(*image_, 0, quire::pages{size / wasm_page});
    if (!memory) stop("acquire_from");
    touch(memory->data(), bytes_);
    keep(memory->data());
  }

 private:
  std::size_t bytes_;
  std::unique_ptr<pool_type> pool_ = std::make_unique<pool_type>();
  std::unique_ptr<image> image_;
};
/// Without a pool: an image that is mapped each time.
class fresh_image_use {
  using memory = quire::with_images<allocator>;

 public:
  explicit fresh_image_use(std::size_t pages_written) : bytes_(pages_written * page) {
    auto made = memory::image::from(contents());
    if (!made) stop("image");
    image_ = std::make_unique<memory::image>(std::move(*made));
  }
  void live() {
    memory m;
    if (!m.allocate_from(*image_, 0, quire::pages{size / wasm_page})) stop("allocate_from");
    touch(m.data(), bytes_);
    keep(m.data());
  }

 private:
  std::size_t bytes_;
  std::unique_ptr<memory::image> image_;
};

/// What a user has without a pool: a memory that is allocated and deallocated each time.
class fresh_use {
 public:
  explicit fresh_use(std::size_t pages_written) : bytes_(pages_written * page) {}
  void live() {
    allocator memory;
    if (!memory.allocate(quire::pages{size / wasm_page})) stop("allocate");
    touch(memory.data(), bytes_);
    keep(memory.data());
  }

 private:
  std::size_t bytes_;
};

/// Nanoseconds of one use; short ones are timed together, as reading the clock costs as much.
template <std::size_t Uses>
double use(auto& memory) {
  return timed([&] {
           for (std::size_t i = 0; i < Uses; ++i) memory.live();
         }) /
         static_cast<double>(Uses);
}

}  // namespace bench::lives
