// SPDX-License-Identifier: BSL-1.0
// QNX's values of the error numbers that the backend uses. The others keep the values of this machine, as the standard
// library names them all.
#include_next <errno.h>

#ifndef QUIRE_TEST_QNX_ERRNO_H
#define QUIRE_TEST_QNX_ERRNO_H

#define EOK 0

#undef ENOSYS
#define ENOSYS 89
#undef ENOTSUP
#define ENOTSUP 48
#undef EOPNOTSUPP
#define EOPNOTSUPP 103
#undef EADDRNOTAVAIL
#define EADDRNOTAVAIL 249

static_assert(EPERM == 1 && ENOENT == 2 && ENXIO == 6 && EBADF == 9 && EAGAIN == 11 && ENOMEM == 12 && EACCES == 13 &&
                  EFAULT == 14 && ENODEV == 19 && EINVAL == 22 && EMFILE == 24,
              "these are the same on both systems");

#endif
