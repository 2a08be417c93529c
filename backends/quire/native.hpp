// SPDX-License-Identifier: BSL-1.0
#pragma once
// The allocator of the target platform, and that of generated code; this header alone selects them.
#if defined(__QNX__)  // first: a compiler for QNX that runs on Linux may define the macros of both
#include <quire/platform/qnx.hpp>
namespace quire {
using native_allocator = qnx_allocator;
using native_jit_allocator = native_allocator;  // which jit_memory refuses: no page becomes executable
}  // namespace quire
#elif defined(__linux__)
#include <quire/platform/linux.hpp>
namespace quire {
/// The typedef for general use of the target: on Linux, macOS, Windows and QNX the one that bears its name, on another
/// POSIX system posix_allocator. A target without one does not compile.
using native_allocator = linux_allocator;
/// The typedef for generated code. Where no page can become executable, jit_memory does not compile.
using native_jit_allocator = linux_jit_allocator;
}  // namespace quire
#elif defined(_WIN32)
#include <quire/platform/windows.hpp>
namespace quire {
using native_allocator = windows_allocator;
using native_jit_allocator = windows_jit_allocator;
}  // namespace quire
#elif defined(__ENVIRONMENT_MAC_OS_X_VERSION_MIN_REQUIRED__)  // macOS, not Apple's other systems
#include <quire/platform/macos.hpp>
namespace quire {
using native_allocator = macos_allocator;
using native_jit_allocator = native_allocator;  // which jit_memory refuses: no page becomes executable
}  // namespace quire
#elif defined(__unix__) || defined(__APPLE__)
#include <quire/platform/posix.hpp>
namespace quire {
using native_allocator = posix_allocator;
using native_jit_allocator = native_allocator;  // which jit_memory refuses: no page becomes executable
}  // namespace quire
#else
#error "quire has no allocator for this platform yet: see docs/adding-a-backend.md"
#endif
