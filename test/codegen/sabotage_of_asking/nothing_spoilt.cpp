// expect: nothing
#include <quire/headroom.hpp>

namespace asking {
quire::explanation headroom() { return quire::headroom(); }
}  // namespace asking
