// A main around life.cpp, for the map of its link and to see that it lives.
#include <cstddef>

extern "C" int live(std::size_t first, std::size_t more);

int main() { return live(2, 3); }
