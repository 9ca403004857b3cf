/* The yardstick of bench/engine.ts: the same table network, row by row, as one would write it in C. Reads the network and rows
 * that the bench wrote (32-bit little-endian words), runs all rows `repeats` times, prints the best seconds and a checksum.
 * Trees are walked with compares; embeddings and leaf rows are indexed; sums are 32-bit. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct { int inputs, nodes, leaves; const int32_t *at, *coord, *limit, *left, *right; } Tree;
typedef struct { int exact, rows, outputs, first, trees; const int32_t *input; Tree *tree; int16_t *lut16; const int32_t *lut; } Map;

static const int32_t *word;

static int32_t next(void) { return *word++; }

static const int32_t *list(int count) { const int32_t *at = word; word += count; return at; }

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static int leaf(const Tree *t, const int32_t *v) {
  int node = t->nodes ? 0 : -1;
  while (node >= 0) node = v[t->at[t->coord[node]]] <= t->limit[node] ? t->left[node] : t->right[node];
  return ~node;
}

int main(int argc, char **argv) {
  FILE *file = fopen(argv[1], "rb");
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  int32_t *all = malloc(size);
  if (fread(all, 1, size, file) != (size_t)size) return 1;
  word = all;
  int rows = next(), width = next(), values = next(), maps = next(), answer = next(), classes = next(), repeats = next();
  Map *map = calloc(maps, sizeof *map);
  const int32_t *start = list(values);
  for (int m = 0; m < maps; m++) {
    Map *p = map + m;
    p->exact = next(); p->rows = next(); p->outputs = next(); p->first = next(); p->trees = next();
    if (p->exact) p->input = list(1);
    p->tree = calloc(p->trees + 1, sizeof(Tree));
    for (int t = 0; t < p->trees; t++) {
      Tree *q = p->tree + t;
      q->inputs = next(); q->nodes = next(); q->leaves = next();
      q->at = list(q->inputs); q->coord = list(q->nodes); q->limit = list(q->nodes); q->left = list(q->nodes); q->right = list(q->nodes);
    }
    p->lut = list(p->rows * p->outputs);
  }
  const int32_t *input = list(rows * width);
  int32_t *v = malloc(values * sizeof *v);
  double best = 1e9;
  uint32_t sum = 0;
  for (int r = 0; r < repeats; r++) {
    double from = now();
    sum = 0;
    for (int i = 0; i < rows; i++) {
      memcpy(v, start, values * sizeof *v);
      memcpy(v, input + (long)i * width, width * sizeof *v);
      for (int m = 0; m < maps; m++) {
        const Map *p = map + m;
        int row = 0;
        if (p->exact) {
          row = v[p->input[0]];
          if (row >= p->rows) row = p->rows - 1;
        } else for (int t = 0; t < p->trees; t++) row = row * p->tree[t].leaves + leaf(p->tree + t, v);
        const int32_t *from_row = p->lut + (long)row * p->outputs;
        int32_t *to = v + p->first;
        for (int o = 0; o < p->outputs; o++) to[o] += from_row[o];
      }
      int top = 0;
      for (int c = 1; c < classes; c++) if (v[answer + c] > v[answer + top]) top = c;
      sum = sum * 31 + top;
    }
    double took = now() - from;
    if (took < best) best = took;
  }
  printf("%.9f %u\n", best, sum);
  return 0;
}
