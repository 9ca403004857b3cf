/* The yardstick of bench/engine.ts: the same table network with the same lookups, row by row, as one would write it in C. Reads the
 * network and rows that the bench wrote (32-bit little-endian words), runs all rows `repeats` times, prints the best seconds and a
 * checksum. A tree is direct arrays: per input the number of the interval its value lies in, then the leaf of that combination;
 * embeddings and leaf rows are indexed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TREE, EXACT, ABSDIFF, MOST_INPUTS = 2, FAR = 1 << 17 };

/* Value x of an input counts as interval[clamp(x, low, high) - low], already multiplied for `leaf`. */
typedef struct { int at, low, high; uint16_t *interval; } Input;
typedef struct { int inputs; Input input[MOST_INPUTS]; uint8_t *leaf; int leaves; } Tree;
typedef struct { int kind, rows, outputs, first, trees, pairs; const int32_t *at; Tree *tree; int32_t *lut; } Map;

static const int32_t *word;

static int32_t next(void) { return *word++; }

static const int32_t *list(int count) { const int32_t *at = word; word += count; return at; }

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b) {
  int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

/* The decision tree of `nodes` (coordinate, limit, children; child < 0 is leaf ~child) as arrays. */
static void build(Tree *t) {
  t->inputs = next();
  int nodes = next();
  t->leaves = next();
  if (t->inputs > MOST_INPUTS) { fprintf(stderr, "trees of %d inputs are not known\n", t->inputs); exit(1); }
  const int32_t *at = list(t->inputs), *coord = list(nodes), *limit = list(nodes), *left = list(nodes), *right = list(nodes);
  int32_t cuts[MOST_INPUTS][256];
  int many[MOST_INPUTS] = {0};
  for (int n = 0; n < nodes; n++) cuts[coord[n]][many[coord[n]]++] = limit[n];
  int total = 1;
  for (int i = 0; i < t->inputs; i++) {
    qsort(cuts[i], many[i], sizeof(int32_t), ascending);
    total *= many[i] + 1;
  }
  for (int i = 0, step = total; i < t->inputs; i++) {
    Input *in = t->input + i;
    step /= many[i] + 1;
    in->at = at[i];
    /* Beyond the outermost limits a value's interval no longer changes; limits that no value of these models reaches do not count. */
    in->low = FAR;
    in->high = -FAR;
    for (int c = 0; c < many[i]; c++) {
      if (cuts[i][c] < -FAR || cuts[i][c] >= FAR) continue;
      if (cuts[i][c] < in->low) in->low = cuts[i][c];
      if (cuts[i][c] + 1 > in->high) in->high = cuts[i][c] + 1;
    }
    if (in->high < in->low) in->low = in->high = 0;
    in->interval = malloc((in->high - in->low + 1) * sizeof(uint16_t));
    for (int x = in->low; x <= in->high; x++) {
      int below = 0;
      while (below < many[i] && cuts[i][below] < x) below++;
      in->interval[x - in->low] = below * step;
    }
  }
  t->leaf = malloc(total);
  for (int cell = 0; cell < total; cell++) {
    int32_t x[MOST_INPUTS];
    for (int i = 0, step = total, rest = cell; i < t->inputs; i++) {
      step /= many[i] + 1;
      int below = rest / step;
      rest %= step;
      x[i] = below < many[i] ? cuts[i][below] : INT32_MAX;
    }
    int node = nodes ? 0 : -1;
    while (node >= 0) node = x[coord[node]] <= limit[node] ? left[node] : right[node];
    t->leaf[cell] = ~node;
  }
}

static inline int interval(const Input *in, const int32_t *v) {
  int x = v[in->at];
  x = x < in->low ? in->low : x > in->high ? in->high : x;
  return in->interval[x - in->low];
}

static inline int leaf(const Tree *t, const int32_t *v) {
  int cell = interval(t->input, v);
  if (t->inputs > 1) cell += interval(t->input + 1, v);
  return t->leaf[cell];
}

#define ADD(n) for (int o = 0; o < (n); o++) to[o] += row[o]

/* Known lengths become vector instructions without loops. */
static inline void add(int32_t *restrict to, const int32_t *restrict row, int outputs) {
  switch (outputs) {
    case 2: ADD(2); break;
    case 3: ADD(3); break;
    case 4: ADD(4); break;
    case 8: ADD(8); break;
    case 16: ADD(16); break;
    case 32: ADD(32); break;
    default: ADD(outputs);
  }
}

int main(int argc, char **argv) {
  FILE *file = fopen(argv[1], "rb");
  if (argc < 2 || !file) return 1;
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
    p->kind = next(); p->rows = next(); p->outputs = next(); p->first = next(); p->trees = next();
    if (p->kind == EXACT) p->at = list(1);
    if (p->kind == ABSDIFF) { p->pairs = next(); p->at = list(2 * p->pairs); }
    p->tree = calloc(p->trees + 1, sizeof(Tree));
    for (int t = 0; t < p->trees; t++) build(p->tree + t);
    p->lut = (int32_t *)list(p->rows * p->outputs);
  }
  const int32_t *input = list(rows * width);
  int32_t *v = malloc(values * sizeof *v);
  double best = 1e9;
  uint32_t sum = 0;
  for (int r = 0; r < repeats; r++) {
    double from = now();
    sum = 0;
    for (int i = 0; i < rows; i++) {
      memcpy(v + width, start + width, (values - width) * sizeof *v);
      memcpy(v, input + (long)i * width, width * sizeof *v);
      for (int m = 0; m < maps; m++) {
        const Map *p = map + m;
        int row = 0;
        if (p->kind == ABSDIFF) {
          int total = 0;
          for (int o = 0; o < p->pairs; o++) total += abs(v[p->at[2 * o]] - v[p->at[2 * o + 1]]);
          v[p->first] += total;
          continue;
        }
        if (p->kind == EXACT) {
          row = v[p->at[0]];
          if (row >= p->rows) row = p->rows - 1;
        } else for (int t = 0; t < p->trees; t++) row = row * p->tree[t].leaves + leaf(p->tree + t, v);
        add(v + p->first, p->lut + (long)row * p->outputs, p->outputs);
      }
      int top = 0;
      for (int c = 1; c < classes; c++) if (v[answer + c] > v[answer + top]) top = c;
      sum = sum * 31 + (classes > 1 ? top : (uint32_t)v[answer]);
    }
    double took = now() - from;
    if (took < best) best = took;
  }
  printf("%.9f %u\n", best, sum);
  return 0;
}
