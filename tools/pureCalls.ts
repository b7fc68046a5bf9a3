/**
 * Marks the calls that a module makes as it is loaded as pure, as `effect` does in its own builds: a bundler then
 * leaves out what a program does not use, where it would otherwise keep every schema and error of a module.
 * `sideEffects` in `package.json` promises the same of whole modules.
 *
 * A spread is a call in all but syntax, since it may run a getter or an iterator, but it cannot be marked. So what it
 * is in becomes the result of a function that is called on the spot: `{ ...a }` is written `(() => ({ ...a }))()`.
 */
import ts from "typescript"

const mark = "@__PURE__"

const isCall = (node: ts.Node): node is ts.CallExpression | ts.NewExpression =>
  ts.isCallExpression(node) || ts.isNewExpression(node)

const isStatic = ({ modifiers }: ts.PropertyDeclaration): boolean =>
  modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) === true

const isSpread = (node: ts.Node): boolean => ts.isSpreadElement(node) || ts.isSpreadAssignment(node)

/** An object, an array or a call with a spread in it. */
const spreads = (node: ts.Node): node is ts.Expression =>
  (ts.isObjectLiteralExpression(node) && node.properties.some(isSpread)) ||
  (ts.isArrayLiteralExpression(node) && node.elements.some(isSpread)) ||
  (isCall(node) && node.arguments?.some(isSpread) === true)

/** What belongs to an instance, or to a function, runs later. */
const runsLater = (node: ts.Node): boolean =>
  ts.isFunctionLike(node) ||
  ts.isClassStaticBlockDeclaration(node) ||
  (ts.isPropertyDeclaration(node) && !isStatic(node))

const pure = (call: ts.CallExpression | ts.NewExpression) =>
  ts.addSyntheticLeadingComment(call, ts.SyntaxKind.MultiLineCommentTrivia, mark)

const marking = (context: ts.TransformationContext): ((node: ts.Node) => ts.Node) => {
  const { factory } = context

  /** A mark covers the whole of `a(…).b(…)`, so the call that another one begins with needs none. */
  const marked = (node: ts.Node, isCallee = false): ts.Node => {
    if (runsLater(node)) return node
    if (spreads(node)) return pure(factory.createImmediatelyInvokedArrowFunction([factory.createReturnStatement(node)]))
    const passesOn = isCallee && (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node))
    const withMarks = ts.visitEachChild(
      node,
      (child) => marked(child, isCall(node) ? child === node.expression : passesOn),
      context
    )
    return isCall(withMarks) && !isCallee ? pure(withMarks) : withMarks
  }
  return marked
}

/** For TypeScript, after types are gone. What is called by a statement of its own is not marked. */
export const markPureCalls: ts.TransformerFactory<ts.SourceFile> = (context) => (file) => {
  const marked = marking(context)
  return ts.visitEachChild(
    file,
    (statement) =>
      ts.isVariableStatement(statement) || ts.isClassDeclaration(statement) ? marked(statement) : statement,
    context
  )
}
