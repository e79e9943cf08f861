# docs: its part of the one Makefile.
EXTRA_DIST += %D%/demo.txt
dist_man_MANS += %D%/pam_aas.8
dist_man_MANS += %D%/aas.conf.5 %D%/aas-policy.5 %D%/aasctl.8 %D%/aasd.8 %D%/aas-notify.8
EXTRA_DIST += %D%/events.md %D%/events.schema.json
EXTRA_DIST += %D%/architecture.md %D%/protocol.md %D%/threat-model.md
EXTRA_DIST += %D%/plugin-abi.md %D%/record.md %D%/runners.md
