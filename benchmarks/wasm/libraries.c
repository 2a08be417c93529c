// SPDX-License-Identifier: BSL-1.0
// The libraries that do the work, compiled as they come from the distribution. They are configured to be silent (no
// stdio, no assert) and to use no vector instructions, so that the native and the WebAssembly build compute the same
// bits.
#define NDEBUG
#include <stddef.h>
#include <string.h>

#define STBI_NO_STDIO
#define STBI_NO_SIMD
#define STBI_NO_THREAD_LOCALS
#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>

#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

#define STB_IMAGE_RESIZE_IMPLEMENTATION
#include <stb/stb_image_resize.h>

// Replaces qsort, whose order of equal elements differs between C libraries; the layout must not depend on it.
static void shell_sort(void* elements, size_t count, size_t size, int (*compare)(const void*, const void*)) {
  char *at = elements, moved[64];
  for (size_t gap = count / 2; gap > 0; gap /= 2)
    for (size_t i = gap; i < count; ++i) {
      size_t to = i;
      memcpy(moved, at + i * size, size);
      for (; to >= gap && compare(at + (to - gap) * size, moved) > 0; to -= gap)
        memcpy(at + to * size, at + (to - gap) * size, size);
      memcpy(at + to * size, moved, size);
    }
}

#define STBRP_SORT shell_sort
#define STB_RECT_PACK_IMPLEMENTATION
#include <stb/stb_rect_pack.h>

_Static_assert(sizeof(stbrp_rect) <= 64, "shell_sort moves elements of at most 64 bytes");

#define STB_TRUETYPE_IMPLEMENTATION
#include <stb/stb_truetype.h>
