/** The first issue of a parse error, whatever the depth of the value that it is about. */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"

/**
 * The first issue, without the objects that it complains about: a formatter descends into them, and a server decides
 * how deep they are.
 */
const withoutValues = (issue: ParseResult.ParseIssue): ParseResult.ParseIssue => {
  switch (issue._tag) {
    case "Pointer":
      return new ParseResult.Pointer(issue.path, issue.actual, withoutValues(issue.issue))
    case "Composite": {
      const first = Predicate.hasProperty(issue.issues, 0) ? issue.issues[0] : issue.issues
      return new ParseResult.Composite(issue.ast, issue.actual, withoutValues(first))
    }
    case "Refinement":
      return new ParseResult.Refinement(issue.ast, issue.actual, issue.kind, withoutValues(issue.issue))
    case "Transformation":
      return new ParseResult.Transformation(issue.ast, issue.actual, issue.kind, withoutValues(issue.issue))
    case "Type":
      return typeof issue.actual === "object" ? new ParseResult.Type(issue.ast, undefined, issue.message) : issue
    default:
      return issue
  }
}

/** Its path and its message; `undefined` if it cannot be formatted. */
export const firstIssue = (issue: ParseResult.ParseIssue): ParseResult.ArrayFormatterIssue | undefined => {
  // The messages of a schema may throw, and a recursive schema may have an issue that is too deep to format.
  const formatted = Either.try(() => ParseResult.ArrayFormatter.formatIssueSync(withoutValues(issue)))
  return Either.getOrElse(formatted, () => [])[0]
}
