# policy: its part of the one Makefile.
