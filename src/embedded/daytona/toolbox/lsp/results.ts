/** Converts the results of language servers as the daemon does. */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"

/** The daemon passes on only the members that it knows. */

/** A completion list, from a list or from bare items; `undefined` where the daemon would crash. */
export const completions = (result: unknown): unknown => {
  if (Array.isArray(result)) return completionList(false, result)
  if (!Predicate.isRecord(result) || !Array.isArray(result["items"])) return { isIncomplete: false, items: null }
  const { isIncomplete, items } = result
  return typeof isIncomplete === "boolean" ? completionList(isIncomplete, items) : undefined
}

const completionList = (isIncomplete: boolean, items: ReadonlyArray<unknown>): unknown =>
  Option.getOrUndefined(
    Option.map(Option.all(items.filter(Predicate.isRecord).map(completion)), (known) => ({
      isIncomplete,
      items: known
    }))
  )

const completion = (item: Readonly<Record<string, unknown>>): Option.Option<unknown> => {
  const texts = ["detail", "sortText", "filterText", "insertText"].filter((name) => typeof item[name] === "string")
  return typeof item["label"] !== "string"
    ? Option.none()
    : Option.some({
        label: item["label"],
        ...(typeof item["kind"] === "number" ? { kind: item["kind"] } : {}),
        ...(Predicate.isNullable(item["documentation"]) ? {} : { documentation: item["documentation"] }),
        ...Object.fromEntries(texts.map((name) => [name, item[name]]))
      })
}

/** Flat symbols. Only name and kind remain of hierarchical ones. */
export const symbols = (result: unknown): unknown =>
  Array.isArray(result) ? result.filter(Predicate.isRecord).map(symbol) : null

const symbol = ({ kind, location, name }: Readonly<Record<string, unknown>>) => {
  const { range, uri } = recordOf(location)
  const { end, start } = recordOf(range)
  return {
    kind: numberOf(kind),
    location: { range: { end: position(end), start: position(start) }, uri: textOf(uri) },
    name: textOf(name)
  }
}

const position = (value: unknown) => {
  const { character, line } = recordOf(value)
  return { character: numberOf(character), line: numberOf(line) }
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> => (Predicate.isRecord(value) ? value : {})

const numberOf = (value: unknown): number => (typeof value === "number" ? value : 0)

const textOf = (value: unknown): string => (typeof value === "string" ? value : "")
