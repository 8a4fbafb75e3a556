// Runs programs for the tools in this folder. Output is inherited or captured, and errors name the
// command.

/** Repository root, without a trailing slash. */
export const ROOT: string = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a program to its end and shows its output.
 *
 * @throws {Error} If it cannot be started or its exit code is not 0
 */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<void> {
  const code = await exitCode(command, options);
  if (code !== 0) throw new Error(`Cannot finish "${command.join(" ")}": exit code ${code}`);
}

/**
 * Like {@link run}, with `input` on standard input.
 *
 * @throws {Error} If it cannot be started or its exit code is not 0
 */
export async function runWith(command: readonly string[], input: string): Promise<void> {
  const [program = "", ...args] = command;
  const child = new Deno.Command(program, { args, cwd: ROOT, stdin: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code } = await child.status;
  if (code !== 0) throw new Error(`Cannot finish "${command.join(" ")}": exit code ${code}`);
}

/** Runs a program to its end, shows its output, and returns its exit code. */
export async function exitCode(
  command: readonly string[],
  options: RunOptions = {},
): Promise<number> {
  const child = _command(command, options, "inherit").spawn();
  return (await child.status).code;
}

/**
 * Runs a program and returns its standard output without the last line break.
 *
 * @throws {Error} If it cannot be started or its exit code is not 0
 */
export async function capture(
  command: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await _command(command, options, "piped").output();
  if (code !== 0) {
    const why = new TextDecoder().decode(stderr).trim();
    throw new Error(`Cannot finish "${command.join(" ")}": exit code ${code}: ${why}`);
  }
  return new TextDecoder().decode(stdout).trimEnd();
}

/** Like {@link capture}, but returns `undefined` if the program is missing or fails. */
export async function tryCapture(
  command: readonly string[],
  options: RunOptions = {},
): Promise<string | undefined> {
  try {
    return await capture(command, options);
  } catch {
    return undefined;
  }
}

/** Paths of tracked files and of new files that git does not ignore, relative to the root. */
export async function projectFiles(...patterns: readonly string[]): Promise<string[]> {
  const listed = await capture([
    "git",
    "ls-files",
    "--cached",
    "--others",
    "--exclude-standard",
    "--deduplicate",
    "--",
    ...patterns,
  ]);
  const names = listed.split("\n").filter((name) => name !== "");
  const present = await Promise.all(names.map((name) => exists(`${ROOT}/${name}`)));
  return names.filter((_, index) => present[index]);
}

/** Whether there is a file or folder at `path`. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}

/** Prints one line on standard output. */
export function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Prints one line on standard error. */
export function complain(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

function _command(
  command: readonly string[],
  options: RunOptions,
  output: "inherit" | "piped",
): Deno.Command {
  const [program = "", ...args] = command;
  return new Deno.Command(program, {
    args,
    cwd: options.cwd ?? ROOT,
    env: { ...options.env },
    stdin: "null",
    stdout: output,
    stderr: output,
  });
}
