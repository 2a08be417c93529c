// SPDX-License-Identifier: BSL-1.0
// Rings: every offset of the wrap, random operations beside a queue, one thread that writes and one that reads.
#include <quire/ring_buffer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <span>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <quire/memory_partition.hpp>
#include <quire/quire.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_configs.hpp"

namespace quire::test {
namespace {

/// No size of a memory is a multiple of its own, so that elements themselves wrap around.
struct odd_element {
  std::uint64_t number;
  std::uint32_t rest[4];
};
static_assert(sizeof(odd_element) == 24);
struct wide_element {
  std::uint64_t number;
  unsigned char rest[4999];
};

template <class T>
T element(std::uint64_t number) {
  T made{};
  if constexpr (requires { made.number; })
    made.number = number;
  else
    made = static_cast<T>(number);
  return made;
}
template <class T>
bool is_element(const T& e, std::uint64_t number) {
  if constexpr (requires { e.number; })
    return e.number == number;
  else
    return e == static_cast<T>(number);
}

TEST_CASE("bytes that wrap around are one span, whatever their offset", "[rings]") {
  ring_buffer<> ring;
  REQUIRE(ring.open(1));
  const std::size_t all = ring.capacity(), step = all / 4096;
  std::vector<std::byte> written(all), read(all);
  for (std::size_t i = 0; i < all; ++i) written[i] = static_cast<std::byte>(i * 7 / 3);
  for (std::size_t at = 0; at < all; at += step) {
    INFO("at " << at);
    const std::span<std::byte> room = ring.writable();
    REQUIRE(room.size() == all);
    REQUIRE(ring.write_some(written) == all);
    REQUIRE(ring.writable().empty());
    REQUIRE(ring.write_some(written) == 0);
    REQUIRE(ring.readable().size() == all);
    REQUIRE(ring.readable().data() == room.data());
    REQUIRE(ring.read_some(read) == all);
    REQUIRE(read == written);
    REQUIRE(ring.read_some(read) == 0);
    REQUIRE(ring.writable().size() == all);
    REQUIRE(ring.commit(step));  // moves on
    REQUIRE(ring.readable().size() == step);
    REQUIRE(ring.consume(step));
  }
}

template <class T>
void random_operations_on_ring(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto draw = [&](std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random); };
  ring_buffer<T> ring;
  REQUIRE(ring.open(3));
  std::deque<std::uint64_t> model;
  std::uint64_t next = 0;
  std::vector<T> buffer(ring.capacity() + 2);
  const auto write = [&](T& to) {
    to = element<T>(next);
    model.push_back(next++);
  };
  const auto same = [&](const T& from) {
    const bool is_same = is_element(from, model.front());
    model.pop_front();
    return is_same;
  };
  for (int i = 0; i < 3000; ++i) {
    const std::size_t room = ring.capacity() - model.size(), n = draw(ring.capacity() + 1);
    std::size_t wrong = 0;
    switch (draw(7)) {
      case 0: {
        const auto to = ring.writable();
        REQUIRE(to.size() == room);
        const std::size_t count = std::min(n, room);
        for (std::size_t k = 0; k < count; ++k) write(to[k]);
        REQUIRE(ring.commit(count));
        break;
      }
      case 1: {
        for (std::size_t k = 0; k < n; ++k) buffer[k] = element<T>(next + k);
        REQUIRE(ring.write_some(std::span(buffer).first(n)) == std::min(n, room));
        for (std::size_t k = 0; k < std::min(n, room); ++k) model.push_back(next++);
        break;
      }
      case 2:
        REQUIRE(ring.try_push(element<T>(next)) == (room != 0));
        if (room != 0) model.push_back(next++);
        break;
      case 3: {
        const auto from = ring.readable();
        REQUIRE(from.size() == model.size());
        const std::size_t count = std::min(n, model.size());
        for (std::size_t k = 0; k < count; ++k) wrong += same(from[k]) ? 0U : 1U;
        REQUIRE(ring.consume(count));
        break;
      }
      case 4: {
        const std::size_t count = ring.read_some(std::span(buffer).first(n));
        REQUIRE(count == std::min(n, model.size()));
        for (std::size_t k = 0; k < count; ++k) wrong += same(buffer[k]) ? 0U : 1U;
        break;
      }
      case 5: {
        const bool some = !model.empty();
        REQUIRE(ring.try_pop(buffer[0]) == some);
        if (some) wrong = same(buffer[0]) ? 0 : 1;
        break;
      }
      default:  // more than there are
        (void)ring.writable();
        REQUIRE(is_refused(ring.commit(room + 1 + n), errc::out_of_range));
        (void)ring.readable();
        REQUIRE(is_refused(ring.consume(model.size() + 1 + n), errc::out_of_range));
        REQUIRE(is_refused(ring.consume(SIZE_MAX), errc::out_of_range));
    }
    REQUIRE(wrong == 0);
    REQUIRE(ring.size() == model.size());
    REQUIRE(ring.empty() == model.empty());
  }
}

TEMPLATE_TEST_CASE("random operations on a ring do as a queue does", "[rings]", unsigned char, std::uint64_t,
                   odd_element, wide_element) {
  for (std::uint32_t seed = 1; seed <= 3; ++seed) random_operations_on_ring<TestType>(seed);
}

/// Writes and reads by every member in turn; what is read is in order.
template <class Ring>
void run_two_threads(Ring& ring, std::uint64_t count) {
  using T = typename Ring::value_type;
  std::thread writer([&] {
    std::mt19937 random(1);
    std::array<T, 37> some;
    for (std::uint64_t next = 0; next < count;) {
      const std::uint64_t before = next;
      const std::size_t n = std::min<std::uint64_t>(1 + random() % some.size(), count - next);
      switch (random() % 3) {
        case 0: {
          const auto to = ring.writable();
          const std::size_t fit = std::min(to.size(), n);
          for (std::size_t i = 0; i < fit; ++i) to[i] = element<T>(next++);
          (void)ring.commit(fit);
          break;
        }
        case 1:
          for (std::size_t i = 0; i < n; ++i) some[i] = element<T>(next + i);
          next += ring.write_some(std::span(some).first(n));
          break;
        default: next += ring.try_push(element<T>(next)) ? 1U : 0U;
      }
      if (next == before) std::this_thread::yield();
    }
  });
  std::mt19937 random(2);
  std::array<T, 41> some;
  std::uint64_t wrong = 0;
  for (std::uint64_t next = 0; next < count;) {
    const std::uint64_t before = next;
    switch (random() % 3) {
      case 0: {
        const auto from = ring.readable();
        for (const T& each : from) wrong += is_element(each, next++) ? 0U : 1U;
        (void)ring.consume(from.size());
        break;
      }
      case 1: {
        const std::size_t n = ring.read_some(some);
        for (std::size_t i = 0; i < n; ++i) wrong += is_element(some[i], next++) ? 0U : 1U;
        break;
      }
      default:
        if (ring.try_pop(some[0])) wrong += is_element(some[0], next++) ? 0U : 1U;
    }
    if (next == before) std::this_thread::yield();
  }
  writer.join();
  CHECK(wrong == 0);
  CHECK(ring.empty());
}

TEMPLATE_TEST_CASE("one thread writes and another reads, in order", "[rings][threads]", unsigned char, std::uint64_t,
                   odd_element, wide_element) {
  ring_buffer<TestType> ring;
  REQUIRE(ring.open(2));
  run_two_threads(ring, std::min<std::uint64_t>(200'000, 500 * ring.capacity()));
}

template <class A, class... Given>
void verify_ring_over(Given... given) {
  basic_ring_buffer<odd_element, A> ring(given...);
  CHECK_FALSE(ring.is_open());
  REQUIRE(ring.open(1000));
  CHECK(ring.capacity() >= 1000);
  CHECK(ring.capacity() == ring.memory().size() / sizeof(odd_element));
  run_two_threads(ring, 20'000);
  CHECK(ring.close());
  CHECK_FALSE(ring.is_open());
}

TEST_CASE("rings over the ready typedefs", "[rings][threads]") {
  verify_ring_over<linux_allocator>();
  verify_ring_over<huge_linux_allocator>();
  verify_ring_over<checked_linux_allocator>();
  verify_ring_over<numa_linux_allocator>(placement::prefer{.node = 0});
  verify_ring_over<linux_allocator::with_residency<residency::locked>>();
  memory_partition<linux_allocator::backing_type> partition;
  REQUIRE(partition.open({.name = "rings", .maximum = 1 << 20}));
  verify_ring_over<with_partition<linux_allocator>>(backing::partitioned{partition});
  CHECK(partition.charged() == 0);
}

TEST_CASE("a ring that is not open holds nothing, and takes nothing", "[rings]") {
  ring_buffer<int> ring;
  int value = 1;
  CHECK(ring.capacity() == 0);
  CHECK(ring.writable().empty());
  CHECK(ring.readable().empty());
  CHECK_FALSE(ring.try_push(1));
  CHECK_FALSE(ring.try_pop(value));
  CHECK(ring.write_some({&value, 1}) == 0);
  CHECK(ring.commit(0));
  CHECK(is_refused(ring.commit(1), errc::out_of_range));
  CHECK(is_refused(ring.close(), errc::not_allocated));
  CHECK(is_refused(ring.open(0), errc::invalid_argument));
  CHECK(is_refused(ring.open(SIZE_MAX), errc::limit_exceeded));
  CHECK(is_refused(ring.open(SIZE_MAX / sizeof(int) + 2), errc::limit_exceeded));
  REQUIRE(ring.open(1));
  CHECK(is_refused(ring.open(1), errc::already_allocated));
  CHECK(ring.capacity() != 0);
}

TEST_CASE("a ring that is moved keeps its elements, and begins anew after it was closed", "[rings]") {
  ring_buffer<int> ring;
  REQUIRE(ring.open(10));
  int value = 0;
  for (int i = 0; i < 5000; ++i) {
    REQUIRE(ring.try_push(i));
    REQUIRE(ring.try_push(-i));
    ring_buffer<int> other(std::move(ring));
    CHECK(ring.capacity() == 0);
    CHECK_FALSE(ring.try_push(1));
    REQUIRE((other.try_pop(value) && value == i));
    ring = std::move(other);
    REQUIRE((ring.try_pop(value) && value == -i));
  }
  REQUIRE(ring.try_push(1));
  REQUIRE(ring.close());
  REQUIRE(ring.open(10));
  CHECK(ring.empty());
  CHECK(ring.readable().empty());
  CHECK(ring.writable().size() == ring.capacity());
}

TEST_CASE("a ring whose memory cannot be had, or released, is as it was", "[rings][fault]") {
  using injector = failing_store::calls::watcher;
  basic_ring_buffer<int, linux_allocator::with_backing<failing_store>> ring;
  injector::arm({0, {ENOMEM, false}});
  CHECK_FALSE(ring.open(1));
  injector::arm();
  CHECK_FALSE(ring.is_open());
  REQUIRE(ring.open(1));
  REQUIRE(ring.try_push(5));
  injector::arm({0, {ENOMEM, false}});
  CHECK_FALSE(ring.close());
  injector::arm();
  int value = 0;
  CHECK((ring.try_pop(value) && value == 5));
  CHECK(ring.close());
}

}  // namespace
}  // namespace quire::test
