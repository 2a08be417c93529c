// Compiled once for each program: Catch2 is most of what a small test file would have to read.
#include "support/catch/catch.hpp"
