// expect: MADV_|MAP_HUGETLB
#ifdef CONTROL
#include <quire/platform/qnx.hpp>
#else
#include <quire/platform/linux.hpp>
#endif

int main() {}
