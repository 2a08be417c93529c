// SPDX-License-Identifier: BSL-1.0
// Contains everything that a small program must not have, so that the check of sizes is seen to find it.
#include "boards/minimal_app.cpp"

namespace {

struct shape {
  virtual int sides() const { return 0; }
};
struct square : shape {
  int sides() const override { return 4; }
};
int more_static_data = 1;

}  // namespace

extern "C" int spoil(bool which) {
  const shape* one = which ? new shape : new square;
  return one->sides() + more_static_data++;
}
