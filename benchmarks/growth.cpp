// Growing from 64 KiB to hundreds of MiB, 64 KiB at a time, touching what was added: what is the best way?
#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <quire/page_size/transparent_huge.hpp>
#include <quire/platform/linux.hpp>

#include "clock.hpp"
#include "machine.hpp"
#include "memories.hpp"
#include "progress.hpp"
#include "questions.hpp"
#include "repetitions.hpp"
#include "warm.hpp"

namespace bench {
namespace {

// Each way has `start(bytes)`, `grow_to(bytes)` and `end()`, and returns where the memory lies.

template <class A>
class in_quire {
 public:
  std::byte* start(std::size_t bytes) {
    memory_.open(bytes / wasm_page);
    return memory_.data();
  }
  std::byte* grow_to(std::size_t bytes) {
    memory_.grow((bytes - memory_.size()) / wasm_page);
    return memory_.data();
  }
  void end() { memory_.close(); }

 private:
  quire_memory<A> memory_;
};

class in_reservation_by_hand {
 public:
  std::byte* start(std::size_t bytes) {
    memory_.open(bytes / wasm_page);
    return memory_.data();
  }
  std::byte* grow_to(std::size_t bytes) {
    memory_.grow((bytes - memory_.size()) / wasm_page);
    return memory_.data();
  }
  void end() { memory_.close(); }

 private:
  memory_by_hand memory_{{64_KiB, 4_GiB + 2_MiB, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE}};
};

class by_realloc {
 public:
  std::byte* start(std::size_t bytes) { return grow_to(bytes); }
  std::byte* grow_to(std::size_t bytes) {
    memory_ = std::realloc(memory_, bytes);
    if (memory_ == nullptr) stop("realloc");
    return static_cast<std::byte*>(memory_);
  }
  void end() {
    std::free(memory_);
    malloc_trim(0);  // or the next one would grow into pages that were touched already
    memory_ = nullptr;
  }

 private:
  void* memory_ = nullptr;
};

std::byte* map(std::size_t bytes) {
  void* const p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) stop("mmap");
  return static_cast<std::byte*>(p);
}

class by_mremap {
 public:
  std::byte* start(std::size_t bytes) {
    size_ = bytes;
    return memory_ = map(bytes);
  }
  std::byte* grow_to(std::size_t bytes) {
    void* const p = mremap(memory_, size_, bytes, MREMAP_MAYMOVE);
    if (p == MAP_FAILED) stop("mremap");
    size_ = bytes;
    return memory_ = static_cast<std::byte*>(p);
  }
  void end() { munmap(memory_, size_); }

 private:
  std::byte* memory_ = nullptr;
  std::size_t size_ = 0;
};

/// A new mapping whenever the old one is full, of twice the room or of just what is needed.
template <bool Doubles>
class by_copying {
 public:
  std::byte* start(std::size_t bytes) {
    size_ = room_ = bytes;
    return memory_ = map(bytes);
  }
  std::byte* grow_to(std::size_t bytes) {
    if (bytes > room_) move_to(Doubles ? std::max(2 * room_, bytes) : bytes);
    size_ = bytes;
    return memory_;
  }
  void end() { munmap(memory_, room_); }

 private:
  void move_to(std::size_t room) {
    std::byte* const larger = map(room);
    std::memcpy(larger, memory_, size_);
    munmap(memory_, room_);
    memory_ = larger;
    room_ = room;
  }

  std::byte* memory_ = nullptr;
  std::size_t size_ = 0, room_ = 0;
};

template <class Way>
void grow(benchmark::State& state, std::size_t last) {
  Way way;
  for (auto _ : state) {
    warm_memory(2 * last);
    const double time = timed([&] {
      touch(way.start(wasm_page), wasm_page);
      for (std::size_t size = wasm_page; size < last; size += wasm_page)
        touch(way.grow_to(size + wasm_page) + size, wasm_page);
    });
    state.SetIterationTime(time * 1e-9);
    way.end();
  }
}

struct named_way {
  const char* name;
  void (*grow)(benchmark::State&, std::size_t);
};

using in_blocks =
    quire::linux_allocator::with_page_size<quire::page_size::transparent_huge<quire::page_size::in_blocks>>;

constexpr const char *by_hand = "by hand, mprotect in a reservation", *instead = "realloc";
std::vector<named_way> ways(bool with_copying) {
  std::vector<named_way> all{{by_hand, grow<in_reservation_by_hand>},
                             {"linux_allocator", grow<in_quire<quire::linux_allocator>>},
                             {"transparent_huge<in_blocks>", grow<in_quire<in_blocks>>},
                             {instead, grow<by_realloc>},
                             {"mremap", grow<by_mremap>},
                             {"mmap and copy, doubling", grow<by_copying<true>>}};
  if (with_copying) all.push_back({"mmap and copy at each step", grow<by_copying<false>>});
  return all;
}

/// Copying at each step takes a time that grows with the square of the size, so it is left out of the larger one.
void ask_up_to(report& r, std::size_t bytes, int repetitions, bool with_copying) {
  const std::string size = std::to_string(bytes >> 20) + " MiB";
  const std::vector<named_way> asked = ways(with_copying);
  progress("growth: up to " + size);
  for (const named_way& way : asked)
    benchmark::RegisterBenchmark(way.name, [way, bytes](benchmark::State& state) { way.grow(state, bytes); })
        ->UseManualTime()
        ->Iterations(1)
        ->Repetitions(repetitions);
  const auto got = run_registered();
  const auto time_of = [&](const char* name) { return summarize(got.at(name).nanoseconds); };

  table t{.id = "growth_" + std::to_string(bytes >> 20) + "_mib",
          .title = "64 KiB to " + size,
          .baseline = "by hand",
          .instead = instead};
  const auto steps = static_cast<double>(bytes / wasm_page - 1);
  for (const named_way& way : asked) {
    const summary time = time_of(way.name);
    row made{.name = way.name, .time = time, .instead = time.median / time_of(instead).median};
    if (way.name != by_hand) made.ratio = time.divided_by(time_of(by_hand).median);
    char each[48];
    (void)std::snprintf(each, sizeof each, "%.1f us a step", time.median / steps / 1e3);
    made.remark = each;
    t.rows.push_back(made);
  }
  r.add(t);
}

}  // namespace

void ask_growth(report& r, const options& o) {
  r.heading("What is the best way to grow?",
            "From 64 KiB on, 64 KiB at a time, writing to each 4 KiB that was added. Only the first three never move, "
            "and only\n"
            "they fault beyond the end. realloc starts with fresh memory each time.");
  const std::size_t with_copying = o.choose(4_MiB, 16_MiB), largest = o.choose(64_MiB, 256_MiB);
  ask_up_to(r, with_copying, 5, true);
  if (3 * largest > available_bytes() || o.has_passed(0.75))
    r.warn("Growth: not up to " + std::to_string(largest >> 20) + " MiB, for lack of " +
           (o.has_passed(0.75) ? "time." : "memory."));
  else
    ask_up_to(r, largest, o.choose(5, 9), false);
}

}  // namespace bench
