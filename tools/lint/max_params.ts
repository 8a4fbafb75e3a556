import { isBelow } from "./path.ts";

/**
 * A function has at most two parameters and an options object. One that needs more lacks a type.
 *
 * The data path may have one more, because it passes numbers and makes no object per packet.
 */
export const maxParams: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    const paramsMax = isBelow(context.filename, DATA_PATH) ? 4 : 3;
    const check = (node: FunctionNode): void => {
      if (node.params.length <= paramsMax) return;
      context.report({ node, message: `${node.params.length} parameters: at most ${paramsMax}` });
    };
    return {
      FunctionDeclaration: check,
      FunctionExpression: check,
      ArrowFunctionExpression: check,
    };
  },
};

/**
 * The fake kernel is included, because it has the signatures of the system calls that it replaces.
 */
const DATA_PATH: readonly string[] = ["gateway/lane/", "gateway/linux/", "tests/fakes/kernel/"];

type FunctionNode =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression;
