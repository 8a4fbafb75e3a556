// Builds the single binary `dist/culvert` with Bun. It holds the runtime, the gateway, its workers,
// the core and the dashboard in one file.
//
//     bun tools/build_binary.ts [OUTFILE]
//
// Each worker is an entry point of its own, because it would not be found at run time otherwise.
// Other files are embedded through the module gateway/runtime/embedded.ts. It is empty in a
// checkout, and in the binary it is a table of all embedded files.

import { existsSync, readdirSync, renameSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import process from "node:process";
import {
  ASSET_FOLDER,
  ASSET_NAME,
  corePath,
  IKE_WORKER,
  LANE_WORKER,
  PKI_PATH,
} from "../gateway/runtime/files.ts";
import { removeVariables } from "./binary_variables.ts";

/** The part of `Bun.build` that we use. */
interface BuildOptions {
  readonly entrypoints: readonly string[];
  readonly root: string;
  readonly target: "bun";
  readonly compile: {
    readonly outfile: string;
    readonly autoloadDotenv: boolean;
    readonly autoloadBunfig: boolean;
    readonly autoloadTsconfig: boolean;
    readonly autoloadPackageJson: boolean;
  };
  readonly plugins: readonly Plugin[];
}

interface Plugin {
  readonly name: string;
  setup(build: {
    onLoad(
      on: { readonly filter: RegExp },
      load: () => { readonly loader: "ts"; readonly contents: string },
    ): void;
  }): void;
}

declare const Bun: {
  build(options: BuildOptions): Promise<unknown>;
};

const ROOT = resolve(import.meta.dirname ?? ".", "..");
const ENTRY = "gateway/main.ts";
const WORKERS = [LANE_WORKER, IKE_WORKER];

const [outfile = "dist/culvert"] = process.argv.slice(2);
await buildBinary(resolve(ROOT, outfile));

async function buildBinary(path: string): Promise<void> {
  // It gets its name last: a binary that still obeys Bun's variables must not be found under it.
  const outfile = `${path}.new`;
  const files = embeddedFiles();
  const contents = embeddedModule(files);
  await Bun.build({
    entrypoints: [ENTRY, ...WORKERS].map(absolute),
    // Bun derives the worker's path in the binary from this folder.
    root: absolute(dirname(ENTRY)),
    target: "bun",
    // A file of the folder that the binary is started in must not change what it does.
    compile: {
      outfile,
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
    plugins: [{
      name: "embedded",
      setup: (build) =>
        build.onLoad({ filter: /\/gateway\/runtime\/embedded\.ts$/ }, () => ({
          loader: "ts",
          contents,
        })),
    }],
  });
  removeVariables(outfile);
  renameSync(outfile, path);
  const mebibytes = Math.round(statSync(path).size / 1_048_576);
  process.stdout.write(`${path}: ${mebibytes} MiB, ${files.length} files embedded\n`);
}

/** Paths, in the repository, of the files that the gateway reads at run time. */
function embeddedFiles(): string[] {
  const folder = absolute(ASSET_FOLDER);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const assets = names.filter((name) => ASSET_NAME.test(name));
  return [
    corePath("relaxed"),
    corePath("strict"),
    PKI_PATH,
    ...assets.toSorted().map((name) => `${ASSET_FOLDER}/${name}`),
  ];
}

/**
 * The module that replaces embedded.ts. An import with type "file" puts a file into the binary and
 * gives its path there.
 */
function embeddedModule(files: readonly string[]): string {
  const imports = files.map((path, i) =>
    `import file${i} from ${JSON.stringify(absolute(path))} with { type: "file" };`
  );
  const entries = files.map((path, i) => `${JSON.stringify(path)}: file${i},`);
  const workers = WORKERS.map((path) =>
    `${JSON.stringify(path)}: ${JSON.stringify(workerPath(path))},`
  );
  return [...imports, "export const EMBEDDED = {", ...entries, ...workers, "};"].join("\n");
}

/** Path that Bun gives a further entry point: its path from the root folder, compiled. */
function workerPath(path: string): string {
  return path.replace(`${dirname(ENTRY)}/`, "/$bunfs/root/").replace(/\.ts$/, ".js");
}

function absolute(path: string): string {
  return resolve(ROOT, path);
}
