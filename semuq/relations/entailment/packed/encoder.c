/* A BERT encoder over packed tokens on one CPU core, its matrices multiplied in 16-bit integers.

   Activations are rounded to integers with a scale per token, weights with a scale per output; products
   are summed exactly in 32 bits over a block of inputs (the caller chooses block and ranges so that no sum
   can overflow), and all the rest is float32. Compiled on the machine it runs on; see native.py. */

#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__AVX512BW__)
#define LANES 16
#define ROWS 6
#define PANELS 4
#define ALL_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5)
#define FURTHER_PANELS(r, X) X(r, 2) X(r, 3)
typedef __m512i vint;
#define ZERO _mm512_setzero_si512()
#define LOAD(p) _mm512_load_si512(p)
#define SPREAD(x) _mm512_set1_epi32(x)
#define STORE_FLOATS(p, v) _mm512_storeu_ps(p, _mm512_cvtepi32_ps(v))
#define ADD_FLOATS(p, v) _mm512_storeu_ps(p, _mm512_add_ps(_mm512_loadu_ps(p), _mm512_cvtepi32_ps(v)))
#if defined(__AVX512VNNI__)
/* By hand: around the intrinsic gcc copies every sum to memory in every step. */
#define DOT(sum, a, b) add_dot(sum, a, b)
static inline vint add_dot(vint sum, vint a, vint b) {
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "vm"(b));
    return sum;
}
#else
#define DOT(sum, a, b) _mm512_add_epi32(sum, _mm512_madd_epi16(a, b))
#endif
#elif defined(__AVX2__)
#define LANES 8
#define ROWS 4
#define PANELS 2
#define ALL_ROWS(X) X(0) X(1) X(2) X(3)
#define FURTHER_PANELS(r, X)
typedef __m256i vint;
#define ZERO _mm256_setzero_si256()
#define LOAD(p) _mm256_load_si256(p)
#define SPREAD(x) _mm256_set1_epi32(x)
#define STORE_FLOATS(p, v) _mm256_storeu_ps(p, _mm256_cvtepi32_ps(v))
#define ADD_FLOATS(p, v) _mm256_storeu_ps(p, _mm256_add_ps(_mm256_loadu_ps(p), _mm256_cvtepi32_ps(v)))
#define DOT(sum, a, b) _mm256_add_epi32(sum, _mm256_madd_epi16(a, b))
#else
#error "needs AVX2"
#endif

typedef float floats __attribute__((vector_size(LANES * 4)));
typedef float loose __attribute__((vector_size(LANES * 4), aligned(4)));
#define INLINE static inline __attribute__((always_inline))
#define MOST_ROWS 96 /* rows that go through both feed-forward matrices before the next ones do */

/* outputs x inputs: panels of LANES outputs, in each the inputs two by two. Rows of activations are
   rounded to -range..range; sums of `block` inputs, an even number, are exact. */
typedef struct {
    const int16_t *panels;
    const float *scales, *bias;
    int64_t inputs, outputs, block;
    float range;
} Linear;

typedef struct {
    const float *gain, *shift;
    float epsilon;
} Norm;

typedef struct {
    Linear query, key_value, qkv, attended, up, down;
    Norm after_attention, after_feed_forward;
} Layer;

typedef struct {
    const float *words, *positions, *segments;
    Norm norm;
    const Layer *layers;
    int64_t depth, width, inner, heads, first_position;
} Encoder;

int64_t lanes(void) { return LANES; }

/* Within 2e-7 of the true value, relative. */
INLINE float exponential(float x) {
    x = x < -87.0f ? -87.0f : x;
    float n = x * 1.44269504f + 12582912.0f;
    int32_t bits;
    memcpy(&bits, &n, 4);
    n -= 12582912.0f;
    float r = x - n * 0.693145752f - n * 1.42860677e-6f;
    float p = 1.0f + r * (1.0f + r * (0.5f + r * (0.166666657f + r * (0.0416664891f + r * (0.00833368581f + r * 0.00139304355f)))));
    bits = (bits - 0x4b400000) << 23;
    int32_t whole;
    memcpy(&whole, &p, 4);
    whole += bits;
    memcpy(&p, &whole, 4);
    return x == x ? p : x;
}

/* x/2 (1 + erf(x/sqrt 2)), with erf by Abramowitz and Stegun 7.1.26, within 1.5e-7. */
static void gelu(float *x, int64_t n) {
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        float z = fabsf(x[i]) * 0.707106781f;
        float t = 1.0f / (1.0f + 0.3275911f * z);
        float p = t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
        float erf = 1.0f - p * exponential(-z * z);
        x[i] = 0.5f * x[i] * (1.0f + copysignf(erf, x[i]));
    }
}

static void normalise(float *x, const Norm *norm, int64_t width) {
    float sum = 0.0f, squares = 0.0f;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < width; i++) sum += x[i];
    float mean = sum / width;
#pragma omp simd reduction(+ : squares)
    for (int64_t i = 0; i < width; i++) squares += (x[i] - mean) * (x[i] - mean);
    float scale = 1.0f / sqrtf(squares / width + norm->epsilon);
    for (int64_t i = 0; i < width; i++) x[i] = (x[i] - mean) * scale * norm->gain[i] + norm->shift[i];
}

/* Rows of x in integers, and what to multiply them with. A row with a NaN becomes a scale of NaN. */
static void quantise(const float *x, int64_t stride, int64_t rows, int64_t width, float range, int16_t *out, float *scales) {
    for (int64_t r = 0; r < rows; r++, x += stride, out += width) {
        float largest = 0.0f, check = 0.0f;
#pragma omp simd reduction(max : largest)
        for (int64_t i = 0; i < width; i++) largest = fabsf(x[i]) > largest ? fabsf(x[i]) : largest;
#pragma omp simd reduction(+ : check)
        for (int64_t i = 0; i < width; i++) check += x[i] * 0.0f;
        float inverse = largest > 0.0f ? range / largest : 0.0f;
        scales[r] = largest / range + check;
        for (int64_t i = 0; i < width; i++) {
            float shifted = x[i] * inverse + 12582912.0f;
            int32_t bits;
            memcpy(&bits, &shifted, 4);
            out[i] = (int16_t)(bits - 0x4b400000);
        }
    }
}

/* Sums in registers, by name: compilers keep arrays of them in memory. */
#define EACH_PANEL_OF(r, X) X(r, 0) X(r, 1) FURTHER_PANELS(r, X)
#define START(r, p) vint sum_##r##_##p = ZERO;
#define STEP(r, p) sum_##r##_##p = DOT(sum_##r##_##p, spread, column_##p);
#define FINISH(r, p) STORE_FLOATS(sums + (r * PANELS + p) * LANES, sum_##r##_##p);
#define GO_ON(r, p) ADD_FLOATS(sums + (r * PANELS + p) * LANES, sum_##r##_##p);
#define READ(r, p) vint column_##p = LOAD((const void *)(w + p * inputs * LANES + k * LANES));
#define START_ROW(r) EACH_PANEL_OF(r, START)
#define STEP_ROW(r)                          \
    {                                        \
        int32_t two;                         \
        memcpy(&two, a + r * inputs + k, 4); \
        vint spread = SPREAD(two);           \
        EACH_PANEL_OF(r, STEP)               \
    }
#define FINISH_ROW(r) EACH_PANEL_OF(r, FINISH)
#define GO_ON_ROW(r) EACH_PANEL_OF(r, GO_ON)
#define TILE(EACH_ROW)                                              \
    for (int64_t start = 0; start < inputs; start += block) {       \
        int64_t stop = inputs - start < block ? inputs : start + block; \
        EACH_ROW(START_ROW)                                         \
        for (int64_t k = start; k < stop; k += 2) {                 \
            EACH_PANEL_OF(0, READ) EACH_ROW(STEP_ROW)               \
        }                                                           \
        if (start == 0) {                                           \
            EACH_ROW(FINISH_ROW)                                    \
        } else {                                                    \
            EACH_ROW(GO_ON_ROW)                                     \
        }                                                           \
    }
#define ONE_ROW(X) X(0)

INLINE void tile_of_rows(const int16_t *a, const int16_t *w, int64_t inputs, int64_t block, float *sums) { TILE(ALL_ROWS) }

INLINE void tile_of_one(const int16_t *a, const int16_t *w, int64_t inputs, int64_t block, float *sums) { TILE(ONE_ROW) }

INLINE void scale_out(const Linear *by, const float *sums, const float *scales, int64_t rows, int64_t first, float *out,
                      int64_t stride) {
    int64_t columns = by->outputs - first < PANELS * LANES ? by->outputs - first : PANELS * LANES;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++)
            out[r * stride + first + c] =
                sums[r * PANELS * LANES + c] * (scales[r] * by->scales[first + c]) + by->bias[first + c];
}

/* out = a w' + bias; a group of panels stays in the first cache while all rows pass. */
static void multiply(const Linear *by, const int16_t *a, const float *scales, int64_t rows, float *out, int64_t stride) {
    float sums[ROWS * PANELS * LANES];
    for (int64_t first = 0; first < by->outputs; first += PANELS * LANES) {
        const int16_t *w = by->panels + first * by->inputs;
        int64_t r = 0;
        for (; r + ROWS <= rows; r += ROWS) {
            tile_of_rows(a + r * by->inputs, w, by->inputs, by->block, sums);
            scale_out(by, sums, scales + r, ROWS, first, out + r * stride, stride);
        }
        for (; r < rows; r++) {
            tile_of_one(a + r * by->inputs, w, by->inputs, by->block, sums);
            scale_out(by, sums, scales + r, 1, first, out + r * stride, stride);
        }
    }
}

/* Four sums over n of a factor of each query times a row that they share. */
INLINE void mix(const float *factors[4], const float *shared, int64_t stride, int64_t n, floats sums[4]) {
    floats a = {0}, b = {0}, c = {0}, d = {0};
    for (int64_t i = 0; i < n; i++) {
        floats row = *(const loose *)(shared + i * stride);
        a += factors[0][i] * row;
        b += factors[1][i] * row;
        c += factors[2][i] * row;
        d += factors[3][i] * row;
    }
    sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
}

/* exp(scale (w - max w)) in place, padding included; returns the sum without the padding. */
INLINE float soften(float *w, int64_t length, int64_t padded, float scale) {
    float largest = w[0], total = 0.0f;
#pragma omp simd reduction(max : largest)
    for (int64_t j = 1; j < length; j++) largest = w[j] > largest ? w[j] : largest;
    for (int64_t j = 0; j < padded; j++) w[j] = exponential(scale * (w[j] - largest));
#pragma omp simd reduction(+ : total)
    for (int64_t j = 0; j < length; j++) total += w[j];
    return total;
}

/* Attention of `asked` queries over `length` tokens, head by head and four queries at a time, which hides the
   latency of sums. Space: keys turned over, and four rows of weights. */
static void attend(const Encoder *e, const float *query, int64_t query_stride, const float *keys, const float *values,
                   int64_t stride, int64_t asked, int64_t length, float *out, float *space) {
    int64_t size = e->width / e->heads, padded = (length + LANES - 1) / LANES * LANES;
    float *turned = space, *weights = space + size * padded, scale = 1.0f / sqrtf((float)size), totals[4];
    const float *factors[4];
    floats sums[4];
    memset(turned, 0, sizeof(float) * size * padded);
    for (int64_t h = 0; h < e->heads; h++) {
        for (int64_t j = 0; j < length; j++)
            for (int64_t d = 0; d < size; d++) turned[d * padded + j] = keys[j * stride + h * size + d];
        for (int64_t i = 0; i < asked; i += 4) {
            int64_t own = asked - i < 4 ? asked - i : 4;
            for (int64_t q = 0; q < 4; q++) factors[q] = query + (i + (q < own ? q : 0)) * query_stride + h * size;
            for (int64_t j = 0; j < padded; j += LANES) {
                mix(factors, turned + j, padded, size, sums);
                for (int64_t q = 0; q < own; q++) *(loose *)(weights + q * padded + j) = sums[q];
            }
            for (int64_t q = 0; q < own; q++) totals[q] = soften(weights + q * padded, length, padded, scale);
            for (int64_t q = 0; q < 4; q++) factors[q] = weights + (q < own ? q : 0) * padded;
            for (int64_t d = 0; d < size; d += LANES) {
                mix(factors, values + h * size + d, stride, length, sums);
                for (int64_t q = 0; q < own; q++)
                    *(loose *)(out + (i + q) * e->width + h * size + d) = sums[q] / totals[q];
            }
        }
    }
}

static void add_and_normalise(float *states, const float *more, int64_t rows, const Norm *norm, int64_t width) {
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t i = 0; i < width; i++) states[r * width + i] += more[r * width + i];
        normalise(states + r * width, norm, width);
    }
}

/* What follows attention, in place: project, add, normalise; feed forward, add, normalise. */
static void block(const Encoder *e, const Layer *layer, float *states, const float *attended, int64_t rows, float *wide,
                  float *narrow, int16_t *integers, float *scales) {
    int64_t width = e->width;
    for (int64_t start = 0; start < rows; start += MOST_ROWS) {
        int64_t own = rows - start < MOST_ROWS ? rows - start : MOST_ROWS;
        float *s = states + start * width;
        quantise(attended + start * width, width, own, width, layer->attended.range, integers, scales);
        multiply(&layer->attended, integers, scales, own, narrow, width);
        add_and_normalise(s, narrow, own, &layer->after_attention, width);
        quantise(s, width, own, width, layer->up.range, integers, scales);
        multiply(&layer->up, integers, scales, own, wide, e->inner);
        gelu(wide, own * e->inner);
        quantise(wide, e->inner, own, e->inner, layer->down.range, integers, scales);
        multiply(&layer->down, integers, scales, own, narrow, width);
        add_and_normalise(s, narrow, own, &layer->after_feed_forward, width);
    }
}

static void *aligned(int64_t bytes) { return aligned_alloc(64, (bytes + 63) / 64 * 64); }

/* out = x w' + bias for float32 rows. Returns 0, or 1 if memory ran out. */
int linear(const Linear *by, const float *x, int64_t rows, float *out) {
    int16_t *integers = aligned(2 * MOST_ROWS * by->inputs);
    float scales[MOST_ROWS];
    if (!integers) return 1;
    for (int64_t start = 0; start < rows; start += MOST_ROWS) {
        int64_t own = rows - start < MOST_ROWS ? rows - start : MOST_ROWS;
        quantise(x + start * by->inputs, by->inputs, own, by->inputs, by->range, integers, scales);
        multiply(by, integers, scales, own, out + start * by->outputs, by->outputs);
    }
    free(integers);
    return 0;
}

/* The last layer's state of each sequence's first token. ids, segments: tokens; lengths: sequences;
   out: sequences x width. Returns 0, or 1 if memory ran out. */
int encode(const Encoder *e, const int64_t *ids, const int64_t *segments, const int64_t *lengths, int64_t sequences,
           float *out) {
    int64_t width = e->width, tokens = 0, longest = 0, status = 1;
    for (int64_t s = 0; s < sequences; s++) {
        tokens += lengths[s];
        longest = lengths[s] > longest ? lengths[s] : longest;
    }
    int64_t block_integers = MOST_ROWS * e->inner, all_integers = tokens * width;
    float *states = aligned(4 * tokens * width), *qkv = aligned(4 * tokens * 3 * width);
    float *attended = aligned(4 * tokens * width), *scales = aligned(4 * (tokens + MOST_ROWS));
    float *wide = aligned(4 * MOST_ROWS * e->inner), *narrow = aligned(4 * MOST_ROWS * width);
    float *space = aligned(4 * (longest + LANES) * (width / e->heads + 4));
    int16_t *integers = aligned(2 * (block_integers > all_integers ? block_integers : all_integers));
    if (!states || !qkv || !attended || !scales || !wide || !narrow || !space || !integers) goto done;

    for (int64_t s = 0, t = 0; s < sequences; s++)
        for (int64_t i = 0; i < lengths[s]; i++, t++) {
            const float *word = e->words + ids[t] * width, *segment = e->segments + segments[t] * width;
            const float *position = e->positions + (e->first_position + i) * width;
            for (int64_t d = 0; d < width; d++) states[t * width + d] = word[d] + position[d] + segment[d];
            normalise(states + t * width, &e->norm, width);
        }
    for (int64_t l = 0; l + 1 < e->depth; l++) {
        const Layer *layer = e->layers + l;
        quantise(states, width, tokens, width, layer->qkv.range, integers, scales);
        multiply(&layer->qkv, integers, scales, tokens, qkv, 3 * width);
        for (int64_t s = 0, t = 0; s < sequences; t += lengths[s++]) {
            const float *own = qkv + t * 3 * width;
            attend(e, own, 3 * width, own + width, own + 2 * width, 3 * width, lengths[s], lengths[s],
                   attended + t * width, space);
        }
        block(e, layer, states, attended, tokens, wide, narrow, integers, scales);
    }
    /* Of the last layer only first tokens are read, so only theirs are computed; all tokens are looked at. */
    const Layer *last = e->layers + e->depth - 1;
    float *queries = qkv + tokens * 2 * width;
    quantise(states, width, tokens, width, last->key_value.range, integers, scales);
    multiply(&last->key_value, integers, scales, tokens, qkv, 2 * width);
    for (int64_t s = 0, t = 0; s < sequences; t += lengths[s++])
        memcpy(out + s * width, states + t * width, sizeof(float) * width);
    quantise(out, width, sequences, width, last->query.range, integers, scales);
    multiply(&last->query, integers, scales, sequences, queries, width);
    for (int64_t s = 0, t = 0; s < sequences; t += lengths[s++]) {
        const float *own = qkv + t * 2 * width;
        attend(e, queries + s * width, width, own, own + width, 2 * width, 1, lengths[s], attended + s * width, space);
    }
    block(e, last, out, attended, sequences, wide, narrow, integers, scales);
    status = 0;
done:
    free(states), free(qkv), free(attended), free(scales), free(wide), free(narrow), free(space), free(integers);
    return (int)status;
}
