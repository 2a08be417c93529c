// SPDX-License-Identifier: BSL-1.0
// What do shared memory and files cost that grow in place, beside the same calls by hand and what people use now?
#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <quire/file_memory.hpp>
#include <quire/shared_memory.hpp>

#include "overhead.hpp"
#include "peers.hpp"
#include "questions.hpp"

namespace bench {
namespace {

constexpr std::size_t piece = 65536, header = 65536;

void touch(std::byte* p) {
  for (std::size_t at = 0; at < piece; at += 4096) p[at] = std::byte{1};
}

/// A mapping of all that will ever be needed over a file that grows, with the size in its first page.
class grown_by_hand {
 public:
  grown_by_hand(int fd, std::size_t maximum) : fd_(fd), total_(header + maximum) {
    if (fd < 0 || ::fallocate(fd, 0, 0, header) != 0) stop("fallocate");
    void* const p = ::mmap(nullptr, total_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED) stop("mmap");
    base_ = static_cast<std::byte*>(p);
    size_ = new (p) std::atomic<std::uint64_t>(0);
  }
  grown_by_hand(const grown_by_hand&) = delete;
  grown_by_hand& operator=(const grown_by_hand&) = delete;
  ~grown_by_hand() {
    ::munmap(base_, total_);
    ::close(fd_);
  }
  std::byte* grow() {
    std::uint64_t now = size_->load(std::memory_order_acquire);
    do
      if (::fallocate(fd_, 0, static_cast<off_t>(header + now), piece) != 0) stop("fallocate");
    while (!size_->compare_exchange_strong(now, now + piece));
    return base_ + header + now;
  }
  [[nodiscard]] std::size_t size() const { return size_->load(std::memory_order_acquire); }

 private:
  int fd_;
  std::size_t total_;
  std::byte* base_ = nullptr;
  std::atomic<std::uint64_t>* size_ = nullptr;
};

struct memory_by_hand_shared : grown_by_hand {
  explicit memory_by_hand_shared(std::size_t maximum)
      : grown_by_hand(::memfd_create("by-hand", MFD_CLOEXEC), maximum) {}
};

template <class M>
std::byte* grow_quire(M& m) {
  const auto got = m.grow(quire::pages{1});
  if (!got) stop("grow");
  return m.data() + got->n * piece;
}

class quire_shared {
 public:
  explicit quire_shared(std::size_t maximum) {
    if (!memory_.create({.maximum = quire::pages{maximum / piece}})) stop("create");
  }
  std::byte* grow() { return grow_quire(memory_); }
  [[nodiscard]] std::size_t size() const { return memory_.size(); }

 private:
  quire::shared_memory<> memory_;
};

/// Made longer, and mapped again.
class interprocess_shared {
 public:
  explicit interprocess_shared(std::size_t)
      : name_("/quire-bench-" + std::to_string(::getpid())),
        object_(boost::interprocess::create_only, name_.c_str(), boost::interprocess::read_write) {}
  interprocess_shared(const interprocess_shared&) = delete;
  interprocess_shared& operator=(const interprocess_shared&) = delete;
  ~interprocess_shared() { boost::interprocess::shared_memory_object::remove(name_.c_str()); }
  std::byte* grow() {
    size_ += piece;
    object_.truncate(static_cast<boost::interprocess::offset_t>(size_));
    region_ = boost::interprocess::mapped_region(object_, boost::interprocess::read_write);
    return static_cast<std::byte*>(region_.get_address()) + size_ - piece;
  }
  /// What another process would have to ask.
  [[nodiscard]] std::size_t size() const {
    boost::interprocess::offset_t now = 0;
    if (!object_.get_size(now)) stop("get_size");
    return static_cast<std::size_t>(now);
  }

 private:
  std::string name_;
  boost::interprocess::shared_memory_object object_;
  boost::interprocess::mapped_region region_;
  std::size_t size_ = 0;
};

/// A path of this process alone.
std::string path_of(const char* kind) {
  return (std::filesystem::temp_directory_path() / ("quire-bench-" + std::to_string(::getpid()) + kind)).string();
}

class file_by_hand {
 public:
  explicit file_by_hand(std::size_t maximum)
      : path_(path_of("-by-hand")),
        file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), maximum) {}
  file_by_hand(const file_by_hand&) = delete;
  file_by_hand& operator=(const file_by_hand&) = delete;
  ~file_by_hand() { ::unlink(path_.c_str()); }
  void append(const std::byte* from) { std::memcpy(file_.grow(), from, piece); }

 private:
  std::string path_;
  grown_by_hand file_;
};

class quire_file {
 public:
  explicit quire_file(std::size_t maximum) : path_(path_of("-quire")) {
    if (!file_.create({.path = path_.c_str(), .maximum = quire::pages{maximum / piece}})) stop("create");
  }
  quire_file(const quire_file&) = delete;
  quire_file& operator=(const quire_file&) = delete;
  ~quire_file() { ::unlink(path_.c_str()); }
  void append(const std::byte* from) { std::memcpy(grow_quire(file_), from, piece); }

 private:
  std::string path_;
  quire::file_memory<> file_;
};

class stream {
 public:
  explicit stream(std::size_t) : path_(path_of("-stream")), file_(path_, std::ios::binary) {}
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  ~stream() { ::unlink(path_.c_str()); }
  void append(const std::byte* from) {
    if (!file_.write(reinterpret_cast<const char*>(from), piece).flush()) stop("write");
  }

 private:
  std::string path_;
  std::ofstream file_;
};

/// Nanoseconds to grow by so many pieces, each touched, without the object's own beginning and end.
template <class M>
double grow(std::size_t pieces) {
  M m(pieces * piece);
  return timed([&] {
    for (std::size_t i = 0; i < pieces; ++i) touch(m.grow());
  });
}
template <class F>
double append(std::size_t pieces) {
  static const std::vector<std::byte> data(piece, std::byte{3});
  F f(pieces * piece);
  return timed([&] {
    for (std::size_t i = 0; i < pieces; ++i) f.append(data.data());
  });
}
/// Nanoseconds to read the size so many times.
template <class M>
sampler read_size(std::size_t times) {
  const auto kept = std::make_shared<M>(16 * piece);
  (void)kept->grow();
  return [kept, times] {
    return timed([&] {
      for (std::size_t i = 0; i < times; ++i) {
        std::size_t now = kept->size();
        keep(&now);
      }
    });
  };
}

void add_rows(report& r, table& t, const char* name, const comparison& c, double largest) {
  add_comparison(t, name, c);
  t.rows.push_back({.name = t.instead, .time = c.instead});
  r.add(limit{t.title + ": " + name + ", to by hand", c.ratio.median, largest, judge(c, largest)});
  r.add(t);
}

void ask_growing(report& r, const options& o) {
  constexpr std::size_t pieces = 64;
  table t{.id = "shared, growing",
          .title = "grow a shared memory to 4 MiB by 64 KiB",
          .baseline = "by hand",
          .instead = "boost::interprocess"};
  progress(t.title);
  const comparison c = compare({.by_hand = [] { return grow<memory_by_hand_shared>(pieces); },
                                .quire = [] { return grow<quire_shared>(pieces); },
                                .by_hand_again = [] { return grow<memory_by_hand_shared>(pieces); },
                                .instead = [] { return grow<interprocess_shared>(pieces); }},
                               o.choose<std::size_t>(50, 400));
  add_rows(r, t, "shared_memory", c, 1.05);
}

void ask_reading(report& r, const options& o) {
  constexpr std::size_t times = 10'000;
  table t{.id = "shared, reading",
          .title = "read 10000 times how large a shared memory is",
          .baseline = "by hand",
          .instead = "boost::interprocess"};
  progress(t.title);
  const comparison c = compare({.by_hand = read_size<memory_by_hand_shared>(times),
                                .quire = read_size<quire_shared>(times),
                                .by_hand_again = read_size<memory_by_hand_shared>(times),
                                .instead = read_size<interprocess_shared>(times)},
                               o.choose<std::size_t>(50, 400));
  add_comparison(t, "shared_memory", c);
  t.rows.push_back({.name = t.instead, .time = c.instead});
  r.add(t);
}

void ask_files(report& r, const options& o) {
  constexpr std::size_t pieces = 64;
  table t{.id = "shared, file",
          .title = "append 4 MiB to a new file by 64 KiB, unflushed",
          .baseline = "by hand",
          .instead = "std::ofstream"};
  progress(t.title);
  const comparison c = compare({.by_hand = [] { return append<file_by_hand>(pieces); },
                                .quire = [] { return append<quire_file>(pieces); },
                                .by_hand_again = [] { return append<file_by_hand>(pieces); },
                                .instead = [] { return append<stream>(pieces); }},
                               o.choose<std::size_t>(8, 40));
  add_rows(r, t, "file_memory", c, 1.1);
}

}  // namespace

void ask_shared(report& r, const options& o) {
  r.heading("What do shared memory and files cost that grow in place?",
            "By hand: fallocate behind one mapping, and an atomic size. boost::interprocess makes an object longer and "
            "maps it again; another\nprocess has to ask for its size. A file is written and not flushed: that is the "
            "disk's time.");
  r.add(peers::boost("interprocess::shared_memory_object, truncated and mapped again to grow"));
  r.add(peers::standard_library("std::ofstream with its own buffer"));
  ask_growing(r, o);
  ask_reading(r, o);
  ask_files(r, o);
}

}  // namespace bench
