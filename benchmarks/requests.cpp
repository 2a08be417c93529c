// SPDX-License-Identifier: BSL-1.0
// What does the memory of a request cost, which is taken in small pieces and dropped at its end?
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <random>
#include <string>
#include <vector>

#include <quire/arena.hpp>
#include <quire/arena_resource.hpp>

#include "overhead.hpp"
#include "peers.hpp"
#include "peers/foonathan_memory.hpp"
#include "peers/jemalloc.hpp"
#include "peers/mimalloc.hpp"
#include "questions.hpp"
#include "rounds.hpp"

namespace bench {
namespace {

/// Pieces of 16 to 512 bytes, the same in each request.
std::vector<std::size_t> pieces_of(std::size_t bytes) {
  std::vector<std::size_t> all;
  std::minstd_rand random(1);
  for (std::size_t sum = 0; sum < bytes; sum += all.back()) all.push_back(16 + random() % 497);
  return all;
}

/// One buffer that is cut again for each request.
class cut_by_hand {
 public:
  explicit cut_by_hand(std::size_t bytes) : buffer_(bytes) {}
  void* allocate(std::size_t bytes) {
    const std::size_t at = (top_ + 15) & ~std::size_t{15};
    if (at + bytes > buffer_.size()) stop("the buffer");
    top_ = at + bytes;
    return buffer_.data() + at;
  }
  void drop() { top_ = 0; }

 private:
  std::vector<std::byte> buffer_;
  std::size_t top_ = 0;
};

class in_an_arena {
 public:
  explicit in_an_arena(std::size_t bytes) : kept_(bytes) {}
  void* allocate(std::size_t bytes) { return arena_.allocate(bytes).value(); }
  void drop() { arena_.reset(kept_); }

 private:
  std::size_t kept_;
  quire::arena<> arena_;
};

/// Through the interface of std::pmr, as a container uses it.
template <class Resource>
class in_a_resource {
 public:
  template <class... Arguments>
  explicit in_a_resource(std::size_t kept, Arguments&&... with) : kept_(kept), resource_(with...) {}
  void* allocate(std::size_t bytes) { return hidden()->allocate(bytes); }
  void drop() {
    if constexpr (requires { resource_.release(); })
      resource_.release();
    else
      resource_.reset(kept_);
  }

 private:
  /// The compiler does not see which resource it is.
  std::pmr::memory_resource* hidden() {
    std::pmr::memory_resource* r = &resource_;
    asm("" : "+r"(r));
    return r;
  }
  std::size_t kept_;
  Resource resource_;
};

/// The standard's resource with a buffer of its user's, to which `release` returns.
class in_a_buffered_resource {
 public:
  explicit in_a_buffered_resource(std::size_t bytes) : buffer_(bytes), resource_(bytes, buffer_.data(), bytes) {}
  void* allocate(std::size_t bytes) { return resource_.allocate(bytes); }
  void drop() { resource_.drop(); }

 private:
  std::vector<std::byte> buffer_;
  in_a_resource<std::pmr::monotonic_buffer_resource> resource_;
};

/// A heap that gives pieces back one by one: `Release` takes a piece and its bytes.
template <class Allocate, class Release>
class piece_by_piece {
 public:
  piece_by_piece(Allocate taking, Release releasing) : allocate_(taking), release_(releasing) {}
  void* allocate(std::size_t bytes) {
    all_.push_back({allocate_(bytes), bytes});
    return all_.back().first;
  }
  void drop() {
    for (const auto& [piece, bytes] : all_) release_(piece, bytes);
    all_.clear();
  }

 private:
  Allocate allocate_;
  Release release_;
  std::vector<std::pair<void*, std::size_t>> all_;
};

/// A heap of mimalloc's for each request, which is destroyed with all that is in it.
class in_a_mimalloc_heap {
 public:
  explicit in_a_mimalloc_heap(const mimalloc_library& library) : library_(library) {}
  void* allocate(std::size_t bytes) {
    if (heap_ == nullptr) heap_ = library_.heap_new();
    return library_.heap_malloc(heap_, bytes);
  }
  void drop() { library_.heap_destroy(std::exchange(heap_, nullptr)); }

 private:
  const mimalloc_library& library_;
  void* heap_ = nullptr;
};

/// An arena of jemalloc's, which is reset.
class in_a_jemalloc_arena {
 public:
  explicit in_a_jemalloc_arena(const jemalloc_library& library) : library_(library), index_(library.new_arena()) {}
  void* allocate(std::size_t bytes) { return library_.allocate(bytes, library_.in_arena(index_) | library_.no_cache); }
  void drop() {
    if (library_.control(reset_.c_str(), nullptr, nullptr, nullptr, 0) != 0)
      throw peer_failure("jemalloc", reset_ + " fails");
  }

 private:
  const jemalloc_library& library_;
  unsigned index_;
  std::string reset_ = "arena." + std::to_string(index_) + ".reset";
};

template <class Memory>
sampler requests_in(std::shared_ptr<Memory> memory, const char* whose,
                    std::shared_ptr<std::vector<std::size_t>> pieces) {
  const auto serve = [=] {
    for (const std::size_t bytes : *pieces) {
      void* const p = memory->allocate(bytes);
      if (p == nullptr) throw peer_failure(whose, "it has no more memory");
      *static_cast<std::uint64_t*>(p) = bytes;
      keep(p);
    }
    memory->drop();
  };
  return [=] {
    serve();  // finds the caches as the others left them
    return timed(serve);
  };
}

class ways_of_requests {
 public:
  explicit ways_of_requests(std::size_t bytes)
      : room_(2 * bytes + 64_KiB), pieces_(std::make_shared<std::vector<std::size_t>>(pieces_of(bytes))) {}

  template <class Memory, class... Arguments>
  void add(const char* name, side whose, const Arguments&... with) {
    add(name, whose, std::make_shared<Memory>(with...));
  }
  void add_heap(const char* name, auto allocate, auto release) {
    add(name, side::peer, std::make_shared<piece_by_piece<decltype(allocate), decltype(release)>>(allocate, release));
  }
  /// Returns the place of malloc and free.
  std::size_t add_standard() {
    add<cut_by_hand>("by hand", side::by_hand, room_);
    add<in_an_arena>("arena", side::quire, room_);
    add<in_a_resource<quire::arena_resource<>>>("arena_resource, through std::pmr", side::quire, room_);
    add<in_a_buffered_resource>("std::pmr::monotonic, with a buffer of its user's", side::peer, room_);
    add<in_a_resource<std::pmr::monotonic_buffer_resource>>("std::pmr::monotonic, growing", side::peer, room_);
    add<in_a_resource<std::pmr::unsynchronized_pool_resource>>("std::pmr::unsynchronized_pool", side::peer, room_);
    add_heap(
        "glibc: malloc and free", [](std::size_t bytes) { return std::malloc(bytes); },
        [](void* p, std::size_t) { std::free(p); });
    return all_.size() - 1;
  }
  void add_mimalloc(const mimalloc_library& library) {
    add<in_a_mimalloc_heap>("mimalloc: a heap, destroyed", side::peer, library);
    add_heap("mimalloc: mi_malloc and mi_free", library.malloc, [&](void* p, std::size_t) { library.free(p); });
  }
  void add_jemalloc(const jemalloc_library& library) {
    add<in_a_jemalloc_arena>("jemalloc: an arena, reset", side::peer, library);
    add_heap(
        "jemalloc: mallocx and sdallocx", [&](std::size_t bytes) { return library.allocate(bytes, 0); },
        [&](void* p, std::size_t bytes) { library.release(p, bytes, 0); });
  }
  void add_foonathan() {
#if BENCH_HAS_FOONATHAN_MEMORY
    struct stack : foonathan_stack {
      using foonathan_stack::foonathan_stack;
      void drop() { unwind(); }
    };
    add<stack>("foonathan/memory: memory_stack", side::peer, (room_ + 4095) / 4096 * 4096);
#endif
  }
  [[nodiscard]] std::size_t pieces() const { return pieces_->size(); }
  [[nodiscard]] const std::vector<way>& all() const { return all_; }

 private:
  template <class Memory>
  void add(const char* name, side whose, std::shared_ptr<Memory> memory) {
    all_.push_back({.name = name, .whose = whose, .take = requests_in(std::move(memory), name, pieces_)});
  }

  std::size_t room_;
  std::shared_ptr<std::vector<std::size_t>> pieces_;
  std::vector<way> all_;
};

/// The heaps that are loaded, or why they are not.
struct loaded_heaps {
  mimalloc_library mimalloc;
  jemalloc_library jemalloc;

  explicit loaded_heaps(report& r) {
    r.add(peers::glibc());
    r.add(peers::standard_library("std::pmr: its resources, released after each request"));
    if (mimalloc.from.problem().empty())
      r.add(peer{"mimalloc", mimalloc.version(), "a heap for each request, destroyed; and piece by piece"});
    else
      r.leave_out("mimalloc", mimalloc.from.problem());
    if (jemalloc.from.problem().empty())
      r.add(
          peer{"jemalloc", jemalloc.version(), "an arena, reset after each request; and piece by piece, with a cache"});
    else
      r.leave_out("jemalloc", jemalloc.from.problem());
#if BENCH_HAS_FOONATHAN_MEMORY
    r.add(peer{"foonathan/memory", foonathan_stack::version(), "memory_stack over virtual_block_allocator, unwound"});
#else
    r.leave_out("foonathan/memory", "it was not found when this was built");
#endif
  }
};

void ask_size(report& r, const options& o, const loaded_heaps& heaps, std::size_t bytes) {
  ways_of_requests ways(bytes);
  const std::size_t heap = ways.add_standard();
  if (heaps.mimalloc.from.problem().empty()) ways.add_mimalloc(heaps.mimalloc);
  if (heaps.jemalloc.from.problem().empty()) ways.add_jemalloc(heaps.jemalloc);
  ways.add_foonathan();
  const std::string size = std::to_string(bytes >> 10) + " KiB";
  table t{.id = "requests, " + size,
          .title = "a request: " + std::to_string(ways.pieces()) + " pieces, " + size,
          .baseline = "by hand",
          .instead = "malloc"};
  progress(t.title);
  const compared_ways got(r, t.title, ways.all(), {0}, {.least = std::chrono::milliseconds(o.choose(150, 800))});
  got.add_rows(t);
  for (row& each : t.rows)
    if (each.whose == side::quire) each.instead = each.time.median / got.time(heap).median;
  const comparison arena = got.beside_baseline(1);
  r.add(limit{t.title + ": arena, to by hand", arena.ratio.median, 1.25, judge(arena, 1.25)});
  r.add(t);
}

}  // namespace

void ask_requests(report& r, const options& o) {
  r.heading(
      "What does the memory of a request cost?",
      "Pieces of 16 to 512 bytes are taken, each is written to, and all are dropped at the end. By hand: cut from a\n"
      "buffer that is reused. Each peer drops them in the best way that it has.");
  if (o.has_passed(0.95)) return r.leave_out("the memory of a request", "for lack of time");
  const loaded_heaps heaps(r);
  ask_size(r, o, heaps, 64_KiB);
  ask_size(r, o, heaps, 1_MiB);
}

}  // namespace bench
