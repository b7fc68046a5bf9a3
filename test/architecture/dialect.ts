/** The dialect of the sources, where the formatter and the linter have no rule: blocks, and the width of comments. */
import ts from "typescript"

export const width = 120

/** What to write instead of a part of a text. */
interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

interface Deviation {
  readonly position: number
  readonly edits: ReadonlyArray<Edit>
}

const parse = (path: string, text: string) => ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)

/** The branches of an `if` and of the `else if`s behind it, or the body of a loop. */
const bodiesOf = (node: ts.Node): ReadonlyArray<ts.Statement> => {
  if (ts.isIterationStatement(node, false)) return [node.statement]
  if (!ts.isIfStatement(node) || (ts.isIfStatement(node.parent) && node.parent.elseStatement === node)) return []
  const bodies: Array<ts.Statement> = []
  let last: ts.IfStatement = node
  for (;;) {
    bodies.push(last.thenStatement)
    if (last.elseStatement === undefined) return bodies
    if (!ts.isIfStatement(last.elseStatement)) return [...bodies, last.elseStatement]
    last = last.elseStatement
  }
}

/**
 * Statements that may stand without braces: not a declaration, and nothing that an `else` behind it could belong to.
 */
const isPlain = (node: ts.Statement): boolean =>
  ts.isExpressionStatement(node) ||
  ts.isReturnStatement(node) ||
  ts.isThrowStatement(node) ||
  ts.isContinueStatement(node) ||
  ts.isBreakStatement(node)

/** The only statement of a body, on one line and without a comment. */
const onlyStatement = (file: ts.SourceFile, body: ts.Statement): ts.Statement | undefined => {
  const statement = ts.isBlock(body) ? body.statements[0] : body
  if (statement === undefined || !isPlain(statement) || statement.getText(file).includes("\n")) return undefined
  if (!ts.isBlock(body)) return statement
  const around = body.getText(file).replace(statement.getText(file), "")
  return body.statements.length === 1 && /^[{};\s]*$/.test(around) ? statement : undefined
}

/** The line that a body stands on, up to it: `if (…)`, or `} else if (…)` without the brace of the branch before. */
const headOf = (file: ts.SourceFile, body: ts.Statement): string => {
  const end = body.getStart(file)
  const before = file.text.slice(0, end).trimEnd()
  const line = before.slice(before.lastIndexOf("\n") + 1)
  return line.replace(/^(\s*)\} (?=else)/, "$1")
}

/** A condition on several lines leaves only its end on the last one. */
const isWhole = (head: string): boolean => /^\s*(if|else|for|while|do)\b/.test(head)

const fits = (file: ts.SourceFile, body: ts.Statement): boolean => {
  const statement = onlyStatement(file, body)
  const head = headOf(file, body)
  return statement !== undefined && isWhole(head) && head.length + 1 + statement.getText(file).length <= width
}

/** A body without its braces; an `else` behind it begins a line, since nothing else ends the statement. */
const withoutBracesOf = (file: ts.SourceFile, body: ts.Statement): string => {
  const statement = onlyStatement(file, body)?.getText(file) ?? ""
  return /^\s*else\b/.test(file.text.slice(body.getEnd())) ? `${statement}\n` : statement
}

/**
 * Bodies of `if` and of loops have no braces where every branch is one statement that fits on the line of its
 * condition; else all of them have.
 */
export const strayBlocks = (path: string, text: string): ReadonlyArray<Deviation> => {
  const file = parse(path, text)
  const found: Array<Deviation> = []
  const visit = (node: ts.Node): void => {
    const bodies = bodiesOf(node)
    const withoutBraces = bodies.length > 0 && bodies.every((body) => fits(file, body))
    const isOneLine = (body: ts.Statement) =>
      !ts.isBlock(body) && !/\n/.test(body.getFullText(file).trimEnd()) && isWhole(headOf(file, body))
    // A loop in a loop, say: it may stand on one line.
    const alone = bodies.length === 1 && bodies.every(isOneLine)
    const wrong = alone ? [] : bodies.filter((body) => ts.isBlock(body) === withoutBraces)
    const [first] = wrong
    if (first !== undefined) {
      const edits = wrong.map((body) => {
        const [start, end] = [body.getStart(file), body.getEnd()]
        const inner = withoutBraces ? withoutBracesOf(file, body) : `{\n${body.getText(file)}\n}`
        return { start, end, text: inner }
      })
      found.push({ position: first.getStart(file), edits })
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

/** The text in the dialect; the formatter puts every statement in its place afterwards. */
export const withBlocks = (path: string, text: string): string => {
  let current = text
  // The innermost last: one may stand inside another, so that only those that do not overlap are mended at once.
  for (let turn = 0; turn < 20; turn++) {
    let end = Number.POSITIVE_INFINITY
    const apart = strayBlocks(path, current)
    if (apart.length === 0) return current
    for (const { edits } of apart.toReversed()) {
      const last = edits.at(-1)
      if (last === undefined || last.end > end) continue
      for (const edit of edits.toReversed()) {
        current = current.slice(0, edit.start) + edit.text + current.slice(edit.end)
      }
      end = edits[0]?.start ?? end
    }
  }
  return current
}

/** Lines of comments above the width, but for those with a word, such as an address, that is wider by itself. */
export const wideComments = (path: string, text: string): ReadonlyArray<number> => {
  const wide = text.split("\n").flatMap((line, index) => {
    const indent = line.length - line.trimStart().length
    const longest = Math.max(...line.split(/\s+/).map((word) => word.length))
    return line.length > width && indent + "// ".length + longest <= width ? [index] : []
  })
  if (wide.length === 0) return []
  const file = parse(path, text)
  const inComment = new Set<number>()
  const mark = (ranges: ReadonlyArray<ts.CommentRange> | undefined) => {
    for (const { end, pos } of ranges ?? []) {
      const [from, to] = [pos, end].map((position) => file.getLineAndCharacterOfPosition(position).line)
      for (let line = from ?? 0; line <= (to ?? 0); line++) inComment.add(line)
    }
  }
  const visit = (node: ts.Node): void => {
    mark(ts.getLeadingCommentRanges(text, node.getFullStart()))
    mark(ts.getTrailingCommentRanges(text, node.getEnd()))
    for (const child of node.getChildren(file)) visit(child)
  }
  visit(file)
  return wide.filter((line) => inComment.has(line)).map((line) => line + 1)
}

/** The lines of a file that are not in the dialect, by rule. */
export const deviations = (path: string, text: string): ReadonlyArray<string> => {
  const lineOf = (position: number) => text.slice(0, position).split("\n").length
  return [
    ...strayBlocks(path, text).map(({ position }) => `a block: ${path}:${lineOf(position)}`),
    ...wideComments(path, text).map((line) => `a wide comment: ${path}:${line}`)
  ]
}
