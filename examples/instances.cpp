// SPDX-License-Identifier: BSL-1.0
// Many instances of one program, each in a memory of its own that starts with the same contents, as a WebAssembly
// runtime needs it for the data segments of a module. The contents exist in memory once; a write takes one page.
#include <cstddef>
#include <cstdio>
#include <vector>
#include <quire/backing/imaged.hpp>
#include <quire/quire.hpp>

using instance_memory = quire::with_images<quire::linux_allocator>;

constexpr std::size_t data_begins = 65536;  // where the module expects its data

/// The data of a module: 1 MiB of tables; instances write only a little of it.
std::vector<std::byte> data_segments() {
  std::vector<std::byte> data(std::size_t{1} << 20);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i % 251);
  return data;
}

/// Runs an instance: it counts in its own data, and returns the sum of what it finds.
unsigned run(instance_memory& memory, unsigned turns) {
  std::byte& counter = memory.bytes()[data_begins];
  for (unsigned i = 0; i < turns; ++i) counter = static_cast<std::byte>(std::to_integer<unsigned>(counter) + 1);
  unsigned sum = 0;
  for (std::size_t i = 0; i < 256; ++i) sum += std::to_integer<unsigned>(memory.bytes()[data_begins + i]);
  return sum;
}

int main() {
  const std::vector<std::byte> data = data_segments();  // stays alive, for systems on which every instance copies it
  const auto module = instance_memory::image::from(data);
  if (!module) return std::puts(module.error().message()), 1;

  std::vector<instance_memory> instances(200);
  for (unsigned i = 0; i < instances.size(); ++i) {
    if (!instances[i].allocate_from(*module, data_begins, quire::pages{32}, quire::pages{1024})) return 1;
    if (run(instances[i], i) != run(instances[0], 0) + i) return 2;  // writes of other instances are not visible here
  }
  // Reset for the next request: the contents are those of the image again.
  if (!instances[7].reset(quire::pages{32}) || run(instances[7], 0) != run(instances[0], 0)) return 3;

  std::printf("%zu instances of 2 MiB: contents of the image are %s\n", instances.size(),
              name(instances[7].image_mode()));
  return 0;
}
