#pragma once

namespace quire::backing {

/// Whether protect may make pages executable.
enum class execution : bool { refused, allowed };

}  // namespace quire::backing
