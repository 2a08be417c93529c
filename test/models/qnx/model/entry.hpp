// SPDX-License-Identifier: BSL-1.0
#pragma once
// The calls, under the names to which the header set binds them. Types are those of this machine, constants those of
// QNX.
#include <cstddef>
#include <cstdint>
#include <sys/types.h>

extern "C" {
void* qnx_model_mmap(void* where, std::size_t length, int protection, int flags, int object, off_t offset);
int qnx_model_munmap(void* where, std::size_t length);
int qnx_model_mprotect(void* where, std::size_t length, int protection);
int qnx_model_mlock(const void* where, std::size_t length);
int qnx_model_munlock(const void* where, std::size_t length);
int qnx_model_posix_madvise(void* where, std::size_t length, int advice);
int qnx_model_mem_offset(const void* where, int object, std::size_t length, off_t* offset, std::size_t* run);
long qnx_model_sysconf(int name);
int qnx_model_getrlimit(int resource, void* limit);
int qnx_model_posix_typed_mem_open(const char* name, int access, int how);
int qnx_model_posix_typed_mem_get_info(int object, void* info);
int qnx_model_shm_open(const char* name, int access, mode_t mode);
int qnx_model_shm_ctl(int object, int flags, std::uint64_t physical, std::uint64_t size);
int qnx_model_close(int object);
}
