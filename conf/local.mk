# conf: its part of the one Makefile.

# Stack lines to copy: nothing is put into /etc/pam.d by itself.
pamexampledir = $(docdir)/examples/pam.d
dist_pamexample_DATA = %D%/pam.d/common-account %D%/pam.d/common-auth \
	%D%/pam.d/common-password %D%/pam.d/session
