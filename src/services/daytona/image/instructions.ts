/** Steps that need nothing but what they are given. */
import * as Either from "effect/Either"
import { type PipOptions, packageName, pipCommand, pipOptions } from "../../../schema/daytona/image/pip.js"
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
  oneOrMore,
  problem,
  quoted
} from "../../../schema/daytona/image/text.js"
import { call, instructions, type Steps } from "./builder.js"

const none: Steps = []

/** Installs Debian packages, by name or `name=version`, and leaves no package lists behind. An empty list adds nothing. */
export const aptGet = call(
  "aptGet",
  (
    packages: ReadonlyArray<string>,
    options: {
      /** Also what the packages recommend, as apt does by default; default `true`. */
      readonly recommends?: boolean | undefined
    } = {}
  ) =>
    Either.map(each("packages", packages, packageName), (names) =>
      names.length === 0
        ? none
        : instructions(
            // Without the variable, a package such as tzdata waits for an answer that cannot come.
            `RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y ${options.recommends === false ? "--no-install-recommends " : ""}${names.join(" ")} && rm -rf /var/lib/apt/lists/*`
          )
    )
)

/**
 * Installs Python packages, by name or with a version, extras or a URL: `["numpy>=1.26", "black[jupyter]"]`. Each element is
 * one package, quoted. An empty list adds nothing.
 */
export const pipInstall = call("pipInstall", (packages: string | ReadonlyArray<string>, options: PipOptions = {}) =>
  Either.flatMap(oneOrMore("packages", packages, packageName), (names) =>
    Either.map(pipOptions(options), (words) => (names.length === 0 ? none : instructions(pipCommand(words, names))))
  )
)

/**
 * Runs a command during the build. A string is for the shell, may have several lines, and reaches it as it is; a list is a
 * program with its arguments, which no shell looks at.
 */
export const run = call("run", (command: Command) =>
  Either.map(runInstruction("command", command), (text) => instructions(text))
)

/** Runs commands one after the other; each is a layer of its own. */
export const runCommands = call("runCommands", (commands: ReadonlyArray<Command>) =>
  Either.map(each("commands", commands, runInstruction), (texts) => instructions(...texts))
)

const variableName = matching(/^[A-Za-z_][A-Za-z0-9_.-]*$/, "must be named with letters, digits and `_.-`")

/**
 * Sets environment variables, for the rest of the build and in the sandbox. Values are literal: `$`, quotes and backslashes
 * mean themselves. With `expand`, `$NAME` and `${NAME}` stand for the variables of the build, as in
 * `env({ PATH: "/opt/bin:$PATH" }, { expand: true })`. Line breaks are refused. Values end up in the image: no secrets.
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

const labelName = matching(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, "must be named with letters, digits and `._/-`")

/** Labels of the image; values are literal, without line breaks. */
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

/** The directory of everything that follows, and of the processes in the sandbox. */
export const workdir = call("workdir", (path: string) =>
  Either.map(nonEmptyLine("path", path), (checked) => instructions(`WORKDIR ${quoted(checked)}`))
)

const userName = matching(
  /^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/,
  "must be a user or `user:group`, by name or number"
)

/** The user of everything that follows. */
export const user = call("user", (name: string) =>
  Either.map(userName("name", name), (checked) => instructions(`USER ${checked}`))
)

/** A port, or a port or range of ports with its protocol: `8080`, `"53/udp"`, `"8000-8010"`. */
export type Port = number | string

const portOf = (argument: string, port: Port): Checked<string> => {
  const text = String(port)
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(?:tcp|udp|sctp))?$/.exec(text) ?? []
  const isPort = (digits: string | undefined) => Number(digits) >= 1 && Number(digits) <= 65535
  return isPort(first) && isPort(last) && Number(first) <= Number(last)
    ? Either.right(text)
    : problem(argument, "must be a port from 1 to 65535, or such as `53/udp` or `8000-8010`")
}

/** Documents ports; Daytona's previews reach every port anyway. An empty list adds nothing. */
export const expose = call("expose", (ports: ReadonlyArray<Port>) =>
  Either.map(each("ports", ports, portOf), (texts) =>
    texts.length === 0 ? none : instructions(`EXPOSE ${texts.join(" ")}`)
  )
)

/** Directories whose content is not part of the image. An empty list adds nothing. */
export const volume = call("volume", (paths: ReadonlyArray<string>) =>
  Either.map(each("paths", paths, nonEmptyLine), (checked) =>
    checked.length === 0 ? none : instructions(`VOLUME ${jsonArray(checked.map(jsonWord))}`)
  )
)

/** The program that a sandbox starts with, and its arguments. An empty list removes that of the base. */
export const entrypoint = call("entrypoint", (words: ReadonlyArray<string>) =>
  Either.map(each("words", words, anyText), (checked) => instructions(`ENTRYPOINT ${jsonArray(checked)}`))
)

/** The default arguments of the entrypoint. An empty list removes those of the base. */
export const cmd = call("cmd", (words: ReadonlyArray<string>) =>
  Either.map(each("words", words, anyText), (checked) => instructions(`CMD ${jsonArray(checked)}`))
)
