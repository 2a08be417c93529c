// SPDX-License-Identifier: BSL-1.0
// What does a generated function cost, beside pages that are mapped for each, and pages that are mapped twice by hand?
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <vector>

#include <quire/jit_memory.hpp>

#include "overhead.hpp"
#include "questions.hpp"

namespace bench {
namespace {

constexpr std::size_t function_bytes = 200;
constexpr std::size_t functions = 1000;  // in a sample

/// A function of 200 bytes that returns at once.
std::array<std::byte, function_bytes> code_of_function() {
  std::array<std::byte, function_bytes> code{};
#if defined(__x86_64__) || defined(__i386__)
  code.fill(std::byte{0x90});
  code.back() = std::byte{0xc3};
#elif defined(__aarch64__)
  constexpr unsigned nop = 0xd503201f, ret = 0xd65f03c0;
  for (std::size_t i = 0; i < function_bytes; i += 4) std::memcpy(&code[i], i + 4 < function_bytes ? &nop : &ret, 4);
#endif
  return code;
}
const std::array<std::byte, function_bytes> code = code_of_function();

using function = void();
void run(const void* at) { reinterpret_cast<function*>(reinterpret_cast<std::uintptr_t>(at))(); }
void flush(void* at) { __builtin___clear_cache(static_cast<char*>(at), static_cast<char*>(at) + function_bytes); }

/// Memory that is mapped twice, once for all: functions lie one behind the other.
class views_by_hand {
 public:
  views_by_hand() {
    const int file = static_cast<int>(syscall(SYS_memfd_create, "by-hand", 0U));
    if (file < 0 || ftruncate(file, room) != 0) stop("memfd_create");
    written_ = map(file, PROT_READ | PROT_WRITE);
    runs_ = map(file, PROT_READ | PROT_EXEC);
    close(file);
  }
  views_by_hand(const views_by_hand&) = delete;
  views_by_hand& operator=(const views_by_hand&) = delete;
  ~views_by_hand() {
    munmap(written_, room);
    munmap(runs_, room);
  }

  void* make() {
    std::byte* const at = runs_ + used_;
    std::memcpy(written_ + used_, code.data(), function_bytes);
    flush(at);
    used_ += distance;
    return at;
  }
  void release(const void* at) {
    const auto offset = static_cast<const std::byte*>(at) - runs_;
    std::memset(written_ + offset, 0xcc, distance);
    flush(runs_ + offset);
    used_ = 0;
  }

 private:
  static constexpr std::size_t room = 2_MiB, distance = 256;
  static std::byte* map(int file, int protection) {
    void* const p = mmap(nullptr, room, protection, MAP_SHARED, file, 0);
    if (p == MAP_FAILED) stop("mmap");
    return static_cast<std::byte*>(p);
  }
  std::byte* written_;
  std::byte* runs_;
  std::size_t used_ = 0;
};

/// A page for each function, as small code generators do.
struct a_page_for_each {
  static void* make() {
    void* const page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) stop("mmap");
    std::memcpy(page, code.data(), function_bytes);
    if (mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0) stop("mprotect");
    flush(page);
    return page;
  }
  static void release(void* page) { munmap(page, 4096); }
};

template <class A>
class in_jit_memory {
 public:
  const void* make() {
    auto scope = jit_.write(function_bytes);
    if (!scope) stop("write");
    std::memcpy(scope->bytes().data(), code.data(), function_bytes);
    const auto made = scope->finalize();
    if (!made) stop("finalize");
    return made->base;
  }
  void release(const void* at) {
    if (!jit_.release({static_cast<const std::byte*>(at), function_bytes})) stop("release");
  }

 private:
  quire::jit_memory<A> jit_;
};

/// Nanoseconds for the life of one function: a thousand are made, each is run, and all are released.
template <class Memory>
double life(Memory& memory) {
  using pointer = decltype(memory.make());
  static std::vector<pointer> made(functions);
  return timed([&] {
           for (pointer& each : made) run(each = memory.make());
           for (const pointer each : made) memory.release(each);
         }) /
         functions;
}

}  // namespace

void ask_generated_code(report& r, const options& o) {
  r.heading(
      "What does a generated function cost?",
      "A thousand functions of 200 bytes are written, finalized and called, each once, and then released. By hand: 2 "
      "MiB that are mapped\n"
      "twice, once for all. A page for each: mmap, mprotect, munmap.");
  table t{.id = "generated code",
          .title = "life of a function of 200 bytes",
          .baseline = "by hand",
          .instead = "a page for each"};
  progress(t.title);
  views_by_hand views;
  a_page_for_each pages;
  in_jit_memory<quire::linux_jit_allocator> twice;
  in_jit_memory<quire::linux_jit_allocator::with_backing<quire::backing::executable_linux_mmap<>>> protecting;
  const auto by_hand = [&] { return life(views); };
  const auto instead = [&] { return life(pages); };
  const std::size_t pairs = o.choose<std::size_t>(20, 100);
  const comparison c = compare(
      {.by_hand = by_hand, .quire = [&] { return life(twice); }, .by_hand_again = by_hand, .instead = instead}, pairs);
  add_comparison(t, "jit_memory, mapped twice", c);
  const comparison p =
      compare({.by_hand = instead, .quire = [&] { return life(protecting); }, .by_hand_again = instead, .instead = {}},
              pairs / 4);
  t.rows.push_back({.name = t.instead, .time = c.instead});
  row protected_pages{.name = "jit_memory, protected pages", .time = p.quire};
  protected_pages.instead = p.ratio.median;
  t.rows.push_back(protected_pages);
  r.add(t);
}

}  // namespace bench
