/** Steps for the other instructions of a Dockerfile. */
import * as Either from "effect/Either"
import { type Command, runInstruction } from "../../../schema/daytona/image/run.js"
import {
  anyText,
  type Checked,
  each,
  eachEntry,
  expanding,
  jsonArray,
  jsonWord,
  line,
  matching,
  nonEmptyLine,
  problem,
  quoted
} from "../../../schema/daytona/image/text.js"
import { call, instructions, noSteps } from "./builder.js"

/**
 * Runs a command during the build. A string, which may have several lines, is passed to the shell unchanged; a list is
 * a program with its arguments, run without a shell.
 */
export const run = call("run", (command: Command) =>
  Either.map(runInstruction("command", command), (text) => instructions(text))
)

/** Runs commands one after another, each in its own layer. */
export const runCommands = call("runCommands", (commands: ReadonlyArray<Command>) =>
  Either.map(each("commands", commands, runInstruction), (texts) => instructions(...texts))
)

const variableName = matching(/^[A-Za-z_][A-Za-z0-9_.-]*$/, "must have a name of letters, digits and `_.-`")

/**
 * Sets environment variables for the rest of the build and in the sandbox. Values are literal, `$`, quotes and
 * backslashes included. With `expand`, `$NAME` and `${NAME}` are expanded, as in `env({ PATH: "/opt/bin:$PATH" }, {
 * expand: true })`. Line breaks are refused. The values are stored in the image, so do not pass secrets.
 */
export const env = call(
  "env",
  (variables: Readonly<Record<string, string>>, options: { readonly expand?: boolean | undefined } = {}) =>
    Either.map(
      eachEntry("variables", variables, (argument, name, value) =>
        Either.flatMap(variableName(argument, name), () =>
          Either.map(
            line(argument, value),
            (text) => `ENV ${name}=${options.expand === true ? expanding(text) : quoted(text)}`
          )
        )
      ),
      (texts) => instructions(...texts)
    )
)

const labelName = matching(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, "must have a name of letters, digits and `._/-`")

/** Sets labels of the image. Values are literal, without line breaks. */
export const label = call("label", (labels: Readonly<Record<string, string>>) =>
  Either.map(
    eachEntry("labels", labels, (argument, name, value) =>
      Either.flatMap(labelName(argument, name), () =>
        Either.map(line(argument, value), (text) => `LABEL ${name}=${quoted(text)}`)
      )
    ),
    (texts) => instructions(...texts)
  )
)

/** Sets the working directory for the following steps and in the sandbox. */
export const workdir = call("workdir", (path: string) =>
  Either.map(nonEmptyLine("path", path), (checked) => instructions(`WORKDIR ${quoted(checked)}`))
)

const userName = matching(
  /^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/,
  "must be a user or `user:group`, by name or number"
)

/** Sets the user for the following steps. */
export const user = call("user", (name: string) =>
  Either.map(userName("name", name), (checked) => instructions(`USER ${checked}`))
)

/** A port or a range of ports, with an optional protocol: `8080`, `"53/udp"`, `"8000-8010"`. */
export type Port = number | string

const portOf = (argument: string, port: Port): Checked<string> => {
  const text = String(port)
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(?:tcp|udp|sctp))?$/.exec(text) ?? []
  const isPort = (digits: string | undefined) => Number(digits) >= 1 && Number(digits) <= 65535
  return isPort(first) && isPort(last) && Number(first) <= Number(last)
    ? Either.right(text)
    : problem(argument, "must be a port from 1 to 65535, such as `8080`, `53/udp` or `8000-8010`")
}

/** Documents ports. Daytona's previews reach every port regardless. An empty list adds nothing. */
export const expose = call("expose", (ports: ReadonlyArray<Port>) =>
  Either.map(each("ports", ports, portOf), (texts) =>
    texts.length === 0 ? noSteps : instructions(`EXPOSE ${texts.join(" ")}`)
  )
)

/** Declares directories whose contents are not part of the image. An empty list adds nothing. */
export const volume = call("volume", (paths: ReadonlyArray<string>) =>
  Either.map(each("paths", paths, nonEmptyLine), (checked) =>
    checked.length === 0 ? noSteps : instructions(`VOLUME ${jsonArray(checked.map(jsonWord))}`)
  )
)

/** Sets the program, with arguments, that a sandbox starts. An empty list removes that of the base image. */
export const entrypoint = call("entrypoint", (words: ReadonlyArray<string>) =>
  Either.map(each("words", words, anyText), (checked) => instructions(`ENTRYPOINT ${jsonArray(checked)}`))
)

/** Sets the default arguments of the entrypoint. An empty list removes those of the base image. */
export const cmd = call("cmd", (words: ReadonlyArray<string>) =>
  Either.map(each("words", words, anyText), (checked) => instructions(`CMD ${jsonArray(checked)}`))
)
