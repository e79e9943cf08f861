# tests/rig: its part of the one Makefile.

# The private hosts.
dist_noinst_SCRIPTS += dev %D%/build.sh %D%/host.sh %D%/init.sh \
	tests/ring2.sh
EXTRA_DIST += %D%/packages
