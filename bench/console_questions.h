/* What the console asks: each of its lists, with each of its filters, and each of its charts. */
#ifndef YIQIAN_BENCH_CONSOLE_QUESTIONS_H
#define YIQIAN_BENCH_CONSOLE_QUESTIONS_H

#include <stddef.h>

typedef struct console_question {
    const char *name, *path; /* what stands behind each @ is replaced for each try (console.c) */
} console_question;

extern const console_question console_questions[], console_pages[];
extern const size_t console_questions_n, console_pages_n;

#endif
