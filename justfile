# The commands are in `cargo xtask`, which needs nothing but cargo; these are shorter names for them.

# List the recipes
default:
    @just --list

# Build the page and the server, then serve on http://127.0.0.1:8080
run *args:
    cargo xtask run -- {{args}}

# Debug build that is rebuilt and restarted when a source file changes
dev *args:
    cargo xtask dev -- {{args}}

# Build the page and the release server
build:
    cargo xtask build

# One file that carries the page, target/dist/viva
dist:
    cargo xtask dist

# Every test that needs neither network nor browser
test *args:
    cargo xtask test {{args}}

# The tests in a real browser
e2e *args:
    cargo xtask e2e {{args}}

# Formatting, lints, documentation, repository rules
check:
    cargo xtask check

# The examples of the README, and whether the API answers as its OpenAPI document says
api *args:
    cargo xtask api {{args}}

# How many lines of the crates that decide are run by their tests
coverage *args:
    cargo xtask coverage {{args}}

# Bytes from outside that break what reads them
fuzz *args:
    cargo xtask fuzz {{args}}

# Licences, sources, known vulnerabilities, unused dependencies
audit:
    cargo xtask audit

# Whether the figures of the page are true, measured from outside
truth *args:
    cargo xtask truth {{args}}

# How many sessions the release carries; writes docs/performance.md
bench *args:
    cargo xtask bench {{args}}

# How fast 100,000 stored sessions are listed and searched, in both databases
history *args:
    cargo xtask history {{args}}

# Whether anything grows while many callers use the release for hours; writes docs/soak.md
soak *args:
    cargo xtask soak {{args}}

# Whether an OpenTelemetry collector receives the latencies that were measured
traces:
    cargo xtask traces
