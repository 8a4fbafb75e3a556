// Files in memory, for tests of code that reads files.

/** Reads from `files`; fails as a runtime does for a path that is not there. */
export function createFakeFiles(
  files: Readonly<Record<string, string>>,
): (path: string) => Promise<string> {
  return function readTextFile(path: string): Promise<string> {
    const text = files[path];
    if (text !== undefined) return Promise.resolve(text);
    return Promise.reject(new Error(`ENOENT: no such file or directory, open '${path}'`));
  };
}
