# The front door: `make demo` shows Prohori at work, `make test` runs every test.
# Both set up what they need first (deploy/setup says what that is).

SHELL := /bin/bash
.DEFAULT_GOAL := help

.PHONY: help demo test setup build web lint unit fuzz chaos bench

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' Makefile | awk -F ':.*## ' '{ printf "  make %-8s %s\n", $$1, $$2 }'

demo: setup build ## set up, build, start the whole stack, replay an attack
	@exec target/release/prohori up --demo --data .prohori

build:
	@echo "Prohori: building (release); the first time takes some minutes"
	@cargo build --release --locked -p prohori -p collector

test: ## set up, lint, and run every test
	@deploy/setup --test
	@$(MAKE) --no-print-directory lint unit

setup: ## fetch what is pinned: Debian packages, Kafka, the ClickHouse engine, the dashboard's packages
	@deploy/setup

web: setup ## the dashboard, which the binary embeds when it is compiled

lint: ## formatting, clippy with warnings denied, the web's type and catalogue checks
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	npm --prefix dashboard-api/web run check
	npm --prefix dashboard-api/web run lint

unit: ## every Rust and web test, the end-to-end ones with the real stack included
	npm --prefix dashboard-api/web test
	cargo build --locked --bins
	cargo test --workspace --locked

fuzz: ## every fuzz target at length; TARGET=crate/name for one, RUNS= and SECONDS_MAX= for how long
	@crates/fuzz/run $(TARGET)

chaos: setup ## break the real stack at random; SEED= for the order of faults, SECONDS= for how long, ONLY= for words of their names
	@$(if $(ONLY),PROHORI_CHAOS_ONLY='$(ONLY)') PROHORI_CHAOS_SEED=$(or $(SEED),$(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')) PROHORI_CHAOS_SECONDS=$(if $(filter command line,$(origin SECONDS)),$(SECONDS),600) \
		cargo test --locked -p e2e --test chaos -- --nocapture --test-threads=1

bench: ## measure, and record in benches/results; STAGE=name for one stage
	@benches/run $(STAGE)
