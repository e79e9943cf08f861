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

/*
 * aas_service_inside(name):
 * 1 if the PAM service ${name} is one that people ask inside a session they
 * have: su, sudo and polkit, which say that they are at this machine, also
 * where the session came from another one.  "" is none.  Pure.
 */
int aas_service_inside(const char *name);

/*
 * aas_service_here(name):
 * 1 if the PAM service ${name} is asked at this machine, wherever a person is:
 * aas_service_inside(), or a job, which nobody is in front of.  "" is none.
 * Pure.
 */
int aas_service_here(const char *name);

#endif
