/* The complex functions of C that wine 10 lacks in its C runtime, for `make test-wine` alone: numpy calls them when it
 * is loaded. Windows has them. The types are those of Microsoft's ABI, whose long double is a double. */
#include <complex.h>

typedef struct { float re, im; } single;
typedef struct { double re, im; } twice;

static float complex of_single(single z) { return z.re + z.im * I; }
static double complex of_twice(twice z) { return z.re + z.im * I; }
static single as_single(float complex z) { return (single){__real__ z, __imag__ z}; }
static twice as_twice(double complex z) { return (twice){__real__ z, __imag__ z}; }

#define COMPLEX(name)                                                          \
    twice w_##name(twice z) { return as_twice(name(of_twice(z))); }            \
    twice w_##name##l(twice z) { return as_twice(name(of_twice(z))); }         \
    single w_##name##f(single z) { return as_single(name##f(of_single(z))); }
#define REAL(name)                                                             \
    double w_##name(twice z) { return name(of_twice(z)); }                     \
    double w_##name##l(twice z) { return name(of_twice(z)); }                  \
    float w_##name##f(single z) { return name##f(of_single(z)); }

COMPLEX(cexp) COMPLEX(csin) COMPLEX(ccos) COMPLEX(ctan) COMPLEX(csinh) COMPLEX(ccosh) COMPLEX(ctanh)
REAL(creal) REAL(cimag) REAL(cabs) REAL(carg)

twice w_cpow(twice a, twice b) { return as_twice(cpow(of_twice(a), of_twice(b))); }
twice w_cpowl(twice a, twice b) { return as_twice(cpow(of_twice(a), of_twice(b))); }
single w_cpowf(single a, single b) { return as_single(cpowf(of_single(a), of_single(b))); }
