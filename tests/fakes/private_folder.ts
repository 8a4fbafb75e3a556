// A private folder in memory, for tests of code that keeps state.

import type { PrivateFolder } from "../../gateway/runtime/types.ts";

/** Makes a folder over `files`, which a test and other folders may look at and change. */
export function createFakeFolder(path: string, files: Map<string, Uint8Array>): PrivateFolder {
  function list(part: string): string[] {
    return [...files.keys()].filter((name) => name.startsWith(`${part}/`))
      .map((name) => name.slice(part.length + 1));
  }

  return {
    path,
    read: (name) => Promise.resolve(files.get(name)?.slice()),
    list: (part) => Promise.resolve(list(part)),
    version: (part) => Promise.resolve(list(part).join()),
    create(name, octets): Promise<boolean> {
      const isNew = !files.has(name);
      if (isNew) files.set(name, octets.slice());
      return Promise.resolve(isNew);
    },
    replace: (name, octets) => Promise.resolve(void files.set(name, octets.slice())),
    remove: (name) => Promise.resolve(files.delete(name)),
  };
}
