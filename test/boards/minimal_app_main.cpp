// SPDX-License-Identifier: BSL-1.0
// A main() for minimal_app.cpp, for the map file of the link and to run it.
#include <cstddef>

extern "C" int live(std::size_t first, std::size_t more);

int main() { return live(2, 3); }
