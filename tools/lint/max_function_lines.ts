import { lineAt } from "../check/files.ts";

/** A function does one job. From its first line to its closing brace, 60 lines; tests and table-driven data are exempt. */
export const maxFunctionLines: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    if (/_test\.ts$/.test(context.filename)) return {};
    const { text } = context.sourceCode;
    const check = (node: Deno.lint.Node): void => {
      const lines = lineAt(text, node.range[1]) - lineAt(text, node.range[0]) + 1;
      if (lines <= LINES_MAX) return;
      context.report({ node, message: `${lines} lines in one function: at most ${LINES_MAX}` });
    };
    return {
      FunctionDeclaration: check,
      FunctionExpression: check,
      ArrowFunctionExpression: check,
    };
  },
};

const LINES_MAX = 60;
