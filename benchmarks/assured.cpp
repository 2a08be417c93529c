// SPDX-License-Identifier: BSL-1.0
// What does it cost to check first whether memory is left?
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include <quire/residency/assured.hpp>
#include <quire/residency/populated.hpp>

#include "overhead.hpp"
#include "questions.hpp"

namespace bench {
namespace {

using populated = quire::linux_allocator::with_residency<quire::residency::populated>;
using assured = quire::linux_allocator::with_residency<quire::residency::assured>;

struct file_asked {
  std::string path;
  bool was_read = false;  // only looked up if false
};

/// The system's calls, with a record of the files that are opened.
struct noting_files : quire::calls::linux_kernel {
  static inline std::vector<file_asked> all{};
  static inline std::map<int, std::size_t> opened{};

  static int open_to_read(const char* path) noexcept {
    const int file = linux_kernel::open_to_read(path);
    all.push_back({path});
    opened[file] = all.size() - 1;
    return file;
  }
  static long read(int file, char* text, std::size_t bytes) noexcept {
    all[opened[file]].was_read = true;
    return linux_kernel::read(file, text, bytes);
  }
};

/// Returns the files of one growth; none if it is refused.
std::vector<file_asked> files_asked() {
  using pages = assured::pages;
  assured::with_backing<quire::backing::linux_mmap<noting_files>> memory;
  if (!memory.allocate(pages{0}, pages{1})) return {};
  noting_files::all.clear();
  return memory.grow(pages{1}) ? noting_files::all : std::vector<file_asked>{};
}

/// Grows as populated does, after reading the same files: each in one piece, and without parsing them.
class read_by_hand : public memory_by_hand {
 public:
  read_by_hand(mapping_shape shape, std::vector<file_asked> files) : memory_by_hand(shape), files_(std::move(files)) {}

  void grow(std::size_t count) {
    std::array<char, 4096> text;
    for (const file_asked& each : files_) {
      const int file = ::open(each.path.c_str(), O_RDONLY | O_CLOEXEC);
      if (file < 0) continue;
      if (each.was_read && ::read(file, text.data(), text.size()) < 0) stop("read");
      keep(text.data());
      ::close(file);
    }
    std::byte* const end = data() + size();
    memory_by_hand::grow(count);
    if (madvise(end, count * wasm_page, MADV_POPULATE_WRITE) != 0) stop("madvise");
  }

 private:
  std::vector<file_asked> files_;
};

template <std::size_t Pages>
constexpr auto grow_by = [](auto& memory) {
  memory.open(1);
  const double time = timed([&] { memory.grow(Pages); });
  memory.close();
  return time;
};

template <std::size_t Pages>
void ask_step(report& r, const options& o, const std::string& title, const read_by_hand& same) {
  progress(title);
  constexpr auto operation = grow_by<Pages>;
  const comparison c = compare({.by_hand = repeating(operation, same),
                                .quire = repeating(operation, quire_memory<assured>()),
                                .by_hand_again = repeating(operation, same),
                                .instead = repeating(operation, quire_memory<populated>())},
                               o.choose<std::size_t>(500, 2'000));
  table t{.id = title, .title = title, .baseline = "by hand", .instead = "populated"};
  add_comparison(t, "assured", c);
  t.rows.push_back({.name = "populated", .time = c.instead});
  r.add(t);
}

}  // namespace

void ask_assured(report& r, const options& o) {
  const std::vector<file_asked> files = files_asked();
  r.heading("What does it cost to ask first whether there is memory?",
            "Growing an assured memory, beside one that is populated. By hand: populated, after the same " +
                std::to_string(files.size()) +
                " files were opened\n"
                "and read, without a look at what they say.");
  if (files.empty()) return r.leave_out("assured memory", "it is not to be had here");
  const read_by_hand same(shape_mapped_by<assured::with_backing<quire::backing::linux_mmap<noting<noting_files>>>>(),
                          files);
  ask_step<1>(r, o, "assured: grow by 64 KiB", same);
  ask_step<16>(r, o, "assured: grow by 1 MiB", same);
}

}  // namespace bench
