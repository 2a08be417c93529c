// SPDX-License-Identifier: BSL-1.0
#pragma once
#if defined(_SYS_MMAN_H)
#error "this machine's <sys/mman.h> came first: the backend must see QNX's only"
#endif
#define _SYS_MMAN_H 1  // keeps this machine's header out
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../model_name.h"

#define PROT_NONE 0x000
#define PROT_READ 0x100
#define PROT_WRITE 0x200
#define PROT_EXEC 0x400
#define PROT_NOCACHE 0x800

#define MAP_SHARED 0x1
#define MAP_PRIVATE 0x2
#define MAP_FIXED 0x10
#define MAP_LAZY 0x80
#define MAP_STACK 0x1000
#define MAP_BELOW 0x2000
#define MAP_NOINIT 0x4000
#define MAP_NORESERVE 0
#define MAP_PHYS 0x10000
#define MAP_ANON 0x80000
#define MAP_ANONYMOUS MAP_ANON
#define MAP_FAILED ((void*)-1)
#define NOFD (-1)

#define MCL_CURRENT 1
#define MCL_FUTURE 2

#define POSIX_MADV_NORMAL 0
#define POSIX_MADV_SEQUENTIAL 1
#define POSIX_MADV_RANDOM 2
#define POSIX_MADV_WILLNEED 3
#define POSIX_MADV_DONTNEED 4
#define POSIX_MADV_DISCARD_NP 5

#define POSIX_TYPED_MEM_ALLOCATE 1
#define POSIX_TYPED_MEM_ALLOCATE_CONTIG 2
#define POSIX_TYPED_MEM_MAP_ALLOCATABLE 4

// The value of SHM_ANON has not been published.
#define SHM_ANON ((const char*)0x51)
#define SHMCTL_ANON 0x1
// The value of SHMCTL_SEAL has not been published either. Sealed objects keep their layout: shm_ctl fails with EPERM.
#define SHMCTL_SEAL 0x1000

struct posix_typed_mem_info {
  size_t posix_tmi_length;
};

extern "C" {
void* mmap(void* where, size_t length, int protection, int flags, int object, off_t offset) QNX_MODEL(mmap);
int munmap(void* where, size_t length) QNX_MODEL(munmap);
int mprotect(void* where, size_t length, int protection) QNX_MODEL(mprotect);
int mlock(const void* where, size_t length) QNX_MODEL(mlock);
int munlock(const void* where, size_t length) QNX_MODEL(munlock);
int posix_madvise(void* where, size_t length, int advice) QNX_MODEL(posix_madvise);
int posix_typed_mem_open(const char* name, int access, int how) QNX_MODEL(posix_typed_mem_open);
int posix_typed_mem_get_info(int object, struct posix_typed_mem_info* info) QNX_MODEL(posix_typed_mem_get_info);
int shm_open(const char* name, int access, mode_t mode) QNX_MODEL(shm_open);
int shm_ctl(int object, int flags, uint64_t physical, uint64_t size) QNX_MODEL(shm_ctl);
int mem_offset(const void* where, int object, size_t length, off_t* offset, size_t* run) QNX_MODEL(mem_offset);
}
