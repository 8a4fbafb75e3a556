import { lineAt } from "../check/files.ts";
import { isTestCode } from "../check/sizes.ts";
import { ROOT } from "../run.ts";

/**
 * A function does one job. It has at most 60 lines from its first line to its closing brace. Tests
 * are exempt.
 */
export const maxFunctionLines: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    if (isTestCode(context.filename.slice(ROOT.length + 1))) return {};
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
