// SPDX-License-Identifier: BSL-1.0
// Memories that start from an image: the pages that they write are private, and lie on the bound node.
#include <cstddef>
#include <vector>

#include <quire/backing/imaged.hpp>
#include <quire/image.hpp>
#include <quire/page_size/no_huge.hpp>
#include <quire/placement/bind.hpp>
#include <quire/platform/linux.hpp>

#include "nodes.hpp"
#include "report.hpp"
#include "support/process/process_maps.hpp"

namespace quire::test {
namespace {

using memory = with_images<linux_allocator>::with_page_size<page_size::no_huge>::with_placement<placement::bind>;

/// The pages of the image exist once, on any node; a memory gets pages of its own when it writes.
void expect_all_written_on(unsigned node, memory& a) {
  for (std::byte& b : a.bytes()) b = std::byte{1};
  CHECK(nodes_of(a.bytes()) == std::vector<int>(nodes_of(a.bytes()).size(), static_cast<int>(node)));
}

TEST_CASE("bind, from an image: written pages lie on the node, also after a reset", "[numa][bind]") {
  if (const char* const why = no_second_node()) return skip(why);
  const std::vector<std::byte> contents(std::size_t{2} << 16, std::byte{42});
  const auto image = memory::image::from(contents);
  REQUIRE(image);
  for (const unsigned node : listed(nodes_with_memory())) {
    INFO("node " << node);
    memory a{placement::bind{.nodes = {node}}};
    REQUIRE(a.allocate_from(*image, 65536, pages{4}, pages{8}));
    CHECK(a.image_mode() == image_mode::mapped);
    expect_all_written_on(node, a);
    REQUIRE(a.reset(pages{6}));
    CHECK(a.bytes()[65536] == std::byte{42});
    expect_all_written_on(node, a);
    REQUIRE(a.protect(65536, 65536, access::read));
    REQUIRE(a.discard(0, a.size()));
    CHECK(a.protect(65536, 65536, access::read_write));
    expect_all_written_on(node, a);
  }
}

TEST_CASE("discard of an image frees all pages and keeps access, and reset restores the image", "[images]") {
  using plain = with_images<linux_allocator>;
  constexpr std::size_t bytes = std::size_t{16} << 20, page = 65536;
  const std::vector<std::byte> contents(bytes, std::byte{42});
  const auto image = plain::image::from(contents);
  REQUIRE(image);
  plain a;
  REQUIRE(a.allocate_from(*image, 0, pages{bytes / 65536}, pages{2 * bytes / 65536}));
  a.bytes()[0] = std::byte{1};
  REQUIRE(a.discard(0, bytes));
  CHECK(resident_bytes(a.data(), bytes) == 0);
  REQUIRE(a.protect(page, page, access::read));
  REQUIRE(a.discard(0, 4 * page));
  CHECK(mapping_at(a.data() + page).permissions == "r--p");
  CHECK(mapping_at(a.data() + 2 * page).permissions == "rw-p");
  for (std::size_t i = 0; i < bytes; i += 4096) REQUIRE(a.bytes()[i] == std::byte{});
  REQUIRE(a.reset(pages{bytes / 65536}));
  for (std::size_t i = 0; i < bytes; i += 4096) REQUIRE(a.bytes()[i] == std::byte{42});
}

}  // namespace
}  // namespace quire::test
