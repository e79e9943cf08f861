# Build every fuzz target with libFuzzer and the address and undefined
# behavior sanitizers.  `make fuzz` runs this in tests/fuzz/bin:
#
#	make -f SRC/tests/fuzz/fuzz.mk SRC=/abs OBJ=/abs
#
# clang compiles all of the product's sources anew for it, so that the code of
# the libraries is watched too, whatever compiler the build was configured
# for; OBJ, a configured build, lends its config.h.
CC = clang
SANITIZE = address,undefined
CPPFLAGS = -I$(SRC) -I$(OBJ) -D_GNU_SOURCE \
	-DAAS_SYSCONFDIR='"/etc/aas"' -DAAS_STATEDIR='"/var/lib/aas"' \
	-DAAS_SPOOLDIR='"/var/spool/aas"' \
	-DAAS_RUNDIR='"/run/aas"' -DAAS_LIBEXECDIR='"/usr/libexec/aas"' \
	-DAAS_PLUGINDIR='"/usr/lib/aas/policy"' -DAAS_BINDIR='"/usr/bin"' \
	-DHAVE_ZSTD=1 -DAAS_GROUP='"aas"' -DAAS_IO_UID=65534 \
	$(shell pkg-config --cflags-only-I smartcols ncursesw)
CFLAGS = -std=gnu11 -g -O1 -fno-omit-frame-pointer -Wno-gnu-folding-constant
SANFLAGS = -fno-sanitize-recover=undefined
LIBS = -lfido2 -lcrypto -lconfig -ljansson -lcbor -lzstd

# A file with a main() is a program and no part of a target.
files := $(shell cd $(SRC) && grep -Lw '^main' lib/*.c lib/*/*.c policy/*.c \
	policy/signin/*.c policy/source/*.c \
	aasctl/*.c aasd/*.c pam_aas/*.c tools/*.c tests/rig/*.c)
targets := $(patsubst $(SRC)/tests/fuzz/%.c,%,$(wildcard $(SRC)/tests/fuzz/fuzz_*.c))
objects := $(patsubst %.c,o/%.o,$(files))

all: $(targets)

o/%.o: $(SRC)/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(SANFLAGS) -MMD \
	    -fsanitize=fuzzer-no-link,$(SANITIZE) -c -o $@ $<

# The sanitizers stand before the calls of libc, and nothing of ours may.
libaas.a: $(objects)
	rm -f $@
	nm -A --defined-only o/pam_aas/own.o | grep ' T ' >&2 && exit 1 || :
	ar qcs $@ $(objects)

# A target that wants to stand before some calls names them:
#	fuzz-wrap: getrandom malloc ...
fuzz_%: $(SRC)/tests/fuzz/fuzz_%.c libaas.a
	$(CC) $(CPPFLAGS) $(CFLAGS) $(SANFLAGS) -MMD -MF o/$@.d \
	    -fsanitize=fuzzer,$(SANITIZE) -o $@ $< \
	    $$(sed -n 's/^ \* fuzz-wrap: //p' $< | tr ' ' '\n' | \
	    sed 's/^./-Wl,--wrap=&/') libaas.a $(LIBS)

.PHONY: all
.SECONDARY:
-include $(objects:.o=.d) $(wildcard o/*.d)
