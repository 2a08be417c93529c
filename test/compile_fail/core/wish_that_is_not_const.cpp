// expect first: a policy's wish is `constexpr void wish\(quire::attributes&\) const noexcept`
#include <quire/platform/linux.hpp>

struct own {
  using axis = quire::axes::placement;
#ifdef CONTROL
  constexpr void wish(quire::attributes&) const noexcept {}
#else
  constexpr void wish(quire::attributes&) noexcept {}
#endif
};

quire::linux_allocator::with_placement<own> memory;
