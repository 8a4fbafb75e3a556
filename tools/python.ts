// Installs Python programs for the tests in a virtual environment outside any checkout.

import { capture, exists, ROOT, run, say } from "./run.ts";
import { cacheFolder } from "./wasm/toolchain.ts";

/**
 * Installs the programs of `tools/schemathesis/requirements.txt` if they are missing, which takes a
 * minute, and returns their folder.
 */
export async function installPython(): Promise<string> {
  const requirements = `${ROOT}/tools/schemathesis/requirements.txt`;
  const folder = `${cacheFolder()}/python-${await _digest(requirements)}`;
  // An installation writes this file last, so one that was interrupted is made again.
  const mark = `${folder}/complete`;
  if (await exists(mark)) return `${folder}/bin`;
  await installDebian(["python3-venv"], ["python3", "-c", "import ensurepip, venv"]);
  say(`Installing ${requirements.slice(ROOT.length + 1)} into ${folder}`);
  await run(["python3", "-m", "venv", "--clear", folder]);
  const pip = [`${folder}/bin/python`, "-m", "pip", "--disable-pip-version-check", "--quiet"];
  await run([...pip, "install", "--requirement", requirements]);
  await Deno.writeTextFile(mark, "");
  return `${folder}/bin`;
}

/**
 * Makes sure that `check` succeeds. In CI it installs Debian's packages; elsewhere it says which
 * are missing.
 *
 * @throws {Error} If `check` does not succeed
 */
export async function installDebian(
  packages: readonly string[],
  check: readonly string[],
): Promise<void> {
  if (await _succeeds(check)) return;
  const names = packages.join(" ");
  if (Deno.env.get("CI") === undefined) {
    throw new Error(`Cannot run "${check.join(" ")}": run "apt-get install ${names}" (Debian)`);
  }
  await run(["apt-get", "update", "-q"]);
  await run(["apt-get", "install", "-y", "-q", "--no-install-recommends", ...packages]);
  if (await _succeeds(check)) return;
  throw new Error(`Cannot run "${check.join(" ")}": it is still missing with ${names} installed`);
}

async function _succeeds(command: readonly string[]): Promise<boolean> {
  try {
    await capture(command);
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

async function _digest(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return new Uint8Array(digest).toHex().slice(0, 12);
}
