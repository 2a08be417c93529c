// SPDX-License-Identifier: BSL-1.0
// Every query about the machine, called as a program would; asking.py inspects the object code.
#include <quire/detect.hpp>
#include <quire/explain.hpp>
#include <quire/headroom.hpp>
#include <quire/pressure_monitor.hpp>
#include <quire/quire.hpp>
#include <quire/supports.hpp>

namespace asking {

using assured = quire::linux_allocator::with_residency<quire::residency::assured>;

quire::result<quire::platform_capabilities> detect() {
  return quire::detect({.count_mappings = true, .try_huge_pages = true});
}
bool supports(quire::memory_feature o) { return quire::supports(o); }
quire::explanation headroom(const assured& memory) { return quire::headroom(memory); }
quire::explanation explain(quire::error e, const assured& memory) { return quire::explain(e, memory); }
quire::result<quire::pages> grow(assured& memory) { return memory.grow(memory.size_pages(), quire::pages{1}); }
quire::result<quire::pressure_monitor> listen() { return quire::pressure_monitor::open(); }
quire::pressure take(quire::pressure_monitor& monitor, short ready) { return monitor.take(ready); }

}  // namespace asking
