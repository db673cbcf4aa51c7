# The laboratory's doors, included by the Makefile. SWIFT_BUILD_FLAGS is the Makefile's.

LAB_BUILD = for product in batond batond-peer baton baton-monitor baton-lab; do \
	swift build -c release --product $$product $(SWIFT_BUILD_FLAGS) || exit 1; done

.PHONY: demo bench check-long

demo: ## two nodes and a client on this machine: an orderly move, a crash, what the client saw
	@SWIFT_BUILD_FLAGS="$(SWIFT_BUILD_FLAGS)" Examples/demo/run

bench: ## the table "what must hold", measured and printed (about 6 minutes)
	@$(LAB_BUILD)
	@BATON_BIN=.build/release Tests/Lab/lab bench $(SCENARIOS)

check-long: ## the same, and fail where a bound is broken; SCENARIOS="name ..." for some of them; the real mon
	@$(LAB_BUILD)
	@BATON_BIN=.build/release Tests/Lab/lab check $(SCENARIOS)
	@[ -n "$(SCENARIOS)" ] || BATON_REAL_MON=1 swift test --filter RealMon
