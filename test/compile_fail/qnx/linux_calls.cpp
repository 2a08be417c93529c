// SPDX-License-Identifier: BSL-1.0
// expect: ::fallocate|'fallocate'
#ifdef CONTROL
#include <quire/platform/qnx.hpp>
#else
#include <quire/platform/linux.hpp>
#endif

int main() {}
