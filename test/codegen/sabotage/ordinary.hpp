// SPDX-License-Identifier: BSL-1.0
#pragma once
// The base of the sabotages: the hand-written memory, which is compared with itself as long as nothing is changed.
#include "../by_hand.hpp"
#include "../pairs.hpp"

using ordinary = by_hand::memory<by_hand::guarded>;
using quire::pages;
using quire::result;

template <class Spoilt>
struct against_ordinary {
  using library = Spoilt;
  using by_hand = ordinary;
};
