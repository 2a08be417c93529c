// SPDX-License-Identifier: BSL-1.0
// When a thread may allocate: each requested mode, each enabled mode, each mask. The kernel's answers are simulated.
#include <cerrno>
#include <cstdint>
#include <string>

#include <quire/explain.hpp>

#include "conformance/common.hpp"
#include "mte/checking.hpp"
#include "support/fakes/fake_kernel.hpp"

namespace quire::test {

namespace {

/// A kernel that reports the thread's tag settings that a test chooses.
struct fake_tags : fake_kernel {
  static inline bool tags = true;
  static inline long word = 0;
  static inline int setting_error = 0;
  static bool has_tags() noexcept { return tags; }
  static long tag_control() noexcept { return word; }
  static int set_tag_control(unsigned long wanted) noexcept {
    if (setting_error == 0) word = static_cast<long>(wanted);
    return setting_error;
  }
};

constexpr long enabled = 1, at_once = 2, later = 4, all_but_0 = 0xfffeL << 3;

class fake_thread : pretence {
 public:
  explicit fake_thread(long word) {
    fake_tags::tags = true;
    fake_tags::word = word;
    fake_tags::setting_error = 0;
  }
  using pretence::file;
};

int permitted(tag_checks checks, std::uint16_t choices = 0xfffe, tag_source source = tag_source::drawn) {
  std::uint16_t usable = 0;
  tag_request request{.checks = checks, .choices = choices, .source = source};
  const int n = backing::detail::permit_tags<fake_tags>(request, usable);
  if (n == 0) CHECK(usable != 0);
  return n;
}

using enum tag_checks;
constexpr tag_checks modes[] = {preferred, asynchronous, asymmetric, synchronous};
constexpr const char* preference = "/sys/devices/system/cpu/cpu1/mte_tcf_preferred";

}  // namespace

TEST_CASE("allocate is permitted only if the thread checks at least as the policy requires", "[mte]") {
  const fake_thread thread(0);
  for (const tag_checks asked : modes) {
    for (const long word : {0L, enabled | all_but_0, at_once | all_but_0, later | all_but_0}) {
      fake_tags::word = word;
      CHECK(permitted(asked) == EPERM);  // no checks, or no tagged addresses in system calls
    }
    fake_tags::word = enabled | at_once | all_but_0;
    CHECK(permitted(asked) == 0);
    fake_tags::word = enabled | at_once | all_but_0 | 1L << 19;
    CHECK(permitted(asked) == EPERM);  // loads are not checked
    fake_tags::word = enabled | later | all_but_0;
    CHECK(permitted(asked) == (asked <= asynchronous ? 0 : EPERM));
    fake_tags::word = enabled | at_once | later | all_but_0;
    CHECK(permitted(asked) == (asked <= asynchronous ? 0 : EPERM));
  }
}

TEST_CASE("asymmetric checks are permitted only if all processors prefer them or stricter ones", "[mte]") {
  fake_thread thread(enabled | at_once | later | all_but_0);
  CHECK(permitted(asymmetric) == EPERM);  // no file can be read
  thread.file("/sys/devices/system/cpu/online") = "0-1\n";
  thread.file("/sys/devices/system/cpu/cpu0/mte_tcf_preferred") = "asymm\n";
  CHECK(permitted(asymmetric) == EPERM);
  for (const auto& [says, code] : {std::pair{"asymm\n", 0}, {"sync\n", 0}, {"async\n", EPERM}, {"", EPERM}}) {
    thread.file(preference) = says;
    CHECK(permitted(asymmetric) == code);
  }
  CHECK(permitted(synchronous) == EPERM);
  thread.file(preference) = "asymm\n";
  thread.file("/sys/devices/system/cpu/online") = "nonsense\n";
  CHECK(permitted(asymmetric) == EPERM);
}

TEST_CASE("tags are picked from those that both policy and thread allow", "[mte]") {
  const fake_thread thread(enabled | at_once | 0x00f0L << 3);
  CHECK(permitted(synchronous, 0x0ff0) == 0);
  CHECK(permitted(synchronous, 0x0f00) == EPERM);
  CHECK(permitted(synchronous, 0x0f00, tag_source::given) == 0);  // given by number, not picked
  std::uint16_t usable = 0;
  CHECK(backing::detail::permit_tags<fake_tags>({.checks = synchronous, .choices = 0x0ff0}, usable) == 0);
  CHECK(usable == 0x00f0);
  unsigned char tag = 0;
  CHECK(backing::linux_mmap<fake_tags>::draw_tag(0, tag) == EPERM);
}

TEST_CASE("explain distinguishes a kernel without tags from a thread that does not check them", "[mte]") {
  const fake_thread thread(-EINVAL);
  CHECK(permitted(synchronous) == EINVAL);
  fake_tags::tags = false;
  CHECK(permitted(synchronous) == ENOTSUP);
  using A = tagged_allocator::with_backing<backing::linux_mmap<fake_tags>>;
  A a;
  const auto got = a.allocate(pages{1}, pages{4});
  REQUIRE_FALSE(got.has_value());
  CHECK(got.error().code == errc::not_supported);
  const explanation why = explain(got.error(), a);
  CHECK(why.kind == limit_kind::unsupported);
  CHECK(why.owner == "this machine: no memory tagging");
  fake_tags::tags = true;
  fake_tags::word = 0;
  const auto refused = a.allocate(pages{1}, pages{4});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == errc::not_permitted);
  CHECK(explain(refused.error(), a).kind == limit_kind::permission);
  CHECK(explain(refused.error(), a).owner ==
        "this thread has not enabled the required tag-check mode, or its tag mask excludes every allowed tag");
}

TEST_CASE("a scope that fails leaves the thread unchanged, and reports the error", "[mte]") {
  using scope = tagging::basic_mte_thread_scope<fake_tags>;
  const fake_thread thread(enabled);
  {
    fake_tags::setting_error = EINVAL;
    const scope refused;
    CHECK(refused.outcome().error() == error{errc::not_permitted, step::tag, EINVAL});  // abi.tagged_addr_disabled
  }
  CHECK(fake_tags::word == enabled);
  fake_tags::setting_error = 0;
  {
    const scope unknown{asymmetric};  // no processor reports that it prefers this mode
    CHECK(unknown.outcome().error().code == errc::not_supported);
    CHECK(fake_tags::word == enabled);
    const scope any{preferred, 0x0002};
    CHECK(any);
    CHECK(fake_tags::word == (enabled | at_once | later | 0x0002L << 3));
  }
  CHECK(fake_tags::word == enabled);
  fake_tags::word = -EINVAL;
  const scope unasked;
  CHECK(unasked.outcome().error() == error{errc::not_supported, step::tag, EINVAL});
  CHECK(fake_tags::word == -EINVAL);
}

}  // namespace quire::test
