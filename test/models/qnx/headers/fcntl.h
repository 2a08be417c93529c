// SPDX-License-Identifier: BSL-1.0
#pragma once
// Access modes for opening an object.
#define O_RDONLY 0
#define O_WRONLY 1
#define O_RDWR 2
#define O_CREAT 0x100
