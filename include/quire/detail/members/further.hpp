#pragma once
// Members that a typedef has only if its policies or its store call for them. They take no space.
#include <quire/detail/members/images.hpp>
#include <quire/detail/members/purging.hpp>
#include <quire/detail/members/tagging.hpp>

namespace quire::detail {

template <class A, class Composition>
class further_members : public tagging_members<A, Composition>,
                        public purging_members<A, Composition>,
                        public image_members<A, Composition> {
  further_members() = default;
  friend A;
};

}  // namespace quire::detail
