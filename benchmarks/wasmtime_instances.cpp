// SPDX-License-Identifier: BSL-1.0
// What do Wasmtime's instances cost on memories that Quire allocates on demand, beside Wasmtime's own?
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include <quire/engine/wasmtime.hpp>
#include <quire/protection/index_space.hpp>

#include "machine.hpp"
#include "mappings.hpp"
#include "overhead.hpp"
#include "questions.hpp"
#include "text_file.hpp"
#include "warm.hpp"
#include "wasmtime_engine.hpp"

namespace bench {
namespace {

using small_index_space = quire::linux_allocator::with_protection<quire::protection::index_space<32, 25>>;
constexpr std::size_t size = 1_MiB, growths = 500, most_alive = 60'000;

/// `touch` writes to so many pages of 4 KiB, `grow` adds pages of 64 KiB, one by one. A module has contents, as all
/// real ones have.
constexpr const char* text = R"((module
  (memory 16 1024)
  (data (i32.const 4096) "contents")
  (func (export "touch") (param $pages i32) (local $page i32)
    (loop $next
      (i32.store8 (i32.shl (local.get $page) (i32.const 12)) (i32.const 1))
      (br_if $next (i32.lt_u (local.tee $page (i32.add (local.get $page) (i32.const 1))) (local.get $pages)))))
  (func (export "grow") (param $times i32)
    (loop $next
      (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
      (br_if $next (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))))
)";

/// A way to have memories: what it sets in an engine.
struct way {
  const char* name;
  void (*set)(wasm_config_t*);
  double least_alive = 0;  // with 47 bits of addresses and 65,530 mappings
};
constexpr way own{"Wasmtime", [](wasm_config_t*) {}};
constexpr way without_images{"Wasmtime, without images of data",
                             [](wasm_config_t* config) { obtain_wasmtime()->init_cow_set(config, false); }};
constexpr way typedefs[] = {
    {"index_space<32, 25>", &quire::engine::wasmtime_memory<small_index_space>::install, 32'400},
    {"wasm_linux_allocator", &quire::engine::wasmtime_memory<quire::wasm_linux_allocator>::install, 16'300},
    {"linux_allocator, with bounds checks", &quire::engine::wasmtime_memory<quire::linux_allocator>::install, 32'600},
};

/// The module in an engine of its own.
class contender {
 public:
  contender(const wasmtime_library& library, const way& how)
      : engine_(library, how.set), module_(library, engine_.get(), text) {}

  [[nodiscard]] const wasmtime_module& module() const { return module_; }

 private:
  wasmtime_engine engine_;
  wasmtime_module module_;
};

double life_of(const contender& c, std::size_t pages) {
  return live(pages < 16 ? 8 : 2, [&] { wasmtime_instance(c.module()).call("touch", pages); });
}
double growth_of(const contender& c) {
  wasmtime_instance one(c.module());
  one.call("touch", 1);
  return timed([&] { one.call("grow", growths); }) / growths;
}

/// Each way beside Wasmtime's own memory; the control is a second engine with that.
void ask_beside_own(report& r, const wasmtime_library& library, table t, std::size_t pairs, double largest,
                    auto sample) {
  const auto sampling = [&](const way& how) -> sampler {
    return [sample, one = std::make_shared<contender>(library, how)] { return sample(*one); };
  };
  const sampler by_hand = sampling(own), again = sampling(own);
  const auto beside_own = [&](const way& how) {
    progress(t.title + ": " + how.name);
    const comparison c = compare({by_hand, sampling(how), again, {}}, pairs);
    if (t.rows.empty()) t.rows.push_back({.name = own.name, .time = c.by_hand});
    t.rows.push_back(row_of(how.name, c));
    return c;
  };
  (void)beside_own(without_images);
  for (const way& each : typedefs) {
    const comparison c = beside_own(each);
    r.add(limit{t.title + ": " + each.name + ", to Wasmtime", c.ratio.median, largest, judge(c, largest)});
  }
  r.add(t);
}

/// What a child process tells, also if it is ended.
struct tally {
  std::atomic<std::size_t> alive = 0, mappings = 0, tib = 0;
};

/// Makes instances until one is refused.
[[noreturn]] void make_all(const wasmtime_library& library, const way& how, tally& told) {
  const contender c(library, how);
  std::vector<std::unique_ptr<wasmtime_instance>> all;
  for (; told.alive != most_alive; ++told.alive) {
    all.push_back(std::make_unique<wasmtime_instance>(c.module()));
    if (!all.back()->is_there()) break;
  }
  told.tib = std::stoull(value_of("/proc/self/status", "VmSize", "0")) >> 30;
  told.mappings = mappings();
  _exit(EXIT_SUCCESS);
}

/// What there was no more of.
std::string limit_met(const tally& told) {
  const std::string used = std::to_string(told.mappings) + " mappings, " + std::to_string(told.tib) + " TiB: ";
  if (told.alive == most_alive) return used + "none was refused";
  return used + (told.mappings + 4 > most_mappings() ? "no more mappings" : "no more addresses");
}

/// What ended the counting.
std::string end_of_counting(int status, const tally& told) {
  if (!WIFSIGNALED(status)) return limit_met(told);
  return WTERMSIG(status) == SIGALRM ? "then nothing happened for half a minute" : "then Wasmtime ended the process";
}

/// Counts in a child process, as Wasmtime may end the process where it finds no addresses, or wait for ever.
row count_alive(const wasmtime_library& library, const way& how, side whose) {
  void* const shared = mmap(nullptr, sizeof(tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) stop("mmap");
  auto* const told = new (shared) tally;
  const pid_t child = fork();
  if (child < 0) stop("fork");
  if (child == 0) {
    if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(EXIT_FAILURE);  // Wasmtime would tell its end there
    alarm(30);
    try {
      make_all(library, how, *told);
    } catch (const peer_failure&) {
      _exit(EXIT_FAILURE);
    }
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) stop("waitpid");
  if (WIFEXITED(status) && WEXITSTATUS(status) != EXIT_SUCCESS)
    throw peer_failure("Wasmtime", "the process that counts instances fails");
  row counted{.name = how.name,
              .count = static_cast<double>(told->alive),
              .remark = end_of_counting(status, *told),
              .whose = whose};
  munmap(shared, sizeof(tally));
  return counted;
}

/// As many as the mappings or the addresses of a process suffice for.
void ask_alive(report& r, const wasmtime_library& library) {
  table t{.id = "wasmtime_alive", .title = "alive at once", .counted = "instances"};
  const auto count = [&](const way& how, side whose) {
    progress(t.title + ": " + how.name);
    t.rows.push_back(count_alive(library, how, whose));
    return *t.rows.back().count;
  };
  (void)count(own, side::peer);
  (void)count(without_images, side::peer);
  for (const way& each : typedefs) {
    const double alive = count(each, side::quire);
    r.add(limit{std::string("instances alive: ") + each.name + ", at least " +
                    std::to_string(static_cast<int>(each.least_alive)),
                each.least_alive / alive, 1, alive >= each.least_alive ? assessment::met : assessment::not_met});
  }
  r.add(t);
}

}  // namespace

void ask_wasmtime_instances(report& r, const options& o) {
  r.heading("What do Wasmtime's instances cost on memories of Quire?",
            "Wasmtime 50 through its C API. A memory of 1 MiB is allocated for each instance and released with it, by\n"
            "Wasmtime itself, or by the adapter for a typedef. Ratios are to Wasmtime's defaults, in pairs.");
  if (o.has_passed(0.98)) return r.leave_out("Wasmtime's instances", "for lack of time");
  const wasmtime_library* const library =
      wasmtime_as_peer(r, "Wasmtime's instances", "its defaults, memories on demand");
  if (library == nullptr) return;
  warm_memory(4 * size);
  for (const std::size_t pages : std::initializer_list<std::size_t>{1, 16, 256}) {
    const std::string several = std::to_string(pages) + (pages == 1 ? " page" : " pages");
    const table t{.id = "wasmtime_life_" + std::to_string(pages),
                  .title = "instantiate, write " + several + ", drop",
                  .baseline = "Wasmtime"};
    ask_beside_own(r, *library, t, o.choose<std::size_t>(100, pages < 256 ? 500 : 150), 1.1,
                   [=](const contender& c) { return life_of(c, pages); });
  }
  const table growth{.id = "wasmtime_growth", .title = "grow by a page", .baseline = "Wasmtime"};
  ask_beside_own(r, *library, growth, o.choose<std::size_t>(30, 100), 1.25,
                 [](const contender& c) { return growth_of(c); });
  if (o.is_quick) return r.leave_out("how many instances can be alive", "a quick run does not count them");
  constexpr std::size_t of_instances = 2 * 1024_MiB;  // tables of pages, and a page each
  if (available_bytes() < of_instances) return r.leave_out("how many instances can be alive", "for lack of memory");
  ask_alive(r, *library);
}

}  // namespace bench
