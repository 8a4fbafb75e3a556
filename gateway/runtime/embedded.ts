// Files inside the single binary: path in the repository to path in the binary. Empty in a checkout, where files are read from where
// they are; `tools/build_binary.ts` puts the full table in this module's place.

export const EMBEDDED: Readonly<Record<string, string>> = {};
