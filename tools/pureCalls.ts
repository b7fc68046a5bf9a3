/**
 * Marks the calls that a module makes as it is loaded as pure, as `effect` does in its own builds: a bundler then
 * leaves out what a program does not use, where it would otherwise keep every schema and error of a module.
 * `sideEffects` in `package.json` promises the same of whole modules.
 */
import ts from "typescript"

const mark = "@__PURE__"

const isCall = (node: ts.Node): node is ts.CallExpression | ts.NewExpression =>
  ts.isCallExpression(node) || ts.isNewExpression(node)

const isStatic = ({ modifiers }: ts.PropertyDeclaration): boolean =>
  modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) === true

/** A mark covers the whole of `a(…).b(…)`, so the call that another one begins with needs none. */
const visit = (node: ts.Node, isCallee = false): void => {
  if (ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node)) return
  if (isCall(node)) {
    if (!isCallee) ts.addSyntheticLeadingComment(node, ts.SyntaxKind.MultiLineCommentTrivia, mark)
    visit(node.expression, true)
    for (const argument of node.arguments ?? []) visit(argument)
    return
  }
  // What belongs to an instance runs later.
  if (ts.isPropertyDeclaration(node) && !isStatic(node)) return
  const passesOn = isCallee && (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node))
  ts.forEachChild(node, (child) => visit(child, passesOn))
}

/** For TypeScript, after types are gone. What is called by a statement of its own is not marked. */
export const markPureCalls: ts.TransformerFactory<ts.SourceFile> = () => (file) => {
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement) || ts.isClassDeclaration(statement)) visit(statement)
  }
  return file
}
