// SPDX-License-Identifier: BSL-1.0
// A memory for the user threads of a Zephyr domain. Compiled against declarations with the names and types of Zephyr's
// public header (test/models/zephyr/headers), and run with a simulated domain.
#include <quire/page_allocator.hpp>
#include <quire/page_size/in_units_of.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/tagging/untagged.hpp>

#include "calls.hpp"
#include "store.hpp"

namespace {

using store = zephyr::domain_store<zephyr::domains>;
using thread_memory =
    quire::page_allocator<store, quire::protection::unguarded, quire::tagging::untagged,
                          quire::page_size::in_units_of<256>, quire::placement::anywhere, quire::residency::on_demand>;

alignas(32) std::byte buffer[4096];
k_mem_domain threads;
zephyr::place<zephyr::domains> where{buffer, sizeof buffer, &threads};

}  // namespace

int main() {
  if (k_mem_domain_init(&threads, 0, nullptr) != 0) return 1;
  thread_memory memory{store{&where}};
  if (!memory.allocate(thread_memory::pages{2}, thread_memory::pages{16})) return 2;
  if (where.window.size != 512) return 3;  // exactly the bytes that the threads reach
  if (!memory.grow(thread_memory::pages{6}) || where.window.size != 2048) return 4;
  if (!memory.shrink(thread_memory::pages{8}, thread_memory::pages{7}) || where.window.size != 256) return 5;
  return memory.deallocate(memory.data(), memory.size()) && where.window.size == 0 ? 0 : 6;
}
