/** Where the log of the library goes: stderr, a line for people. */
import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import type { Output } from "./Output.js"
import { dim, red, render, type Text, yellow } from "./text.js"

const heading = ({ label, ordinal }: LogLevel.LogLevel): Text => {
  const name = `${label.toLowerCase()}: `
  if (ordinal >= 40_000) return red(name)
  return ordinal >= 30_000 ? yellow(name) : dim(name)
}

const lineOf = (message: unknown): string =>
  (Array.isArray(message) ? message : [message])
    .map((part) => (typeof part === "string" ? part : String(part)))
    .join(" ")

/** Replaces the default logger, which would write to stdout. */
export const layer = ({ stderr }: Output.Service): Layer.Layer<never> =>
  Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ logLevel, message }) => {
      process.stderr.write(`${render([heading(logLevel), lineOf(message)], stderr.colours)}\n`)
    })
  )
