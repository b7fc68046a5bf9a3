/** Charts that code has shown with matplotlib. Whatever a chart has beyond its type is optional: daemons drop what they do not know. */
import * as Schema from "effect/Schema"
import { snakeCase } from "../../snakeCase.js"

/** A number, or a date or category as text. */
const Scalar = Schema.Union(Schema.Number, Schema.String)

const text = Schema.optional(Schema.String)
const number = Schema.optional(Schema.Number)
const scalars = Schema.optional(Schema.Array(Scalar))

/** What charts and the charts within a composite one have in common. */
const commonFields = {
  title: text,
  /** The picture, as PNG. */
  png: Schema.optional(Schema.Uint8ArrayFromBase64),
  xLabel: text,
  yLabel: text
}

const elementFields = {
  ...commonFields,
  /** Of a chart within a composite one. */
  type: text,
  label: text,
  /** Of lines and scatters: x and y. */
  points: Schema.optional(Schema.Array(Schema.Array(Scalar))),
  /** Of bars. */
  group: text,
  value: Schema.optional(Scalar),
  /** Of pies. */
  angle: number,
  radius: number,
  /** Of boxes. */
  min: number,
  firstQuartile: number,
  median: number,
  thirdQuartile: number,
  max: number,
  outliers: Schema.optional(Schema.Array(Schema.Number))
}

/** A line, a group of points, a bar, a slice, a box, or a chart within a composite one, which comes without elements of its own. */
export interface ChartElement extends Schema.Struct.Type<typeof elementFields> {}
export const ChartElement = snakeCase(elementFields)

/** What kinds of charts there are; any other text is a kind that is newer than this package. */
export type ChartType = "line" | "scatter" | "bar" | "pie" | "box_and_whisker" | "composite_chart" | "unknown"

const chartFields = {
  ...commonFields,
  type: Schema.optionalWith(Schema.String, { default: () => "unknown" }),
  xTicks: scalars,
  yTicks: scalars,
  xTickLabels: scalars,
  yTickLabels: scalars,
  xScale: text,
  yScale: text,
  elements: Schema.optionalWith(Schema.Array(ChartElement), { default: () => [] })
}

/** A chart, as data and as a picture. */
export interface Chart extends Omit<Schema.Struct.Type<typeof chartFields>, "type"> {
  readonly type: ChartType | (string & {})
}
export const Chart = snakeCase(chartFields)

const unreadable: Chart = { type: "unknown", elements: [] }

/** Charts beside a result: one that is none of ours must not cost the result, so it is of an unknown type. */
export const Charts = Schema.Array(
  Schema.Union(
    Chart,
    Schema.transform(Schema.Unknown, Schema.typeSchema(Chart), { decode: () => unreadable, encode: (chart) => chart })
  )
)
