/** Charts shown with matplotlib. Everything except the type is optional: daemons drop what they do not recognize. */
import * as Schema from "effect/Schema"
import { snakeCase } from "../../snakeCase.js"

/** A number, or a date or category as text. */
const Scalar = Schema.Union(Schema.Number, Schema.String)

const text = Schema.optional(Schema.String)
const number = Schema.optional(Schema.Number)
const scalars = Schema.optional(Schema.Array(Scalar))

/** What a chart and the charts within a composite one have in common. */
const commonFields = {
  title: text,
  /** The image, as PNG. */
  png: Schema.optional(Schema.Uint8ArrayFromBase64),
  xLabel: text,
  yLabel: text
}

const elementFields = {
  ...commonFields,
  /** For a chart within a composite one. */
  type: text,
  label: text,
  /** For lines and scatter plots: x and y. */
  points: Schema.optional(Schema.Array(Schema.Array(Scalar))),
  /** For bars. */
  group: text,
  value: Schema.optional(Scalar),
  /** For pies. */
  angle: number,
  radius: number,
  /** For box plots. */
  min: number,
  firstQuartile: number,
  median: number,
  thirdQuartile: number,
  max: number,
  outliers: Schema.optional(Schema.Array(Schema.Number))
}

/** A line, a group of points, a bar, a slice, a box, or a chart within a composite one, without its own elements. */
export interface ChartElement extends Schema.Struct.Type<typeof elementFields> {}
export const ChartElement = snakeCase(elementFields)

/** The types of charts; any other text is a type that is newer than this package. */
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

/** A chart, as data and as an image. */
export interface Chart extends Omit<Schema.Struct.Type<typeof chartFields>, "type"> {
  readonly type: ChartType | (string & {})
}
export const Chart = snakeCase(chartFields)

const unreadable: Chart = { type: "unknown", elements: [] }

/** A chart that cannot be decoded becomes one of type `unknown`, so that it does not cost the result. */
export const Charts = Schema.Array(
  Schema.Union(
    Chart,
    Schema.transform(Schema.Unknown, Schema.typeSchema(Chart), { decode: () => unreadable, encode: (chart) => chart })
  )
)
