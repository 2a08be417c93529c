// SPDX-License-Identifier: BSL-1.0
#pragma once
#if defined(_SYS_RESOURCE_H)
#error "this machine's <sys/resource.h> came first: the backend must see QNX's only"
#endif
#define _SYS_RESOURCE_H 1
#include <stdint.h>

#include "../model_name.h"

#define RLIMIT_DATA 2
#define RLIMIT_AS 6
#define RLIMIT_VMEM RLIMIT_AS
#define RLIMIT_MEMLOCK 7
#define RLIM_INFINITY 0xfffffffffffffffdULL

typedef uint64_t rlim_t;
struct rlimit {
  rlim_t rlim_cur, rlim_max;
};

extern "C" int getrlimit(int resource, struct rlimit* limit) QNX_MODEL(getrlimit);
