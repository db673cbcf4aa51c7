# The one door: `make help` lists what is behind it.

PREFIX ?= /usr
SYSCONFDIR ?= /etc
DESTDIR ?=
# Where `make build` leaves the programs.
BINARIES ?= .build/release
UNITDIR ?= /lib/systemd/system

# Heartbeat's commands, under which baton answers too; alert scripts look for them beside Heartbeat's own files.
OLD_NAMES = hb_standby hb_takeover cl_status
MAN = $(DESTDIR)$(PREFIX)/share/man

.PHONY: help install

help: ## list these targets
	@awk -F ':[^#]*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## put programs, manual pages, unit and completion under DESTDIR (PREFIX=/usr), after make build
	@test -x $(BINARIES)/baton -a -x $(BINARIES)/batond || { echo "make install: no programs in $(BINARIES); type: make build" >&2; exit 1; }
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin
	install -m 0755 $(BINARIES)/batond $(BINARIES)/baton $(DESTDIR)$(PREFIX)/sbin
	for name in $(OLD_NAMES); do \
		ln -sf ../sbin/baton $(DESTDIR)$(PREFIX)/bin/$$name || exit 1; \
	done
	for directory in lib/heartbeat share/heartbeat; do \
		install -d $(DESTDIR)$(PREFIX)/$$directory || exit 1; \
		for name in $(OLD_NAMES); do \
			ln -sf ../../sbin/baton $(DESTDIR)$(PREFIX)/$$directory/$$name || exit 1; \
		done; \
	done
	for page in $$($(BINARIES)/baton manual); do \
		install -d $(MAN)/man$${page##*.} || exit 1; \
		$(BINARIES)/baton manual $$page > $(MAN)/man$${page##*.}/$$page || exit 1; \
	done
	install -d $(DESTDIR)$(UNITDIR) $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 0644 Config/batond.service $(DESTDIR)$(UNITDIR)
	$(BINARIES)/baton completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/baton
	install -d -m 0755 $(DESTDIR)$(SYSCONFDIR)/baton
