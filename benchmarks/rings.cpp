// SPDX-License-Identifier: BSL-1.0
// What does a ring over mirrored memory cost, beside one that splits what wraps around, and Boost's queue?
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <quire/ring_buffer.hpp>

#include "overhead.hpp"
#include "peers.hpp"
#include "questions.hpp"

namespace bench {
namespace {

constexpr std::size_t ring_bytes = 64_KiB, whole = 16_MiB, between_threads = 1_MiB;

/// What is usually written by hand: a power of two, indices that are masked, copies in two parts at the end, and the
/// other side's index read again only when it is needed.
class masked_ring {
 public:
  std::size_t write_some(std::span<const std::byte> from) {
    const std::size_t at = written_.load(std::memory_order_relaxed);
    if (ring_bytes - (at - read_seen_) < from.size()) read_seen_ = read_.load(std::memory_order_acquire);
    const std::size_t n = std::min(ring_bytes - (at - read_seen_), from.size());
    const std::size_t first = std::min(n, ring_bytes - at % ring_bytes);
    std::memcpy(buffer_.data() + at % ring_bytes, from.data(), first);
    std::memcpy(buffer_.data(), from.data() + first, n - first);
    written_.store(at + n, std::memory_order_release);
    return n;
  }
  std::size_t read_some(std::span<std::byte> to) {
    const std::size_t at = read_.load(std::memory_order_relaxed);
    if (written_seen_ - at < to.size()) written_seen_ = written_.load(std::memory_order_acquire);
    const std::size_t n = std::min(written_seen_ - at, to.size());
    const std::size_t first = std::min(n, ring_bytes - at % ring_bytes);
    std::memcpy(to.data(), buffer_.data() + at % ring_bytes, first);
    std::memcpy(to.data() + first, buffer_.data(), n - first);
    read_.store(at + n, std::memory_order_release);
    return n;
  }

 private:
  std::vector<std::byte> buffer_ = std::vector<std::byte>(ring_bytes);
  alignas(128) std::atomic<std::size_t> written_{0};
  std::size_t read_seen_ = 0;
  alignas(128) std::atomic<std::size_t> read_{0};
  std::size_t written_seen_ = 0;
};

class mirrored_ring {
 public:
  mirrored_ring() { ring_.open(ring_bytes).value(); }
  std::size_t write_some(std::span<const std::byte> from) { return ring_.write_some(from); }
  std::size_t read_some(std::span<std::byte> to) { return ring_.read_some(to); }
  std::span<const std::byte> look(std::size_t bytes) { return ring_.readable().first(bytes); }
  void drop(std::size_t bytes) { (void)ring_.consume(bytes); }

 private:
  quire::ring_buffer<> ring_;
};

class queue_of_boost {
 public:
  std::size_t write_some(std::span<const std::byte> from) { return ring_.push(from.data(), from.size()); }
  std::size_t read_some(std::span<std::byte> to) { return ring_.pop(to.data(), to.size()); }

 private:
  boost::lockfree::spsc_queue<std::byte> ring_{ring_bytes};
};

std::uint64_t sum_of(std::span<const std::byte> bytes) {
  std::uint64_t sum = 0;
  for (const std::byte each : bytes) sum += std::to_integer<std::uint64_t>(each);
  return sum;
}

/// Nanoseconds to pass bytes through a ring in messages of this size, which do not divide its own.
template <class Ring>
double pass(Ring& ring, std::size_t message) {
  std::vector<std::byte> from(message), to(message);
  return timed([&] {
    for (std::size_t done = 0; done < whole; done += message)
      if (ring.write_some(from) != message || ring.read_some(to) != message) stop("a ring");
    keep(to.data());
  });
}

/// Lets this thread run on every processor but the one on which the program measures, if there is another.
void leave_processor(int measured_on) {
  cpu_set_t others;
  CPU_ZERO(&others);
  for (std::size_t i = 0; i < CPU_SETSIZE; ++i)
    if (i != static_cast<std::size_t>(measured_on)) CPU_SET(i, &others);
  (void)sched_setaffinity(0, sizeof others, &others);
}

/// The same from a thread to another; both let others run while they cannot go on.
template <class Ring>
double pass_between_threads(Ring& ring, std::size_t message) {
  const auto repeat = [message](auto move_some) {
    std::vector<std::byte> buffer(message);
    for (std::size_t done = 0; done < between_threads;) {
      const std::size_t n = move_some(std::span(buffer).first(std::min(message, between_threads - done)));
      if (n == 0) std::this_thread::yield();
      done += n;
    }
  };
  const int here = sched_getcpu();
  return timed([&] {
    std::thread writer([&] {
      leave_processor(here);
      repeat([&](std::span<const std::byte> from) { return ring.write_some(from); });
    });
    repeat([&](std::span<std::byte> to) { return ring.read_some(to); });
    writer.join();
  });
}

/// Messages are written, and looked at by a function that needs one span: in place if the ring can.
template <class Ring>
double look_at(Ring& ring, std::size_t message) {
  std::vector<std::byte> from(message), to(message);
  return timed([&] {
    std::uint64_t sum = 0;
    for (std::size_t done = 0; done < whole; done += message) {
      if (ring.write_some(from) != message) stop("a ring");
      if constexpr (requires { ring.look(message); }) {
        sum += sum_of(ring.look(message));
      } else {
        if (ring.read_some(to) != message) stop("a ring");
        sum += sum_of(to);
      }
      if constexpr (requires { ring.drop(message); }) ring.drop(message);
    }
    keep(&sum);
  });
}

template <class Ring, class Pass>
sampler passes(Pass through, std::size_t message) {
  const auto ring = std::make_shared<Ring>();
  return [=] { return through(*ring, message); };
}

void ask_messages(report& r, table t, auto through, std::size_t message, std::size_t pairs, double largest) {
  progress(t.title);
  t.baseline = "by hand";
  t.instead = "boost::lockfree::spsc_queue";
  const comparison c = compare({.by_hand = passes<masked_ring>(through, message),
                                .quire = passes<mirrored_ring>(through, message),
                                .by_hand_again = passes<masked_ring>(through, message),
                                .instead = passes<queue_of_boost>(through, message)},
                               pairs);
  add_comparison(t, "ring_buffer", c);
  t.rows.push_back({.name = t.instead, .time = c.instead});
  if (largest > 0) r.add(limit{t.title + ": ring_buffer, to by hand", c.ratio.median, largest, judge(c, largest)});
  r.add(t);
}

}  // namespace

void ask_rings(report& r, const options& o) {
  r.heading(
      "What does a ring cost whose memory lies twice in a row?",
      "16 MiB pass through a ring of 64 KiB, or 1 MiB between two threads, in messages that are copied in and out. "
      "By hand:\nmasked indices, and two copies where a "
      "message wraps around. A message that is added up is copied out first, unless it can be one span.");
  r.add(peers::boost("lockfree::spsc_queue of bytes, as large as the ring"));
  const auto in_one_thread = [](auto& ring, std::size_t message) { return pass(ring, message); };
  const auto between_two = [](auto& ring, std::size_t message) { return pass_between_threads(ring, message); };
  const auto pairs = o.choose<std::size_t>(20, 200);
  for (const std::size_t message : {std::size_t{24}, std::size_t{1500}}) {
    const std::string size = std::to_string(message) + " bytes";
    ask_messages(r, {.id = "rings, " + size, .title = "messages of " + size + ", one thread"}, in_one_thread, message,
                 pairs, 1.05);
    ask_messages(r, {.id = "rings, " + size + ", two threads", .title = "messages of " + size + ", two threads"},
                 between_two, message, o.choose<std::size_t>(10, 100), 0);
  }
  ask_messages(
      r, {.id = "rings, in place", .title = "messages of 1500 bytes, added up"},
      [](auto& ring, std::size_t message) { return look_at(ring, message); }, 1500, pairs, 1.05);
}

}  // namespace bench
