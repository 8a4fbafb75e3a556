// A private folder in memory, for tests of code that keeps state.

import type { PrivateFolder } from "../../gateway/runtime/types.ts";

/** Makes a folder over `files`, which a test may look at and change. */
export function createFakeFolder(path: string, files: Map<string, Uint8Array>): PrivateFolder {
  let changes = 0;

  function put(name: string, octets: Uint8Array): void {
    changes++;
    files.set(name, octets.slice());
  }

  return {
    path,
    read: (name) => Promise.resolve(files.get(name)?.slice()),
    list: (part) =>
      Promise.resolve(
        [...files.keys()].filter((name) => name.startsWith(`${part}/`))
          .map((name) => name.slice(part.length + 1)),
      ),
    version: () => Promise.resolve(String(changes)),
    create(name, octets): Promise<boolean> {
      const isNew = !files.has(name);
      if (isNew) put(name, octets);
      return Promise.resolve(isNew);
    },
    replace: (name, octets) => Promise.resolve(put(name, octets)),
    remove(name): Promise<boolean> {
      changes++;
      return Promise.resolve(files.delete(name));
    },
  };
}
