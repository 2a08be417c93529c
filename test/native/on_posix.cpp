// SPDX-License-Identifier: BSL-1.0
// The conformance cases on the POSIX system that compiles this file, for the typedef that serves each of them, and for
// the system's own typedef if that is another one.
#include <cstdio>
#include <type_traits>

#include <quire/platform/posix.hpp>
#include <quire/quire.hpp>

#include "conformance/cases.hpp"
#include "native/posix_environment.hpp"
#include "support/page_units.hpp"
#include "support/test_configs.hpp"

namespace quire::test {
namespace {

using here = posix_environment;

template <class M>
void conform(const char* name) {
  std::printf("%s\n", name);
  run_conformance_cases<here, M>();
}

}  // namespace
}  // namespace quire::test

int main() {
  using namespace quire;
  using namespace quire::test;
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  here::check(here::catch_faults(), "there is a handler of faults");
  conform<plain<posix_allocator>>("posix_allocator");
  conform<plain<posix_allocator::with_protection<protection::unguarded>>>("without guards");
  conform<plain<posix_allocator::with_page_size<in_units<4096>>>>("units of 4 KiB");
  conform<plain<with_images<posix_allocator>>>("with images");
  if constexpr (!std::is_same_v<native_allocator, posix_allocator>)
    conform<plain<native_allocator>>("native_allocator");
  std::printf("%u checks, %u failed\n", here::checks, here::failures);
  std::printf("%u test cases: %u passed, %u failed, 0 skipped\n", here::passed + here::failed, here::passed,
              here::failed);
  return here::failures == 0 ? 0 : 1;
}
