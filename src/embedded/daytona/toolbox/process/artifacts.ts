/** Extracts charts from the output of a program. */
import * as Predicate from "effect/Predicate"
import type { Machine } from "../Machine.js"

/** Begins a line that is an artifact of the program rather than output. */
export const prefix = "dtn_artifact_k39fd2:"

/** Separates the output from the charts in it. */
export const split = (
  output: string,
  generation: Machine["generation"]
): { readonly result: string; readonly charts: ReadonlyArray<unknown> } => {
  const lines = output.split(/(?<=\n)/)
  const charts = lines
    .filter((line) => line.startsWith(prefix))
    .flatMap((line) => {
      const chart = chartOf(line.slice(prefix.length))
      return chart === undefined ? [] : generation === "current" ? [chart] : typed(chart)
    })
  return { result: lines.filter((line) => !line.startsWith(prefix)).join(""), charts }
}

type Fields = Readonly<Record<string, unknown>>

const chartOf = (text: string): Fields | undefined => {
  try {
    const artifact: unknown = JSON.parse(text)
    const isChart = Predicate.isRecord(artifact) && artifact["type"] === "chart"
    return isChart && Predicate.isRecord(artifact["value"]) ? artifact["value"] : undefined
  } catch {
    return undefined
  }
}

type Check = (value: unknown) => boolean

const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)

const numbers = listOf(Predicate.isNumber)
const texts = listOf(Predicate.isString)

const elementTypes: Readonly<Record<string, Check>> = {
  label: Predicate.isString,
  points: listOf(numbers),
  group: Predicate.isString,
  value: Predicate.isString,
  angle: Predicate.isNumber,
  radius: Predicate.isNumber,
  min: Predicate.isNumber,
  first_quartile: Predicate.isNumber,
  median: Predicate.isNumber,
  third_quartile: Predicate.isNumber,
  max: Predicate.isNumber,
  outliers: numbers,
  type: Predicate.isString,
  title: Predicate.isString,
  png: Predicate.isString,
  x_label: Predicate.isString,
  y_label: Predicate.isString
}

const chartTypes: Readonly<Record<string, Check>> = {
  type: Predicate.isString,
  title: Predicate.isString,
  png: Predicate.isString,
  x_label: Predicate.isString,
  y_label: Predicate.isString,
  x_ticks: numbers,
  y_ticks: numbers,
  x_tick_labels: texts,
  y_tick_labels: texts,
  x_scale: Predicate.isString,
  y_scale: Predicate.isString,
  elements: (value) => listOf((element) => Predicate.isRecord(element) && fits(element, elementTypes))(value)
}

/**
 * A chart as the older daemon decodes it: dropped if a field has the wrong type, and without fields that it does not
 * have, such as the elements of subplots.
 */
const typed = (chart: Fields): ReadonlyArray<unknown> => {
  const { elements } = chart
  return fits(chart, chartTypes)
    ? [
        {
          ...knownFields(chart, chartTypes),
          elements: Array.isArray(elements) ? elements.map((element) => knownFields(element, elementTypes)) : null
        }
      ]
    : []
}

const fits = (fields: Fields, types: Readonly<Record<string, Check>>): boolean =>
  Object.entries(types).every(
    ([name, check]) => fields[name] === undefined || fields[name] === null || check(fields[name])
  )

/** Zero values are omitted. */
const knownFields = (fields: Fields, types: Readonly<Record<string, Check>>): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name, value]) => name in types && !isZeroValue(value)))

const isZeroValue = (value: unknown): boolean =>
  value === undefined || value === null || value === "" || value === 0 || (Array.isArray(value) && value.length === 0)
