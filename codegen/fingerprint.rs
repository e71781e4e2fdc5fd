//! Ties `src/generated/` to the OpenAPI spec that it was made from.

/// The FNV-1a hash of the spec, as the line of text that each generated file records. It guards against forgetting to regenerate, not
/// against malice, so a cryptographic hash (and its build time) is not needed. Line endings do not count.
pub(crate) fn fingerprint(spec: &str) -> String {
    let hash = spec
        .bytes()
        .filter(|byte| *byte != b'\r')
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("spec fingerprint {hash:016x}")
}
