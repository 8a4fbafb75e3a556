// Makes the table of settings in docs/operate/configuration.md.

import { docOf, fileKeyOf, flagOf, SETTING_NAMES, variableOf } from "./settings.ts";

/** Lines of a Markdown table of all settings. */
export function settingsTable(): readonly string[] {
  const rows = SETTING_NAMES.map((name) => {
    const { value, fallback, unset = "none", isRepeatable, help } = docOf(name);
    const flag = code(value === undefined ? `--${flagOf(name)}` : `--${flagOf(name)} ${value}`);
    const notes = isRepeatable ? `${help}; repeatable` : help;
    const cells = [flag, code(fileKeyOf(name)), code(variableOf(name))];
    return `| ${[...cells, fallback === undefined ? unset : code(fallback), notes].join(" | ")} |`;
  });
  return ["| flag | file | environment | default | meaning |", "|---|---|---|---|---|", ...rows];
}

/** Formats text as code. A bar is escaped, because it would end the table's cell. */
function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}
