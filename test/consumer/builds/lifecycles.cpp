// SPDX-License-Identifier: BSL-1.0
// Runs the lifecycles, and checks that both translation units share the same objects.
#include "lifecycles.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace builds {
namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::exit(1);
}

void require_lifecycle(const char* what, const quire::result<void>& ended) {
  if (!ended) std::fprintf(stderr, "%s: %s\n", quire::name(ended.error().at), ended.error().message());
  require(ended.has_value(), what);
}

void lifecycles() {
  require_lifecycle("a plain memory lives", live(plain{}));
  require_lifecycle("a checked memory lives", live_checked());
  require_lifecycle("a named memory lives", live(named{}));
  require_lifecycle("a bound memory lives", live(bound{quire::placement::bind{.nodes = {0}}}));
  const quire::result<void> assured = live(joined{});
  // The system may not report how much memory is left.
  if (assured || assured.error().code != quire::errc::not_supported)
    require_lifecycle("a memory of joined policies lives", assured);
  require_lifecycle("a memory of small pages lives", live(small_pages{}));
}

void one_of_each() {
  const identities other = of_other_unit();
  require(other.category == &quire::error_category(), "two units have one error category");
  require(other.registry == &quire::tagging::software_tags, "two units have one keeper of tags");
  require(other.lifecycle == &live_checked, "two units have one inline function");
}

/// These calls make bytes zero that were never written, such as padding. MemorySanitizer, which follows such bytes
/// wherever they are copied, must see that too.
void cleared_pages_are_known() {
  plain memory;
  require(memory.allocate(quire::pages{2}, quire::pages{2}).has_value(), "a memory is allocated");
  copy_unwritten_bytes(memory.data());
  require(memory.discard(0, memory.granularity()).has_value() && memory.data()[7] == std::byte{},
          "discarded pages are zero");
  const std::size_t second = quire::pages::unit;
  copy_unwritten_bytes(memory.data() + second);
  require(memory.shrink(quire::pages{1}).has_value() && memory.grow(quire::pages{1}).has_value() &&
              memory.data()[second + 7] == std::byte{},
          "pages that come back are zero");
  copy_unwritten_bytes(memory.data());
  require(memory.reset(quire::pages{1}).has_value() && memory.data()[7] == std::byte{}, "pages are zero after a reset");
}

void tagged_access() {
  checked memory;
  const auto got = memory.allocate_tagged(quire::pages{1}, 3, quire::pages{2});
  require(got.has_value(), "a tagged memory is allocated");
  *got->begin = std::byte{7};
  require(memory.tagged_data()[0] == std::byte{7} && memory.tag() == 3, "a tagged pointer reads what was written");
}

void choose_the_best() {
  const auto best = quire::with_best<plain::with_page_size<quire::page_size::transparent_huge<>>, plain>(
      [](auto& memory, std::span<const quire::error>) { return live(std::move(memory)).has_value() ? 1 : 2; });
  require(best.has_value() && *best == 1, "the best memory lives");
}

void images_and_partitions() {
  std::byte contents[3]{std::byte{1}, std::byte{2}, std::byte{3}};
  using imaged = quire::with_images<plain>;
  auto image = imaged::image::from(contents);
  require(image.has_value(), "an image is made");
  imaged started;
  require(started.allocate_from(*image, 0, quire::pages{1}).has_value() && started.data()[2] == std::byte{3},
          "a memory starts from an image");
  quire::memory_partition<plain::backing_type> partition;
  require(partition.open({.name = "builds", .maximum = 1 << 20}).has_value(), "a partition opens");
  require_lifecycle("a memory of a partition lives",
                    live(quire::with_partition<plain>{quire::backing::partitioned{partition}}));
}

}  // namespace
}  // namespace builds

int main() {
  builds::lifecycles();
  builds::one_of_each();
  builds::cleared_pages_are_known();
  builds::tagged_access();
  builds::choose_the_best();
  builds::images_and_partitions();
  if (const int question = builds::ask_the_machine(); question != 0) {
    std::fprintf(stderr, "a wrong answer to question %d\n", question);
    return 1;
  }
  std::puts("every memory lived");
  return 0;
}
