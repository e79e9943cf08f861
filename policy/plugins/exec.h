#ifndef AAS_POLICY_PLUGINS_EXEC_H
#define AAS_POLICY_PLUGINS_EXEC_H

#include <stddef.h>

#include "policy/plugin.h"

/*
 * The parts of the source "exec": a program's answer, and what it means.
 * docs/plugin-abi.md has the form of both.
 */
#define EXEC_ANSWER_MAX ((size_t)64 * 1024 * 1024)

/*
 * exec_run(h, path, question, &answer, &len):
 * Run ${path} in a process of its own with ${question} on its standard input
 * and take what it prints, from malloc, and its exit status.  A program that
 * fails, or is not done shortly before the deadline, is reported.
 * Returns an enum aas_plugin_status; ${answer} is there with SUCCESS alone.
 */
int exec_run(const struct aas_plugin_host *h, const char *path,
    const char *question, char **answer, size_t *len);

/*
 * exec_question(lookup, q): what is asked, one line, from malloc; NULL: no
 * memory.
 */
char *exec_question(int lookup, const struct aas_plugin_query *q);

/*
 * exec_answer(h, path, answer, len):
 * Hand over the rules of an answer, or report what is wrong with it.
 * Returns an enum aas_plugin_status.
 */
int exec_answer(const struct aas_plugin_host *h, const char *path,
    const char *answer, size_t len);

#endif
