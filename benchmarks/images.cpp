// SPDX-License-Identifier: BSL-1.0
// What does starting a memory from an image cost, compared with the same by hand, and with copying?
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <quire/backing/imaged.hpp>

#include "overhead.hpp"
#include "questions.hpp"

namespace bench {
namespace {

using started = quire::with_images<quire::linux_allocator>;

std::vector<std::byte> contents_of(std::size_t bytes) {
  std::vector<std::byte> made(bytes);
  for (std::size_t i = 0; i < bytes; ++i) made[i] = static_cast<std::byte>(i * 31 >> 4 | 1);
  return made;
}

/// A memory that starts from an image: 4 GiB of address space, with the size of the image committed.
class from_an_image {
 public:
  explicit from_an_image(const started::image& image) : image_(&image) {}

  void open() {
    const auto pages = quire::pages{image_->size() / wasm_page};
    if (!memory_.allocate_from(*image_, 0, pages, quire::pages{most_pages})) stop("allocate_from");
  }
  void close() {
    if (!memory_.deallocate(memory_.data(), memory_.size())) stop("deallocate");
  }
  [[nodiscard]] std::byte* data() const { return memory_.data(); }

 private:
  const started::image* image_;
  started memory_;
};

/// The same calls by hand: a reservation, made accessible, and a private mapping of the file over it.
class mapped_by_hand : public memory_by_hand {
 public:
  mapped_by_hand(mapping_shape shape, int file, std::size_t bytes)
      : memory_by_hand(shape), file_(file), bytes_(bytes) {}

  void open() {
    memory_by_hand::open(bytes_ / wasm_page);
    if (mmap(data(), bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file_, 0) == MAP_FAILED) stop("mmap");
  }

 private:
  int file_;
  std::size_t bytes_;
};

/// The alternative without images: ordinary memory, into which the contents are copied.
class copied : public quire_memory<quire::linux_allocator> {
 public:
  explicit copied(std::span<const std::byte> contents) : contents_(contents) {}

  void open() {
    quire_memory::open(contents_.size() / wasm_page);
    std::memcpy(data(), contents_.data(), contents_.size());
  }

 private:
  std::span<const std::byte> contents_;
};

/// A lifecycle in which one page in sixteen is written to, as by an instance that runs briefly.
template <std::size_t Bytes>
constexpr auto live = [](auto& memory) {
  return timed([&] {
    memory.open();
    for (std::size_t i = 0; i < Bytes; i += std::size_t{16} * 4096) memory.data()[i] = std::byte{2};
    memory.close();
  });
};

int file_of(std::span<const std::byte> contents) {
  const int file = memfd_create("by hand", MFD_CLOEXEC);
  if (file < 0 || write(file, contents.data(), contents.size()) != static_cast<ssize_t>(contents.size()))
    stop("memfd_create");
  return file;
}

template <std::size_t Bytes>
void ask_size(report& r, table& t, const std::string& name, std::size_t pairs) {
  progress(t.title + ": " + name);
  const std::vector<std::byte> contents = contents_of(Bytes);
  const auto image = started::image::from(contents);
  if (!image) return r.leave_out("an image of " + name, "it is not to be had here");
  const int file = file_of(contents);
  const mapped_by_hand same(
      shape_mapped_by<
          quire::linux_allocator::with_backing<quire::backing::linux_mmap<noting<quire::calls::linux_kernel>>>>(),
      file, Bytes);
  constexpr auto operation = live<Bytes>;
  const comparison c = compare({.by_hand = repeating(operation, same),
                                .quire = repeating(operation, from_an_image(*image)),
                                .by_hand_again = repeating(operation, same),
                                .instead = repeating(operation, copied(contents))},
                               pairs);
  ::close(file);
  add_comparison(t, name, c);
  t.rows.push_back({.name = name + ", copied", .time = c.instead});
}

}  // namespace

void ask_images(report& r, const options& o) {
  r.heading(
      "What does starting a memory from an image cost?",
      "A memory of the image's size and 4 GiB of address space is allocated, one page in sixteen is written to, and\n"
      "it is deallocated. By hand: the same mapping, and a private mapping of a file in memory. Copied: without an\n"
      "image, memcpy into a memory.");
  table t{.id = "images", .title = "a life that starts from contents", .baseline = "by hand", .instead = "copied"};
  const auto pairs = o.choose<std::size_t>(200, 1'000);
  ask_size<1_MiB>(r, t, "1 MiB", pairs);
  ask_size<16_MiB>(r, t, "16 MiB", o.choose<std::size_t>(30, 100));
  r.add(t);
}

}  // namespace bench
