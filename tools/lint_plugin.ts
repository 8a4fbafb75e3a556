// The house rules of `deno lint` (CONTRIBUTING.md), beyond Deno's own rules.

import { errorMessage } from "./lint/error_message.ts";
import { maxFunctionLines } from "./lint/max_function_lines.ts";
import { maxParams } from "./lint/max_params.ts";
import { noBlockingWait } from "./lint/no_blocking_wait.ts";
import { noClass } from "./lint/no_class.ts";
import { noJsrOrHttpImport } from "./lint/no_jsr_or_http_import.ts";
import { noRuntimeGlobal } from "./lint/no_runtime_global.ts";
import { noTopLevelArrow } from "./lint/no_top_level_arrow.ts";

const plugin: Deno.lint.Plugin = {
  name: "culvert",
  rules: {
    "error-message": errorMessage,
    "max-function-lines": maxFunctionLines,
    "max-params": maxParams,
    "no-blocking-wait": noBlockingWait,
    "no-class": noClass,
    "no-jsr-or-http-import": noJsrOrHttpImport,
    "no-runtime-global": noRuntimeGlobal,
    "no-top-level-arrow": noTopLevelArrow,
  },
};

export default plugin;
