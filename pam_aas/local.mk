# pam_aas: its part of the one Makefile.
