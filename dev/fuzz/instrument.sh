#!/bin/sh
# A compiler for cargo, as its `RUSTC_WRAPPER`: makes the client and the targets count where they go, and what they compare there, for
# libFuzzer to read. Other crates are compiled as usual, and so need not be compiled again. Cargo does not notice an edit of this file:
# touch src/lib.rs after one.
case "$CARGO_PKG_NAME $*" in
*" --crate-name build_script_build "*) exec "$@" ;; # It is not linked with libFuzzer.
"lumetra-engram "* | "lumetra-engram-fuzz "*) ;;
*) exec "$@" ;;
esac
exec "$@" --deny warnings -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
  -Cllvm-args=-sanitizer-coverage-trace-compares
