// `deno task check:text [NAME...]`: runs the guards that only read text; all of them by default.

import { complain, say } from "./run.ts";
import { type Guard, readFiles } from "./check/files.ts";
import { checkColumns } from "./check/columns.ts";
import { checkImports } from "./check/imports.ts";
import { checkLinks } from "./check/links.ts";
import { checkPaths } from "./check/paths.ts";
import { checkReferences } from "./check/references.ts";
import { checkRustModules } from "./check/rust_modules.ts";
import { checkSizes } from "./check/sizes.ts";
import { checkUnsafe } from "./check/unsafe.ts";

const GUARDS: Readonly<Record<string, Guard>> = {
  columns: checkColumns,
  imports: checkImports,
  links: checkLinks,
  paths: checkPaths,
  references: checkReferences,
  rust: checkRustModules,
  sizes: checkSizes,
  unsafe: checkUnsafe,
};

const files = await readFiles();
const names = Deno.args.length > 0 ? Deno.args : Object.keys(GUARDS);
let count = 0;
for (const name of names) {
  const guard = GUARDS[name];
  if (guard === undefined) {
    complain(`Cannot check "${name}": the guards are ${Object.keys(GUARDS).join(", ")}`);
    Deno.exit(2);
  }
  const problems = guard(files);
  for (const problem of problems) complain(`${name}: ${problem}`);
  count += problems.length;
}
if (count > 0) Deno.exit(1);
say(`${names.join(", ")}: nothing to report in ${files.size} files`);
