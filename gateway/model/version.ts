// The version of this program. The command `version`, the API and the metrics tell it.

/** Semantic version, the same as in package.json and Cargo.toml. */
export const VERSION = "0.1.0";
