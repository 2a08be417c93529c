// SPDX-License-Identifier: BSL-1.0
#include "program.h"

#include <stdlib.h>
#include <string.h>

#include <stb/stb_image.h>
#include <stb/stb_image_resize.h>
#include <stb/stb_image_write.h>
#include <stb/stb_rect_pack.h>
#include <stb/stb_truetype.h>

enum {
  first_codepoint = 0x21,
  last_codepoint = 0x2fff,
  glyph_height = 28,
  sheet_side = 544,
  channels = 3,
};

struct glyph {
  unsigned char* pixels;
  int width, height;
};

struct font_glyphs {
  struct glyph* at;
  int count;
};

struct image {
  unsigned char* pixels;
  int side;
};

static size_t bytes_of(struct image of) { return (size_t)of.side * (size_t)of.side * channels; }

struct file {
  unsigned char* bytes;
  size_t size, room;
};

static uint64_t hash(uint64_t seed, const void* bytes, size_t size) {
  const unsigned char* at = bytes;
  for (uint64_t word; size >= sizeof word; at += sizeof word, size -= sizeof word) {
    memcpy(&word, at, sizeof word);
    seed = (seed ^ word) * 0x9e3779b97f4a7c15u;
    seed ^= seed >> 32;
  }
  for (; size > 0; ++at, --size) seed = (seed ^ *at) * 0x100000001b3u;
  return seed;
}

void* program_input(uint32_t bytes) { return malloc(bytes); }

// Makes thousands of small allocations that all stay: the heap grows in small steps.
static struct font_glyphs draw_glyphs(const unsigned char* font) {
  struct font_glyphs drawn = {malloc((last_codepoint - first_codepoint + 1) * sizeof(struct glyph)), 0};
  stbtt_fontinfo info;
  if (!drawn.at || !stbtt_InitFont(&info, font, stbtt_GetFontOffsetForIndex(font, 0))) return drawn;
  const float scale = stbtt_ScaleForPixelHeight(&info, glyph_height);
  for (int codepoint = first_codepoint; codepoint <= last_codepoint; ++codepoint) {
    const int index = stbtt_FindGlyphIndex(&info, codepoint);
    if (index == 0) continue;
    struct glyph* next = &drawn.at[drawn.count];
    next->pixels = stbtt_GetGlyphBitmap(&info, scale, scale, index, &next->width, &next->height, NULL, NULL);
    if (next->pixels) ++drawn.count;
  }
  return drawn;
}

static void free_glyphs(struct font_glyphs drawn) {
  for (int i = 0; i < drawn.count; ++i) stbtt_FreeBitmap(drawn.at[i].pixels, NULL);
  free(drawn.at);
}

static void paint(struct image sheet, struct glyph from, stbrp_rect where) {
  const unsigned tint = (unsigned)where.id * 2654435761u;
  for (int y = 0; y < from.height; ++y)
    for (int x = 0; x < from.width; ++x) {
      unsigned char* to = sheet.pixels + ((size_t)(where.y + y) * sheet_side + (size_t)(where.x + x)) * channels;
      const unsigned ink = from.pixels[y * from.width + x];
      for (int c = 0; c < channels; ++c) to[c] = (unsigned char)(ink * (((tint >> (8 * c)) & 0x7f) + 0x80) / 255);
    }
}

static struct image lay_out(struct font_glyphs drawn) {
  struct image sheet = {calloc((size_t)sheet_side * sheet_side, channels), sheet_side};
  stbrp_rect* places = malloc((size_t)drawn.count * sizeof *places);
  stbrp_node* nodes = malloc(sheet_side * sizeof *nodes);
  if (sheet.pixels && places && nodes) {
    for (int i = 0; i < drawn.count; ++i)
      places[i] = (stbrp_rect){.id = i, .w = drawn.at[i].width + 1, .h = drawn.at[i].height + 1};
    stbrp_context packing;
    stbrp_init_target(&packing, sheet_side, sheet_side, nodes, sheet_side);
    stbrp_pack_rects(&packing, places, drawn.count);
    for (int i = 0; i < drawn.count; ++i)
      if (places[i].was_packed) paint(sheet, drawn.at[places[i].id], places[i]);
  }
  free(nodes);
  free(places);
  return sheet;
}

// Grows by a half each time, as a careful program does, so that the heap also grows in large steps.
static void append(void* to, void* bytes, int size) {
  struct file* file = to;
  if (file->size + (size_t)size > file->room) {
    file->room = (file->size + (size_t)size) * 3 / 2;
    file->bytes = realloc(file->bytes, file->room);
  }
  if (!file->bytes) abort();
  memcpy(file->bytes + file->size, bytes, (size_t)size);
  file->size += (size_t)size;
}

static struct image decode(struct file file) {
  int width = 0, height = 0, found = 0;
  struct image read = {stbi_load_from_memory(file.bytes, (int)file.size, &width, &height, &found, channels), 0};
  if (width == height) read.side = width;
  return read;
}

static struct image scale(struct image from, int side) {
  struct image to = {malloc(bytes_of((struct image){NULL, side})), side};
  if (!to.pixels || !stbir_resize_uint8(from.pixels, from.side, from.side, 0, to.pixels, side, side, 0, channels))
    to.side = 0;
  return to;
}

// The images made from one that was read back: the image itself, a smaller one, and a larger one.
struct forms {
  struct image read, smaller, larger;
};

static struct forms make_forms(struct file file) {
  struct forms made = {.read = decode(file)};
  if (made.read.side == sheet_side) {
    made.smaller = scale(made.read, sheet_side / 3);
    made.larger = scale(made.read, sheet_side * 3);
  }
  return made;
}

static void free_forms(struct forms made) {
  free(made.larger.pixels);
  free(made.smaller.pixels);
  stbi_image_free(made.read.pixels);
}

static uint64_t hash_image(uint64_t seed, struct image of) { return hash(seed, of.pixels, bytes_of(of)); }

static uint64_t hash_forms(uint64_t seed, struct forms of) {
  return hash_image(hash_image(hash_image(seed, of.read), of.smaller), of.larger);
}

// PNG must return exactly the original pixels; JPEG and scaling must only have succeeded.
static int are_right(struct image sheet, struct forms png, struct forms jpeg) {
  return png.smaller.side && png.larger.side && jpeg.smaller.side && jpeg.larger.side &&
         memcmp(png.read.pixels, sheet.pixels, bytes_of(sheet)) == 0;
}

// All allocations stay until the end, so that the heap reaches tens of MiB.
static uint64_t through_files(struct image sheet) {
  struct file png = {0}, jpeg = {0};
  stbi_write_png_to_func(append, &png, sheet.side, sheet.side, channels, sheet.pixels, sheet.side * channels);
  stbi_write_jpg_to_func(append, &jpeg, sheet.side, sheet.side, channels, sheet.pixels, 85);
  const struct forms from_png = make_forms(png), from_jpeg = make_forms(jpeg);
  uint64_t sum = 0;
  if (are_right(sheet, from_png, from_jpeg)) {
    sum = hash(hash(0xcbf29ce484222325u, png.bytes, png.size), jpeg.bytes, jpeg.size);
    sum = hash_forms(hash_forms(sum, from_png), from_jpeg);
  }
  free_forms(from_jpeg);
  free_forms(from_png);
  free(jpeg.bytes);
  free(png.bytes);
  return sum;
}

uint64_t program_run(void* font, uint32_t bytes) {
  uint64_t sum = 0;
  if (font && bytes != 0) {
    struct font_glyphs drawn = draw_glyphs(font);
    if (drawn.count > 0) {
      struct image sheet = lay_out(drawn);
      if (sheet.pixels) sum = through_files(sheet);
      free(sheet.pixels);
    }
    free_glyphs(drawn);
  }
  free(font);
  return sum;
}
