// Files inside the single binary: maps a path in the repository to a path in the binary. In a
// checkout the table is empty, and files are read from their places. `tools/build_binary.ts`
// replaces this module by one with the full table.

export const EMBEDDED: Readonly<Record<string, string>> = {};
