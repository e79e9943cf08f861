# tests/rig: its part of the one Makefile.
