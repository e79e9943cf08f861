#ifndef AAS_LIB_SERVICE_H
#define AAS_LIB_SERVICE_H

/*
 * aas_service_shared(name):
 * 1 if the PAM service ${name} is one of those that ask for a password on
 * common systems, or authenticate nobody, so that its name says nothing about
 * how somebody signed in: such a service is never evidence of single sign-on.
 * "" counts as one.  Pure.
 */
int aas_service_shared(const char *name);

#endif
