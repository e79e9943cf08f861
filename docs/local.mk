# docs: its part of the one Makefile.
EXTRA_DIST += %D%/demo.txt
