// SPDX-License-Identifier: BSL-1.0
// Which errc an errno becomes at each step; every enumerator has a name.
#include <cerrno>
#include <set>
#include <string>

#include <quire/access.hpp>
#include <quire/contract.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/result.hpp>

#include "support/catch/catch.hpp"

namespace quire {
namespace {

using on_linux = backing::linux_mmap<>;
constexpr step all_steps[] = {step::plan,  step::reserve, step::configure, step::commit,  step::populate,
                              step::lock,  step::tag,     step::protect,   step::discard, step::decommit,
                              step::reset, step::release, step::flush};

TEST_CASE("an error is a trivially copyable value of eight bytes", "[errors]") {
  STATIC_REQUIRE(sizeof(error) == 8);
  STATIC_REQUIRE(std::is_trivially_copyable_v<error>);
  constexpr error e{errc::out_of_memory, step::commit, ENOMEM};
  STATIC_REQUIRE(e == error{errc::out_of_memory, step::commit, ENOMEM});
  STATIC_REQUIRE_FALSE(e == error{errc::out_of_memory, step::commit, 0});
  CHECK(e.message() == std::string{"out of memory"});
  STATIC_REQUIRE(result<int>{failure(errc::broken, step::plan)}.error() == error{errc::broken, step::plan, 0});
}

TEST_CASE("ENOMEM becomes a different errc at different steps", "[errors]") {
  STATIC_REQUIRE(on_linux::code_of(step::reserve, ENOMEM) == errc::out_of_address_space);
  STATIC_REQUIRE(on_linux::code_of(step::commit, ENOMEM) == errc::out_of_memory);
  STATIC_REQUIRE(on_linux::code_of(step::populate, ENOMEM) == errc::out_of_memory);
  STATIC_REQUIRE(on_linux::code_of(step::lock, ENOMEM) == errc::out_of_memory);
  for (const step at : {step::configure, step::protect, step::decommit, step::discard, step::release})
    CHECK(on_linux::code_of(at, ENOMEM) == errc::too_many_mappings);
}

TEST_CASE("an errno other than ENOMEM becomes the same errc at every step", "[errors]") {
  STATIC_REQUIRE(on_linux::code_of(step::populate, EFAULT) == errc::out_of_memory);
  for (const step at : all_steps) {
    CHECK(on_linux::code_of(at, EPERM) == errc::not_permitted);
    CHECK(on_linux::code_of(at, EACCES) == errc::not_permitted);
    CHECK(on_linux::code_of(at, ENOSYS) == errc::not_supported);
    CHECK(on_linux::code_of(at, ENOTSUP) == errc::not_supported);
    // Of mmap, after mlockall at RLIMIT_MEMLOCK; of madvise, where a mapping cannot be split.
    CHECK(on_linux::code_of(at, EAGAIN) == (at == step::configure ? errc::too_many_mappings : errc::out_of_memory));
    CHECK(on_linux::code_of(at, EIO) == errc::system);
    CHECK(on_linux::code_of(at, 9999) == errc::system);
  }
  STATIC_REQUIRE(on_linux::code_of(step::configure, EINVAL) == errc::not_supported);
  STATIC_REQUIRE(on_linux::code_of(step::reserve, EINVAL) == errc::not_supported);
}

TEST_CASE("Linux and POSIX stores map every errno to the same errc", "[errors]") {
  for (const step at : all_steps)
    for (const int code : {EPERM, EACCES, ENOMEM, EAGAIN, EINVAL, ENOSYS, EFAULT, EIO})
      CHECK(on_linux::code_of(at, code) == backing::posix_mmap<>::code_of(at, code));
}

template <class Enum>
void expect_distinct_names(unsigned count, const char* (*name_of)(Enum)) {
  std::set<std::string> names;
  for (unsigned i = 0; i < count; ++i) names.insert(name_of(static_cast<Enum>(i)));
  CHECK(names.size() == count);
  for (const auto& each : names) CHECK(each.find("unknown") == std::string::npos);
  CHECK(std::string{name_of(static_cast<Enum>(200))}.find("unknown") != std::string::npos);
}

TEST_CASE("every enumerator has a distinct name", "[errors]") {
  expect_distinct_names<errc>(static_cast<unsigned>(errc::system) + 1, message);
  expect_distinct_names<step>(std::size(all_steps), name);
  expect_distinct_names<access>(5, name);
  expect_distinct_names<zone>(5, name);
  expect_distinct_names<fault>(5, name);
}

}  // namespace
}  // namespace quire
