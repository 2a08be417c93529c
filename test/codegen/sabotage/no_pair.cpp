// expect: nothing to compare
#include "ordinary.hpp"

int answer() { return 42; }
