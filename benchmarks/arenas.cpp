// SPDX-License-Identifier: BSL-1.0
// What does a life of an arena cost, beside a buffer that is reused by hand and the standard's monotonic resource?
#include <sys/mman.h>

#include <cstdint>
#include <memory_resource>
#include <string>

#include <quire/arena.hpp>
#include <quire/arena_resource.hpp>

#include "overhead.hpp"
#include "peers.hpp"
#include "questions.hpp"

namespace bench {
namespace {

constexpr std::size_t piece = 64, of_a_life = 1_MiB;

/// Cuts pieces from a buffer that was touched before.
class bumped_by_hand {
 public:
  bumped_by_hand() : buffer_(static_cast<std::byte*>(std::malloc(of_a_life + piece))) {
    if (buffer_ == nullptr) stop("malloc");
  }
  bumped_by_hand(const bumped_by_hand&) = delete;
  bumped_by_hand& operator=(const bumped_by_hand&) = delete;
  ~bumped_by_hand() { std::free(buffer_); }

  void* allocate() {
    const std::uintptr_t at = (top_ + 15) & ~std::uintptr_t{15};
    if (at + piece > reinterpret_cast<std::uintptr_t>(buffer_) + of_a_life + piece) stop("the buffer");
    top_ = at + piece;
    return reinterpret_cast<void*>(at);
  }
  void begin() { top_ = reinterpret_cast<std::uintptr_t>(buffer_); }

 private:
  std::byte* buffer_;
  std::uintptr_t top_ = 0;
};

class of_an_arena {
 public:
  void* allocate() { return arena_.allocate(piece).value(); }
  void begin() { arena_.reset(of_a_life + 65536); }

 private:
  quire::arena<> arena_;
};

/// Through the interface of std::pmr, as a container uses it.
template <class Resource>
class of_a_resource {
 public:
  void* allocate() { return hidden()->allocate(piece); }
  void begin() {
    if constexpr (requires { resource_.release(); })
      resource_.release();
    else
      resource_.reset(of_a_life + 65536);
  }

 private:
  /// The compiler does not see which resource it is.
  std::pmr::memory_resource* hidden() {
    std::pmr::memory_resource* r = &resource_;
    asm("" : "+r"(r));
    return r;
  }
  Resource resource_;
};

constexpr auto live = [](auto& from) {
  return timed([&] {
    from.begin();
    for (std::size_t i = 0; i < of_a_life / piece; ++i) {
      void* const p = from.allocate();
      *static_cast<std::uint64_t*>(p) = i;
      keep(p);
    }
  });
};

template <class Life>
sampler lives() {
  const auto kept = std::make_shared<Life>();
  return [kept] { return live(*kept); };
}

}  // namespace

void ask_arenas(report& r, const options& o) {
  r.heading("What does a life of an arena cost?",
            "1 MiB of pieces of 64 bytes, each written to, and all given back. By hand: cut from a buffer that is "
            "reused.");
  r.add(peers::standard_library("std::pmr::monotonic_buffer_resource as it is, released between lives"));
  table t{.id = "arenas", .title = "a life of 1 MiB of small pieces", .baseline = "by hand", .instead = "monotonic"};
  progress(t.title);
  const auto pairs = o.choose<std::size_t>(200, 2000);
  const auto compare_with = [&](sampler quire) {
    return compare({.by_hand = lives<bumped_by_hand>(),
                    .quire = std::move(quire),
                    .by_hand_again = lives<bumped_by_hand>(),
                    .instead = lives<of_a_resource<std::pmr::monotonic_buffer_resource>>()},
                   pairs);
  };
  const comparison direct = compare_with(lives<of_an_arena>());
  add_comparison(t, "arena", direct);
  const comparison resource = compare_with(lives<of_a_resource<quire::arena_resource<>>>());
  add_comparison(t, "arena_resource, through std::pmr", resource);
  t.rows.push_back({.name = "std::pmr::monotonic_buffer_resource", .time = resource.instead});
  r.add(limit{t.title + ": arena, to by hand", direct.ratio.median, 1.1, judge(direct, 1.1)});
  r.add(t);
}

}  // namespace bench
