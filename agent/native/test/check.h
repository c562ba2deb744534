/* Tiny assertions for the engine's tests: every failure is printed, the program's status counts them. */
#ifndef TN_TEST_CHECK_H
#define TN_TEST_CHECK_H

#include <math.h>
#include <stdio.h>
#include <string.h>

static unsigned check_passed, check_failed;

static inline int check_that(int good, const char *file, int line, const char *what)
{
	if (good) {
		check_passed++;
	} else {
		check_failed++;
		printf("%s:%d: %s\n", file, line, what);
	}
	return good;
}

#define CHECK(condition) check_that((condition) ? 1 : 0, __FILE__, __LINE__, #condition)
#define CHECK_INT(actual, expected)                                                                                   \
	do {                                                                                                          \
		long long check_a = (long long)(actual), check_e = (long long)(expected);                             \
		char check_text[256];                                                                                 \
		snprintf(check_text, sizeof(check_text), "%s is %lld, not %lld", #actual, check_a, check_e);          \
		check_that(check_a == check_e, __FILE__, __LINE__, check_text);                                       \
	} while (0)
#define CHECK_NEAR(actual, expected, tolerance)                                                                       \
	do {                                                                                                          \
		double check_a = (double)(actual), check_e = (double)(expected);                                      \
		char check_text[256];                                                                                 \
		snprintf(check_text, sizeof(check_text), "%s is %g, not %g", #actual, check_a, check_e);              \
		check_that(fabs(check_a - check_e) <= (double)(tolerance), __FILE__, __LINE__, check_text);           \
	} while (0)
#define CHECK_TEXT(actual, expected)                                                                                  \
	do {                                                                                                          \
		const char *check_a = (actual), *check_e = (expected);                                                \
		char check_text[1024];                                                                                \
		snprintf(check_text, sizeof(check_text), "%s is \"%s\", not \"%s\"", #actual, check_a, check_e);      \
		check_that(strcmp(check_a, check_e) == 0, __FILE__, __LINE__, check_text);                            \
	} while (0)

/* The summary line; returns the program's status. */
static inline int check_summary(const char *name)
{
	printf("%s: %u passed, %u failed\n", name, check_passed, check_failed);
	return check_failed != 0;
}

#endif
