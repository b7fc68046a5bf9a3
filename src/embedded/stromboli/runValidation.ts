/** Validates runs as the server does, with its messages. */
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as GoTime from "./go/time.js"
import type { LifecycleHooks, PodmanOptions, RunRequest } from "./wire.js"

type Check = Either.Either<void, string>

const passed: Check = Either.void
const refuse = (message: string): Check => Either.left(message)

/** The configuration that a run is validated against. */
export interface HostConfiguration {
  readonly allowedVolumes: ReadonlyArray<string>
  readonly secretExists: (name: string) => boolean
}

/** The timeout of the run, from the request or else the server's default. */
export const timeoutOf = (
  podman: PodmanOptions,
  otherwise: Duration.Duration
): Either.Either<Duration.Duration, string> =>
  podman.timeout === ""
    ? Either.right(otherwise)
    : Either.mapLeft(GoTime.parseDuration(podman.timeout), (error) => `invalid timeout duration: ${error}`)

/** Go starts no process once the time is up. */
export const isOver = (timeout: Duration.Duration): boolean => Duration.lessThan(timeout, "1 millis")

/** Session ids become directory names, so the server only refuses those that would leave its directory. */
export const sessionId = (id: string): Check => (/[/\0]|\.\./.test(id) ? refuse("invalid session ID") : passed)

/** The checks after the session exists, in the server's order. */
export const request = (run: RunRequest, configuration: HostConfiguration): Check =>
  firstRefusal([
    () => image(run.podman.image),
    () => workdir(run.workdir),
    () => volumes(run.podman.volumes ?? [], configuration.allowedVolumes),
    () => prefixed("secrets validation failed: ", secretsEnv(run.podman.secrets_env ?? {})),
    () => hooks(run),
    () => noEnvironment(run.podman)
  ])

/**
 * The checks of a run in a compose project, whose container has options of its own: those of the request are ignored.
 */
export const inProject = (run: RunRequest): Check =>
  firstRefusal([
    () => prefixed("failed to start compose stack: ", composeProject(run.podman.environment)),
    () => hooks(run)
  ])

const hooks = (run: RunRequest): Check =>
  prefixed("lifecycle hooks validation failed: ", lifecycle(run.podman.lifecycle))

/** What Podman finds out when it creates the container. */
export const container = (run: RunRequest, configuration: HostConfiguration): Check =>
  secretsKnown(run.podman.secrets_env ?? {}, configuration.secretExists)

const quoted = (text: string): string => JSON.stringify(text)

const prefixed = (prefix: string, check: Check): Check => Either.mapLeft(check, (message) => `${prefix}${message}`)

const firstRefusal = (checks: ReadonlyArray<() => Check>): Check => {
  for (const check of checks) {
    const outcome = check()
    if (Either.isLeft(outcome)) return outcome
  }
  return passed
}

// What the real server says in the parentheses is not known.
const image = (name: string): Check =>
  name.length > 255
    ? refuse("image validation failed: image name exceeds maximum length of 255 characters")
    : /alpine|musl|distroless/i.test(name)
      ? refuse(
          `image validation failed: image ${quoted(name)} is incompatible with Claude CLI mount (Alpine/musl-based image)`
        )
      : passed

const workdir = (path: string): Check => {
  const refusal = path === "" ? undefined : workdirRefusal(path)
  return refusal === undefined ? passed : refuse(`workdir validation failed: ${refusal}`)
}

const workdirRefusal = (path: string): string | undefined => {
  if (!path.startsWith("/")) return "workdir must be an absolute path starting with /"
  if (path.includes("..")) return "workdir cannot contain path traversal (..) sequences"
  if (path.length > 4_096) return "workdir path too long (max 4096 characters)"
  return /^[a-zA-Z0-9/_.-]+$/.test(path)
    ? undefined
    : "workdir contains invalid characters (only alphanumeric, /, _, ., - allowed)"
}

const mountOptions = new Set(
  "ro rw z Z noexec nosuid nodev rslave rprivate rshared slave private shared nocopy copy U".split(" ")
)

const blockedPaths = [
  "/etc /root /bin /sbin /usr/bin /usr/sbin /usr/local/bin /lib /lib64 /run /var/run /proc /sys /dev".split(" "),
  "claude ssh gnupg aws docker kube config local netrc git-credentials password-store bashrc bash_profile profile zshrc"
    .split(" ")
    .map((name) => `/home/user/.${name}`)
].flat()

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

const volumes = (entries: ReadonlyArray<string>, allowed: ReadonlyArray<string>): Check =>
  firstRefusal(
    entries.map((entry) => () => {
      const refusal = volumeRefusal(entry, allowed)
      return refusal === undefined ? passed : refuse(`volume validation failed: ${refusal}`)
    })
  )

const volumeRefusal = (entry: string, allowed: ReadonlyArray<string>): string | undefined => {
  const [host = "", container = "", options, ...rest] = entry.split(":")
  if (host === "" || container === "" || rest.length > 0) {
    return `invalid volume format ${quoted(entry)}: invalid volume format, expected host:container[:options]`
  }
  if (!allowed.some((folder) => isWithin(host, folder))) return `volume host path not allowed: ${host}`
  if (!container.startsWith("/") || container.length > 4_096) return `invalid container path: ${container}`
  if (blockedPaths.some((blocked) => isWithin(container, blocked))) return `container path not allowed: ${container}`
  const unknown = options?.split(",").find((name) => !mountOptions.has(name))
  return unknown === undefined ? undefined : `mount option not allowed: ${unknown}`
}

const secretsEnv = (secrets: Readonly<Record<string, string>>): Check => {
  const entries = Object.entries(secrets)
  if (entries.length > 50) return refuse(`too many secrets requested (${entries.length}), maximum is 50`)
  return firstRefusal(
    entries.map(([variable, name]) => () => {
      const shown = quoted(variable)
      if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(variable)) {
        return refuse(
          `invalid environment variable name ${shown}: must start with letter or underscore, contain only alphanumeric and underscore`
        )
      }
      if (variable === "LD_PRELOAD" || variable === "LD_LIBRARY_PATH") {
        return refuse(`environment variable ${shown} is not allowed for security reasons`)
      }
      if (name === "") return refuse(`secret name for environment variable ${shown} cannot be empty`)
      return name.length > 253 ? refuse(`secret name ${quoted(name)} exceeds maximum length of 253 characters`) : passed
    })
  )
}

const secretsKnown = (secrets: Readonly<Record<string, string>>, exists: (name: string) => boolean): Check => {
  const unknown = Object.values(secrets).find((name) => !exists(name))
  return unknown === undefined
    ? passed
    : refuse(
        `execution failed: exit status 125, output: Error: no secret with name or id "${unknown}": no such secret\n`
      )
}

const lifecycle = (hooks: LifecycleHooks): Check => {
  const named = [
    ["onCreateCommand", hooks.on_create_command],
    ["postCreate", hooks.post_create],
    ["postStart", hooks.post_start]
  ] as const
  const all = named.flatMap(([, commands]) => commands ?? [])
  return firstRefusal([
    ...named.map(
      ([name, commands]) =>
        () =>
          hook(name, commands)
    ),
    () => limit("total hook length", bytes(all), 65_536),
    () => limit("total hook commands", all.length, 200),
    () =>
      hooks.hooks_timeout === ""
        ? passed
        : Either.mapBoth(GoTime.parseDuration(hooks.hooks_timeout), {
            onLeft: (error) => `invalid hooks timeout: ${error}`,
            onRight: () => undefined
          })
  ])
}

const bytes = (texts: ReadonlyArray<string>) => texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)

const limit = (what: string, actual: number, most: number): Check =>
  actual > most ? refuse(`${what} ${actual} exceeds maximum ${most}`) : passed

const hook = (name: string, commands: ReadonlyArray<string> | undefined): Check => {
  if (commands === undefined) return passed
  if (commands.length === 0) return refuse(`${name}: hook configured but empty`)
  if (commands.length > 100) return refuse(`${name}: too many commands (${commands.length} > 100)`)
  return firstRefusal(
    commands.map((command, index) => () => {
      if (command === "") return refuse(`${name}: command ${index} is empty`)
      if (command.includes("\0")) return refuse(`${name}: command ${index} contains null byte`)
      const length = Buffer.byteLength(command)
      return length > 4_096 ? refuse(`${name}: command ${index} too long (${length} > 4096)`) : passed
    })
  )
}

const noEnvironment = ({ environment: { type } }: PodmanOptions): Check =>
  type === "" ? passed : refuse(`environment validation failed: unsupported environment type: ${type}`)

/** Whether the run is to be in a compose project. */
export const isInProject = ({ podman }: RunRequest): boolean => podman.environment.type === "compose"

// The file itself is not looked for: there is none.
const composeProject = ({ build_timeout, path, service }: PodmanOptions["environment"]): Check => {
  const failed = "compose file validation failed: "
  const invalid = pathProblem(path)
  if (invalid !== undefined) {
    return refuse(`${failed}compose: validate path ${quoted(path)}: invalid compose file path: ${invalid}`)
  }
  if (service === "") return refuse(`${failed}service not found in compose file: `)
  return build_timeout === ""
    ? passed
    : Either.mapBoth(GoTime.parseDuration(build_timeout), {
        onLeft: (error) => `invalid build timeout ${quoted(build_timeout)}: ${error}`,
        onRight: () => undefined
      })
}

const pathProblem = (path: string): string | undefined => {
  if (!path.startsWith("/")) return "path must be absolute"
  const isCanonical = path
    .split("/")
    .every((part, index) => index === 0 || (part !== "" && part !== "." && part !== ".."))
  if (!isCanonical) return "path contains traversal sequence or is not canonical"
  return /\.ya?ml$/i.test(path) ? undefined : "must be .yml or .yaml file"
}
