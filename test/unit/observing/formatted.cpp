// SPDX-License-Identifier: BSL-1.0
// std::format of Quire's values is what a stream prints. A program of its own, so that it can be built with another
// standard library; exits with 77 where that has no <format>.
#include <cstdio>
#include <sstream>
#include <string>
#include <type_traits>

#include <quire/format.hpp>
#include <quire/ostream.hpp>
#include <quire/step_counts.hpp>

#ifdef __cpp_lib_format
namespace {

using namespace quire;

template <class T>
concept formattable = std::is_default_constructible_v<std::formatter<T, char>>;
static_assert(formattable<error> && formattable<zone> && formattable<limit_kind> && formattable<contract_t> &&
              formattable<node_set> && formattable<effective_t> && formattable<region_statistics>);
struct not_of_quire {};
static_assert(!formattable<not_of_quire>);

int failures = 0;

void check(const std::string& got, const std::string& expected) {
  if (got == expected) return;
  ++failures;
  std::printf("'%s' is not '%s'\n", got.c_str(), expected.c_str());
}

template <class T>
std::string printed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}
template <class T>
void check_as_printed(const T& value) {
  check(std::format("{}", value), printed(value));
}

}  // namespace

int main() {
  const error e{errc::out_of_memory, step::commit, 12};
  check(std::format("{}", e), "out of memory at commit (the system's code 12)");
  check(std::format("{} {}", step::reserve, access::read_write), "reserve read_write");
  check(std::format("{}", basic_pages<4096>{7}), "7 pages of 4 KiB");
  check(std::format("[{:>8}] [{:*<8}] [{:.3}]", step::lock, step::lock, step::reserve), "[    lock] [lock****] [res]");
  check_as_printed(errc::broken);
  check_as_printed(explanation{});
  check_as_printed(pool_statistics{.slots = 1000});
  check_as_printed(arena_statistics{});
  check_as_printed(jit_statistics{});
  step_counts counts;
  counts.saw({.at = step::commit, .operation = "commit", .run = {nullptr, 4096}, .native = 0, .code_of = nullptr});
  check_as_printed(counts);
  check_as_printed(counts.of(step::commit));
  return failures == 0 ? 0 : 1;
}
#else
int main() {
  std::puts("this standard library has no <format>");
  return 77;
}
#endif
