# docs: its part of the one Makefile.
EXTRA_DIST += %D%/demo.txt
dist_man_MANS += %D%/pam_aas.8
