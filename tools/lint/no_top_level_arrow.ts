/**
 * A function at the top level is a declaration, so that it has a name, a doc comment and a place in
 * the order of the file.
 */
export const noTopLevelArrow: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    return {
      VariableDeclarator(node): void {
        const { init, parent } = node;
        if (init?.type !== "ArrowFunctionExpression" && init?.type !== "FunctionExpression") return;
        const outer = parent.parent.type;
        if (outer !== "Program" && outer !== "ExportNamedDeclaration") return;
        context.report({
          node,
          message: 'A function at the top level is declared with "function"',
        });
      },
    };
  },
};
