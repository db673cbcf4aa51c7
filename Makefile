# The one door: `make help` lists what is behind it.

PREFIX ?= /usr
SYSCONFDIR ?= /etc
DESTDIR ?=
# Where `make build` leaves the programs.
BINARIES ?= .build/release
UNITDIR ?= /lib/systemd/system
# Seconds for each parser, stories told, and faults in one explored run.
FUZZ_SECONDS ?= 20
STORIES ?= 100000
FAULTS ?= 1
JOBS ?= $(shell nproc)

# A target imports what Package.swift lists for it and nothing else.
CHECK_FLAGS = --explicit-target-dependency-import-check error
# Release: servers need no Swift runtime package, and the daemon is smaller in memory. One set of
# flags for everything in .build/release: another set would compile it all again. The linker that comes with
# Swift lays code out so that 3 MB less of it is resident than with the default one.
SWIFT_BUILD_FLAGS = $(CHECK_FLAGS) --static-swift-stdlib -Xswiftc -use-ld=lld
RELEASE = swift build -c release $(SWIFT_BUILD_FLAGS) --product

# Heartbeat's commands, under which baton answers too; alert scripts look for them beside Heartbeat's own files.
OLD_NAMES = hb_standby hb_takeover cl_status
# GreenArrow's.
ROLE_NAMES = hvmail_make_primary hvmail_make_secondary
MAN = $(DESTDIR)$(PREFIX)/share/man

.PHONY: help setup build test check simulate explore fuzz format lint docs install

help: ## list these targets
	@awk -F ':[^#]*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Installs what is missing, as root; else prints the one command that does.
setup:
	@.ci/setup

build: setup ## the programs for servers: optimised, with the Swift runtime inside, in .build/release
	$(RELEASE) batond
	$(RELEASE) batond-peer
	$(RELEASE) baton
	$(RELEASE) baton-monitor
	$(RELEASE) baton-resource

test: setup ## build everything for debugging and run every test
	swift build --build-tests $(CHECK_FLAGS)
	swift test --skip-build

# The rules on imports, files and documents are tests (Tests/HouseTests), and so are the planted bugs
# (Tests/SimulationTests): `make test` runs them.
check: setup lint build ## format, warnings, 10,000 simulated stories, each parser fuzzed for 5 s, the demo, cut cables
	$(MAKE) simulate STORIES=10000
	$(MAKE) fuzz FUZZ_SECONDS=5
	$(MAKE) demo
	$(MAKE) lab-quick

simulate: setup ## tell STORIES (100,000) simulated stories; a bad one is shortened and printed
	$(RELEASE) baton-simulate
	.build/release/baton-simulate --stories $(STORIES) --jobs $(JOBS)

explore: setup ## explore every run of a small model with FAULTS (1) faults; FAULTS=2 takes minutes
	$(RELEASE) baton-simulate
	.build/release/baton-simulate explore --faults $(FAULTS) --jobs $(JOBS) --brief

fuzz: setup ## give every parser random input for FUZZ_SECONDS (20) each
	Tests/Fuzz/fuzz --seconds $(FUZZ_SECONDS)

format: ## lay out every Swift file as .swift-format says
	swift format -i -r -p Sources Tests Package.swift

lint: ## say where a Swift file is not laid out so, or breaks one of its rules
	swift format lint -s -r -p Sources Tests Package.swift

docs: setup ## the documentation as a static site in .build/documentation
	BATON_DOCS=1 swift package --allow-writing-to-directory .build/documentation \
		generate-documentation --target Failover --target Monitoring --target Configuration \
		--target Wire --target Linux --target TLS --target Checks \
		--target PeerChannel --target Daemon --target Resources --target Reporting --target Simulation \
		--enable-experimental-combined-documentation --output-path .build/documentation \
		--transform-for-static-hosting --warnings-as-errors

install: ## put programs, manual pages, unit and completion under DESTDIR (PREFIX=/usr), after make build
	@test -x $(BINARIES)/baton -a -x $(BINARIES)/batond -a -x $(BINARIES)/batond-peer -a -x $(BINARIES)/baton-monitor -a -x $(BINARIES)/baton-resource || { echo "make install: no programs in $(BINARIES); type: make build" >&2; exit 1; }
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin
	install -m 0755 $(BINARIES)/batond $(BINARIES)/batond-peer $(BINARIES)/baton $(BINARIES)/baton-monitor $(BINARIES)/baton-resource $(DESTDIR)$(PREFIX)/sbin
	for name in $(OLD_NAMES) $(ROLE_NAMES); do \
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
	install -m 0644 Config/batond.service Config/batond-shutdown.service $(DESTDIR)$(UNITDIR)
	$(BINARIES)/baton completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/baton
	install -d -m 0755 $(DESTDIR)$(SYSCONFDIR)/baton

# demo, bench, lab-quick, check-long.
include Tests/Lab/lab.mk
