// SPDX-License-Identifier: BSL-1.0
// The standard library requires this machine's <unistd.h>; the functions that the backend calls are those of the model.
#ifndef QUIRE_TEST_QNX_UNISTD_H
#define QUIRE_TEST_QNX_UNISTD_H

#define sysconf sysconf_of_this_machine
#define close close_of_this_machine
#include_next <unistd.h>
#undef sysconf
#undef close

#include "model_name.h"

#undef _SC_PAGESIZE
#define _SC_PAGESIZE 11

extern "C" {
long sysconf(int name) QNX_MODEL(sysconf);
int close(int object) QNX_MODEL(close);
}

#endif
