/** Tables that fit the width of a terminal. */
import stringWidth from "string-width"
import { bold, oneLine, plain, type Text } from "./text.js"

/** A column: its head, and what it shows of a row. */
export interface Column<Row> {
  readonly head: string
  readonly cell: (row: Row) => Text
  readonly align?: "left" | "right"
  /** Keeps its width where others are cut: an id, which is of no use without its end. */
  readonly whole?: boolean
}

const gap = "  "

/** The narrowest that a column is cut to: readable if possible, and just so if there is no room for that. */
const narrowest = [8, 4]

const segmenter = new Intl.Segmenter()

/** Cuts a text to a width, with `…` for what is missing. Never cuts a character in two. */
export const truncate = (text: string, width: number): string => {
  if (stringWidth(text) <= width) return text
  let kept = ""
  let used = 0
  for (const { segment } of segmenter.segment(text)) {
    const next = stringWidth(segment)
    if (used + next > width - 1) break
    kept += segment
    used += next
  }
  return width < 1 ? "" : `${kept}…`
}

/** The widths of columns that fit together: the widest that may be cut is cut first. */
const widthsWithin = (
  natural: ReadonlyArray<number>,
  columns: ReadonlyArray<{ readonly whole?: boolean }>,
  width: number
): ReadonlyArray<number> => {
  const widths = [...natural]
  let excess = widths.reduce((sum, each) => sum + each, gap.length * (widths.length - 1)) - width
  for (const least of narrowest) {
    while (excess > 0) {
      const cuttable = widths.map((each, index) => (columns[index]?.whole === true || each <= least ? 0 : each))
      const widest = Math.max(...cuttable)
      if (widest === 0) break
      widths[cuttable.lastIndexOf(widest)] = widest - 1
      excess -= 1
    }
  }
  return widths
}

/** A cell as wide as its column. A cut one loses its inner styles, not the outermost. */
const padded = (cell: Text, width: number, align: "left" | "right", isLast: boolean): Text => {
  const text = oneLine(plain(cell))
  const shown = truncate(text, width)
  const fill = " ".repeat(Math.max(0, width - stringWidth(shown)))
  const styled: Text = typeof cell === "object" && "style" in cell ? { style: cell.style, text: shown } : shown
  if (align === "right") return [fill, styled]
  return isLast ? styled : [styled, fill]
}

/**
 * A table. Without a width, nothing is cut: a program reads it, or a file. In a terminal, a column without any content
 * is left out, and one that is too narrow even for cut columns breaks its lines.
 */
export const table = <Row>(
  all: ReadonlyArray<Column<Row>>,
  rows: ReadonlyArray<Row>,
  width: number | undefined
): Text => {
  const hasContent = ({ cell }: Column<Row>) => rows.some((row) => plain(cell(row)) !== "")
  const columns = width === undefined ? all : all.filter(hasContent)
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)))
  const natural = columns.map(({ head }, index) =>
    Math.max(stringWidth(head), ...cells.map((row) => stringWidth(oneLine(plain(row[index] ?? "")))))
  )
  const widths = width === undefined ? natural : widthsWithin(natural, columns, width)
  const line = (row: ReadonlyArray<Text>): Text => [
    row.flatMap((cell, index) => [
      ...(index === 0 ? [] : [gap]),
      padded(cell, widths[index] ?? 0, columns[index]?.align ?? "left", index === columns.length - 1)
    ]),
    "\n"
  ]
  return [line(columns.map(({ head }) => bold(head))), ...cells.map(line)]
}

/** Names and values, one pair a line, the values below each other. */
export const fields = (pairs: ReadonlyArray<readonly [name: string, value: Text | undefined]>): Text => {
  const given = pairs.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  const width = Math.max(0, ...given.map(([name]) => stringWidth(name)))
  return given.map(([name, value]) => [bold(name), " ".repeat(width - stringWidth(name)), gap, value, "\n"])
}
