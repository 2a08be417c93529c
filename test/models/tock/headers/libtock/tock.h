// SPDX-License-Identifier: BSL-1.0
/* The part of libtock-c's public header that quire/calls/tock.hpp uses, with the same names, types and numbers, so that
 * the file compiles where libtock-c is missing. A program for Tock is compiled with the original header. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  TOCK_STATUSCODE_SUCCESS = 0,
  TOCK_STATUSCODE_FAIL = 1,
  TOCK_STATUSCODE_BUSY = 2,
  TOCK_STATUSCODE_ALREADY = 3,
  TOCK_STATUSCODE_OFF = 4,
  TOCK_STATUSCODE_RESERVE = 5,
  TOCK_STATUSCODE_INVAL = 6,
  TOCK_STATUSCODE_SIZE = 7,
  TOCK_STATUSCODE_CANCEL = 8,
  TOCK_STATUSCODE_NOMEM = 9,
  TOCK_STATUSCODE_NOSUPPORT = 10,
  TOCK_STATUSCODE_NODEVICE = 11,
  TOCK_STATUSCODE_UNINSTALLED = 12,
  TOCK_STATUSCODE_NOACK = 13
} statuscode_t;

typedef struct {
  statuscode_t status;
  uintptr_t data; /* valid after success */
} memop_return_t;

memop_return_t memop(uint32_t op_type, uintptr_t arg1);

#ifdef __cplusplus
}
#endif
