/** `--log-level`, which `@effect/cli` understands only before all other options. */
import * as LogLevel from "effect/LogLevel"

const levels: Readonly<Record<string, LogLevel.LogLevel>> = {
  all: LogLevel.All,
  trace: LogLevel.Trace,
  debug: LogLevel.Debug,
  info: LogLevel.Info,
  warning: LogLevel.Warning,
  error: LogLevel.Error,
  fatal: LogLevel.Fatal,
  none: LogLevel.None
}

/** The arguments without a valid `--log-level`, and its level. Nothing after `--` is ours. */
export const takeLogLevel = (
  args: ReadonlyArray<string>
): { readonly args: ReadonlyArray<string>; readonly level: LogLevel.LogLevel | undefined } => {
  const end = args.indexOf("--")
  const at = args.findIndex((word, index) => /^--log-level(=|$)/.test(word) && (end === -1 || index < end))
  const word = args[at]
  if (word === undefined) return { args, level: undefined }
  const inline = word.includes("=")
  const level = levels[(inline ? word.slice(word.indexOf("=") + 1) : (args[at + 1] ?? "")).toLowerCase()]
  return level === undefined
    ? { args, level: undefined }
    : { args: [...args.slice(0, at), ...args.slice(at + (inline ? 1 : 2))], level }
}
