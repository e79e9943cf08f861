#ifndef AAS_AASCTL_WHY_H
#define AAS_AASCTL_WHY_H

#include "aasctl/ask.h"

/*
 * aasctl_why_print(person, scene, f, trace): what was foretold, for people.
 *   trace  an array of the rules that were looked at: "name", "where",
 *          "source", "mode", "effect", "matched", "missed"
 */
void aasctl_why_print(const struct aas_person *person,
    const struct aas_scene *scene, const struct aas_foretold *f,
    const json_t *trace);

#endif
