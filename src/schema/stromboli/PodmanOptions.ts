/** The container of a run. */
import * as Schema from "effect/Schema"
import { snakeCase } from "../snakeCase.js"
import { SecretName } from "./Identifiers.js"
import { byteLength, GoDuration, NonEmpty } from "./requestValidation.js"

const maxCommandBytes = 4096
const maxHookEntries = 100
const maxLifecycleEntries = 200
const maxLifecycleBytes = 65_536
const maxSecrets = 50

const commandProblem = (command: string) =>
  command === ""
    ? "must not be empty"
    : command.includes("\0")
      ? "must not contain a NUL character"
      : byteLength(command) > maxCommandBytes
        ? `must not exceed ${maxCommandBytes} bytes`
        : undefined

/** Shell commands, run in order until one fails. The server refuses an empty list, so it is refused here. */
const Hook = Schema.Array(Schema.String.pipe(Schema.filter(commandProblem))).pipe(
  Schema.filter((commands) =>
    commands.length === 0
      ? "must not be an empty list; omit it instead"
      : commands.length > maxHookEntries
        ? `must not have more than ${maxHookEntries} commands`
        : undefined
  )
)

const lifecycleFields = {
  /** Runs until a run of the session has completed. */
  onCreateCommand: Schema.optional(Hook),
  /** Runs after `onCreateCommand`, until a run of the session has completed. */
  postCreate: Schema.optional(Hook),
  /** Runs in every run. */
  postStart: Schema.optional(Hook),
  /** The time for all hooks together. */
  hooksTimeout: Schema.optional(GoDuration)
}

/**
 * Commands that run in the container before Claude. What they print is part of the output of the run, and when one of
 * them fails, so does the run. Server 0.4 or newer; since 0.4.1 each is a whole shell command.
 */
export interface LifecycleHooks extends Schema.Struct.Type<typeof lifecycleFields> {}

export const LifecycleHooks = snakeCase(lifecycleFields).pipe(
  Schema.filter((hooks) => {
    const commands = [...(hooks.onCreateCommand ?? []), ...(hooks.postCreate ?? []), ...(hooks.postStart ?? [])]
    if (commands.length > maxLifecycleEntries) return `must not have more than ${maxLifecycleEntries} commands in total`
    const bytes = commands.reduce((sum, command) => sum + byteLength(command), 0)
    return bytes > maxLifecycleBytes ? `must not exceed ${maxLifecycleBytes} bytes in total` : undefined
  })
)

const environmentFields = {
  /** `compose` for a project with a compose file; empty or absent for none. */
  type: Schema.optional(Schema.Literal("", "compose")),
  /** The absolute path of the compose file on the server; it ends in `.yml` or `.yaml`. */
  path: Schema.optional(
    Schema.String.pipe(
      Schema.filter(
        (path) =>
          (path.startsWith("/") && /\.ya?ml$/.test(path) && !path.split("/").includes("..")) ||
          "must be an absolute path without `..` that ends in .yml or .yaml"
      )
    )
  ),
  /** The service of the compose file that Claude runs in. */
  service: Schema.optional(NonEmpty),
  /** Default 10 minutes. */
  buildTimeout: Schema.optional(GoDuration)
}

/**
 * A compose project to run in. Server 0.4 or newer, which starts it for the session and removes it after an hour, or
 * with the session.
 *
 * Claude runs in a container of the project, so the server ignores `image`, `volumes`, `secretsEnv`, `memory`, `cpus`,
 * `cpuShares` and `timeout`: only the `maxTurns` and `maxBudgetUsd` of Claude are sure to limit such a run. Its session
 * has neither messages nor usage on the server, two runs of the session are not kept apart, and a container that dies
 * is `RunFailed` instead of `Crashed`. Runs with a `key` are refused with it.
 */
export interface EnvironmentConfig extends Schema.Struct.Type<typeof environmentFields> {}

export const EnvironmentConfig = snakeCase(environmentFields).pipe(
  Schema.filter((environment) => {
    if (environment.type !== "compose") return undefined
    if (environment.path === undefined) return { path: ["path"], message: "is required for a compose environment" }
    if (environment.service === undefined) {
      return { path: ["service"], message: "is required for a compose environment" }
    }
    return undefined
  })
)

const variableName = /^[a-zA-Z_][a-zA-Z0-9_]*$/

const secretsEnvProblem = (secrets: { readonly [variable: string]: string }) => {
  const entries = Object.entries(secrets)
  if (entries.length > maxSecrets) return `must not have more than ${maxSecrets} entries`
  for (const [variable, secret] of entries) {
    if (!variableName.test(variable)) {
      return { path: [variable], message: "must be the name of an environment variable" }
    }
    if (variable === "LD_PRELOAD" || variable === "LD_LIBRARY_PATH") {
      return { path: [variable], message: "must not be set, because the server refuses it" }
    }
    if (secret.length < 1 || secret.length > 253) {
      return { path: [variable], message: "must be the name of a secret, of 1 to 253 characters" }
    }
  }
  return undefined
}

const fields = {
  /** Must match one of the patterns that the server allows. */
  image: Schema.optional(NonEmpty),
  /** `host:container[:options]`. The server refuses host paths that its operator has not allowed. */
  volumes: Schema.optional(Schema.Array(NonEmpty)),
  /** The name of a secret for each environment variable. At most 50. */
  secretsEnv: Schema.optional(
    Schema.Record({ key: Schema.String, value: SecretName }).pipe(Schema.filter(secretsEnvProblem))
  ),
  /**
   * How long the container may run; default 30 minutes. After that, the run ends as `Crashed` with exit code 137. The
   * server ignores it in a compose project: see `environment`.
   */
  timeout: Schema.optional(GoDuration),
  /** A size in Podman's notation; default `512m`. */
  memory: Schema.optional(NonEmpty),
  /** The number of CPUs, a decimal as text; default `"1"`. */
  cpus: Schema.optional(
    Schema.String.pipe(Schema.filter((cpus) => /^\d+(\.\d+)?$/.test(cpus) || "must be a decimal number as text"))
  ),
  /** A relative weight; `0` is sent as zero. */
  cpuShares: Schema.optional(Schema.NonNegativeInt),
  /** Commands that run in the container before Claude. */
  lifecycle: Schema.optional(LifecycleHooks),
  /** A compose project to run in, for which most of the other options have no effect: see `EnvironmentConfig`. */
  environment: Schema.optional(EnvironmentConfig)
}

/** Image, limits, mounts, secrets and hooks of the container. All are optional. */
export interface PodmanOptions extends Schema.Struct.Type<typeof fields> {}

export const PodmanOptions = snakeCase(fields)
