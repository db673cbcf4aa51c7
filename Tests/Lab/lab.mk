# The laboratory's doors, included by the Makefile. SWIFT_BUILD_FLAGS is the Makefile's.

LAB_BUILD = for product in batond batond-peer baton baton-monitor baton-resource baton-lab; do \
	swift build -c release --product $$product $(SWIFT_BUILD_FLAGS) || exit 1; done

.PHONY: demo bench lab-quick check-long

demo: ## two nodes and a client on this machine: an orderly move, a crash, what the client saw
	@SWIFT_BUILD_FLAGS="$(SWIFT_BUILD_FLAGS)" Examples/demo/run

lab-quick: ## what of the table every build is asked: cables cut and pulled, bad ones for BATON_LOSS_SECONDS (60)
	@$(LAB_BUILD)
	@BATON_BIN=.build/release Tests/Lab/lab quick

bench: ## the table "what must hold", measured and printed (about 50 minutes)
	@$(LAB_BUILD)
	@BATON_BIN=.build/release Tests/Lab/lab bench $(SCENARIOS)

check-long: ## the same, bad cables for 10 minutes each, and fail where a bound is broken; SCENARIOS="name ..."; the real mon; every two faults; LAB=DIR: two virtual machines
	@$(LAB_BUILD)
	@BATON_LOSS_SECONDS=$${BATON_LOSS_SECONDS:-600} BATON_BIN=.build/release Tests/Lab/lab check $(SCENARIOS)
	@[ -n "$(SCENARIOS)" ] || BATON_REAL_MON=1 swift test --filter RealMon
	@[ -n "$(SCENARIOS)" ] || $(MAKE) explore FAULTS=2
	@[ -n "$(SCENARIOS)" ] || LAB="$(LAB)" BATON_BIN=.build/release Tests/Lab/vm/vm check || [ $$? = 77 ]
