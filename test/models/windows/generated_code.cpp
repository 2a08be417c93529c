// SPDX-License-Identifier: BSL-1.0
// Generated code on the model of Windows: pages become executable when they are written, and their instructions are
// flushed.
#include <cstddef>
#include <vector>

#include <quire/basic_jit_memory.hpp>

#include "conformance/common.hpp"
#include "models/windows/model/configs.hpp"
#include "models/windows/model/model.hpp"
#include "support/catch/catch.hpp"

namespace quire::test {
namespace {

using w = windows_model;
using code_pages =
    windows_over<w>::with_backing<backing::executable_windows_virtual<w>>::with_protection<protection::unguarded>;

unsigned protection_of(const std::byte* p) {
  w::memory_region told{};
  return w::virtual_query(p, told) == 0 ? told.protection : 0;
}

TEST_CASE("code on Windows is written, finalized, flushed and decommitted", "[jit]") {
  const std::uint64_t committed_before = w::committed_bytes();
  {
    basic_jit_memory<code_pages> jit;
    auto scope = jit.write(100);
    REQUIRE(scope);
    CHECK(protection_of(scope->address()) == w::page_read_write);
    fill(scope->bytes(), 0xc3);
    const std::size_t flushed = w::flushed_bytes;
    const auto code = scope->finalize();
    REQUIRE(code);
    CHECK(protection_of(code->base) == w::page_execute_read);
    CHECK(w::flushed_bytes == flushed + jit.granule());
    CHECK(holds({code->base, 100}, 0xc3));

    const auto data = jit.allocate_data(100);
    REQUIRE(data);
    REQUIRE(jit.protect_data(*data, access::read));
    CHECK(protection_of(data->data()) == w::page_read_only);
    REQUIRE(jit.release_data(*data));
    REQUIRE(jit.release(*code));
    CHECK(protection_of(code->base) == 0);
  }
  CHECK(w::committed_bytes() == committed_before);
}

TEST_CASE("the commit limit of Windows is an error of write, and changes nothing", "[jit]") {
  basic_jit_memory<code_pages> jit;
  auto first = jit.write(100);
  REQUIRE(first);
  w::machine.commit_limit = w::committed_bytes();
  const auto refused = jit.write(100);
  w::machine = {};
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::out_of_memory);
  CHECK(jit.statistics().functions == 1);
  CHECK(first->finalize());
  CHECK(jit.write(100));
}

}  // namespace
}  // namespace quire::test
