#pragma once
// Access to the private members of an allocator, for the members that only some typedefs have.
#include <boost/config.hpp>

#include <quire/detail/pipeline.hpp>

namespace quire::detail {

struct member_access {
  template <class A>
  [[nodiscard]] BOOST_FORCEINLINE static auto& region(A& a) noexcept {
    return a.region_;
  }
  template <class A, class... X>
  [[nodiscard]] BOOST_FORCEINLINE static auto allocate(A& a, X... given) noexcept {
    return a.allocate_with(given...);
  }
  template <class A>
  [[nodiscard]] BOOST_FORCEINLINE static auto failed(A&, step_failure t) noexcept {
    return A::failed(t);
  }
  template <class A>
  [[nodiscard]] static auto refused(A& a, step_failure t) noexcept {
    return a.refused(t);
  }
};

}  // namespace quire::detail
