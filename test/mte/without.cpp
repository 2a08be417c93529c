// SPDX-License-Identifier: BSL-1.0
// On a processor without tags every operation reports that, and no illegal instruction is executed. (The other files
// test processors with tags.)
#include "conformance/common.hpp"
#include "mte/checking.hpp"

namespace quire::test {

TEST_CASE("without hardware tags, every operation returns not_supported", "[mte]") {
  if (no_tags() == nullptr) return skip("this processor has memory tagging");
  const tagging::mte_thread_scope scope;
  CHECK_FALSE(scope);
  CHECK(scope.outcome().error().code == errc::not_supported);
  CHECK(scope.outcome().error().at == step::tag);
  tagged_allocator a;
  for (const auto& got : {a.allocate(pages{1}), a.allocate(pages{0}, pages{10})}) {
    REQUIRE_FALSE(got.has_value());
    CHECK(got.error().code == errc::not_supported);
    CHECK(got.error().at == step::tag);
  }
  CHECK(a.allocate_tagged(pages{1}, 3, pages{4}).error().code == errc::not_supported);
  CHECK(a.data() == nullptr);
  linux_allocator plain_one;
  CHECK(plain_one.allocate(pages{1}, pages{4}).has_value());
}

}  // namespace quire::test
