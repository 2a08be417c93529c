// SPDX-License-Identifier: BSL-1.0
// A small WebAssembly runtime, to copy from: it serves requests by guests' code that wasm2c has translated.
//
// - A guest is initialised once. Each request gets an instance of its own that starts from the image of it, on memory
//   of a pool, without a page fault where the slot has been used before.
// - What a guest does wrong is the answer to its own request, and touches no other (guarded_call.hpp).
// - A guest gets so much memory and so much processor time, all of them get so many slots, and when the machine runs
//   short, memory of free slots is given back.
#include <poll.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <quire/pressure_monitor.hpp>

#include "guarded_call.hpp"
#include "guest_memory.hpp"

using namespace std::chrono_literals;

/// What a guest imports: the host's side of one instance.
struct w2c_env {
  w2c_guest* guest = nullptr;
  std::string said{};

  static constexpr std::size_t most = 1000;  // bytes that a guest may say
};

// The guest names bytes of its memory. The host checks them, since nothing else would.
void w2c_env_say(w2c_env* host, u32 at, u32 count) {
  const bool inside = runtime::call_host([=] {
    const wasm_rt_memory_t& memory = host->guest->w2c_memory;
    if (at > memory.size || count > memory.size - at || count > w2c_env::most - host->said.size()) return false;
    host->said.append(reinterpret_cast<const char*>(memory.data) + at, count);
    return true;
  });
  if (!inside) wasm_rt_trap(WASM_RT_TRAP_OOB);
}

namespace {

using runtime::answer, runtime::pool;

constexpr quire::pages most_memory{4};  // of a guest: 256 KiB
constexpr auto most_time = 20ms;        // of a processor, for one call
constexpr std::uint32_t most_guests = 8;

enum service : std::uint32_t { is_prime, greet, read_byte, overwrite, hoard, loop, recurse, divide };

struct request {
  service wanted;
  std::uint32_t argument;
  answer expected;
};

const auto out_of_bounds = std::unexpected(wasm_rt_strerror(WASM_RT_TRAP_OOB));

// What guests are asked for, good and bad ones. After each the next finds the sieve as the initialisation left it.
const std::vector<request> requests{
    {is_prime, 7919, 1},
    {overwrite, 255, 65536},
    {is_prime, 7919, 1},
    {greet, 7, 7},
    {greet, 1'000'000, out_of_bounds},                                         // the host refuses
    {read_byte, 131072, out_of_bounds},                                        // the hardware does
    {read_byte, 0xffff'ffff, out_of_bounds},                                   //
    {hoard, 0, static_cast<std::uint32_t>(most_memory.n)},                     // the pool refuses more
    {read_byte, 131072, out_of_bounds},                                        // what another has grown by
    {recurse, 0, std::unexpected(wasm_rt_strerror(WASM_RT_TRAP_EXHAUSTION))},  //
    {divide, 0, std::unexpected(wasm_rt_strerror(WASM_RT_TRAP_DIV_BY_ZERO))},  //
    {is_prime, 7917, 0},
};

/// An instance for one request, which begins as the image does, and is gone afterwards. `host` has what it said.
answer serve(const runtime::image& start, service wanted, std::uint32_t argument, w2c_env& host) {
  w2c_guest guest;
  const std::pair host_of_this_one(&w2c_guest::w2c_env_instance, &host);
  const auto started = start.instantiate(guest, host_of_this_one);
  if (!started) return std::unexpected(started.error().message());
  host.guest = &guest;
  const answer got = runtime::call_guest(most_time, [&] { return w2c_guest_serve(&guest, wanted, argument); });
  wasm2c_guest_free(&guest);
  return got;
}

bool as_expected(const request& asked, const answer& got) {
  const auto same_reason = [&] { return std::string_view(got.error()) == asked.expected.error(); };
  if (got.has_value() == asked.expected.has_value() && (got ? *got == *asked.expected : same_reason())) return true;
  std::printf("service %u of %u: %s\n", asked.wanted, asked.argument, got ? "another answer" : got.error());
  return false;
}

/// Without a slot for it, a guest is refused, and the others go on.
bool refuses_when_all_slots_are_taken(const runtime::image& start) {
  std::vector<w2c_guest> guests(most_guests);
  for (w2c_guest& each : guests)
    if (!start.instantiate(each)) return false;
  w2c_guest one_more;
  const auto refused = start.instantiate(one_more);
  for (w2c_guest& each : guests) wasm2c_guest_free(&each);
  if (!refused) std::printf("guest %u at once: %s\n", most_guests + 1, refused.error().message());
  return !refused;
}

/// Between requests, and where nothing tells of pressure, never.
void give_back_if_short(quire::result<quire::pressure_monitor>& monitor) {
  if (!monitor) return;
  pollfd one{monitor->descriptor(), monitor->events(), 0};
  if (poll(&one, 1, 0) > 0 && monitor->take(one.revents) != quire::pressure::none) pool.trim();
}

/// The first guest: its initialisation is a guest's code, too, and may trap. It has no deadline, which could interrupt
/// wasm2c's code while that allocates tables and the memory.
answer initialise(w2c_guest& first, w2c_env& host) {
  return runtime::call_guest(0s, [&] { return wasm2c_guest_instantiate(&first, &host), 0U; });
}

class stopwatch {
 public:
  [[nodiscard]] double microseconds() const {
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace

int main() {
  wasm_rt_init();
  wasm2c_guest_init_module();
  // Between guests, at most 1 MiB of all slots together stays in memory.
  const auto opened =
      pool.open({.slots = most_guests, .maximum = most_memory, .keep_resident_in_all = std::size_t{1} << 20});
  if (!opened) return std::puts(opened.error().message()), 1;
  if (!runtime::limit_stack(std::size_t{1} << 20) || !runtime::install_handlers()) return 1;

  w2c_guest first{};
  w2c_env host{};
  const stopwatch initialising;
  if (const answer ready = initialise(first, host); !ready) return std::puts(ready.error()), 1;
  const double initialised = initialising.microseconds();
  const auto start = runtime::image::of(pool, first);
  if (!start) return std::puts(start.error().message()), 1;
  wasm2c_guest_free(&first);

  auto monitor = quire::pressure_monitor::open();  // not every system reports memory pressure
  int served = 0, failed = 0, wrong = 0;
  for (int round = 0; round != 500; ++round)
    for (const request& asked : requests) {
      w2c_env guests_host;
      const answer got = serve(*start, asked.wanted, asked.argument, guests_host);
      ++(got ? served : failed);
      wrong += !as_expected(asked, got) || guests_host.said != (got && asked.wanted == greet ? "a prime" : "");
      give_back_if_short(monitor);
    }

  const answer late = serve(*start, loop, 0, host);
  if (!late) std::printf("a guest that loops: %s\n", late.error());
  wrong += late.has_value();

  const stopwatch instantiating;
  for (int i = 0; i != 1000; ++i) {
    w2c_guest guest;
    if (!start->instantiate(guest)) return 1;
    wasm2c_guest_free(&guest);
  }
  std::printf("initialised once in %.0f us, started and freed in %.1f us each\n", initialised,
              instantiating.microseconds() / 1000);
  wrong += !refuses_when_all_slots_are_taken(*start);

  const quire::pool_statistics seen = pool.statistics();
  std::printf("%d requests answered, %d failed; %llu memories came from %u slots, %zu KiB stayed in memory\n", served,
              failed, static_cast<unsigned long long>(seen.recycled), seen.ever_used, seen.resident >> 10);
  pool.trim();
  return wrong == 0 && served == 500 * 6 && seen.live == 0 && pool.statistics().resident == 0 ? 0 : 1;
}
