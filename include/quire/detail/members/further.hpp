#pragma once
// Members that a typedef has only if its policies or its store ask for them. They take no room.
#include <quire/detail/purging_members.hpp>
#include <quire/detail/starting_members.hpp>
#include <quire/detail/tagging_members.hpp>

namespace quire::detail {

template <class A, class Composition>
class further_members : public tagging_members<A, Composition>,
                        public purging_members<A, Composition>,
                        public starting_members<A, Composition> {
  further_members() = default;
  friend A;
};

}  // namespace quire::detail
