/** How to configure the embedded Stromboli. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"

/** Configures the embedded server. All options are optional. */
export interface Options {
  /**
   * The wire generation, default `0.5`. `0.4` lists sessions as strings, has no `/agents`, no `session_id` in the
   * response to `/run/async` and no `usage`, counts consumed requests in `X-RateLimit-Remaining`, reports a crashed
   * stream as completed, and has nothing but the conversation in the messages of a session.
   */
  readonly api?: "0.4" | "0.5"
  /** What `/health` reports. Default `v0.5.7-alpha`; `v0.4.3-alpha` for api `0.4`. */
  readonly version?: string
  /** Absent: no request needs a token. The real server requires one by default since 0.5. */
  readonly auth?: AuthOptions
  /** Absent: requests are not limited, which is the real server's default. */
  readonly rateLimit?: RateLimitOptions
  /** Signs webhooks. Absent: they are not signed. */
  readonly webhookSecret?: string | Redacted.Redacted
  /** Sends webhooks. Default: a client on the global `fetch`. */
  readonly webhookClient?: HttpClient.HttpClient
  /** Default false. When true, empty lists are `null` where the real server may send that. */
  readonly nullLists?: boolean
  /** Default true. When false, everything that runs Claude responds 503. */
  readonly claudeConfigured?: boolean
  /** Default false, like the real server: cancelling a job changes its record but does not stop its process. */
  readonly cancelStopsWork?: boolean
  /** How long an ended job is kept. Default one hour. */
  readonly jobRetention?: Duration.DurationInput
  /** How often ended jobs are swept. Default five minutes. */
  readonly jobSweepInterval?: Duration.DurationInput
  /** The timeout of a run that specifies none. Default 30 minutes. */
  readonly runTimeout?: Duration.DurationInput
  /**
   * How long an agent takes to start. Default 0. Like the real server, this one goes on when the client disconnects
   * meanwhile.
   */
  readonly agentStartTime?: Duration.DurationInput
  /**
   * The version of Podman, default `5`. With `4.3`, `GET /images` responds 500, so does `POST /secrets` for a name that
   * exists, instead of 409, and `/health` is `degraded`.
   */
  readonly podman?: "4.3" | "5"
  /** The errors of broken components in `/health`, by name. The status becomes `degraded`. */
  readonly brokenComponents?: Readonly<Record<string, string>>
  /** Host directories that runs may mount. Default none: every volume is refused. */
  readonly allowedVolumes?: ReadonlyArray<string>
  /**
   * What a lifecycle hook prints, one line each. Hooks are not executed; by default they print nothing. On the real
   * server, it is part of the output of the run.
   */
  readonly hookOutput?: (command: string) => ReadonlyArray<string>
  /** The local images. Default: a Claude image and a Python image. */
  readonly images?: ReadonlyArray<ImageSeed>
  /** The images that a registry search finds, by name. Default: a few well-known images. */
  readonly registry?: ReadonlyArray<RegistrySeed>
  /** Secrets that exist from the start, by name. Default none. */
  readonly secrets?: Readonly<Record<string, string | Redacted.Redacted>>
}

/** Who may call the server. */
export interface AuthOptions {
  /** API tokens, each valid for every protected route. */
  readonly tokens?: ReadonlyArray<string | Redacted.Redacted>
  /** Signs access and refresh tokens. Absent: the `/auth` routes respond 503. */
  readonly jwtSecret?: string | Redacted.Redacted
  /** Default true. When false, logging out responds 503, and no token can be revoked. */
  readonly blacklist?: boolean
  /** Default true. When false, no route requires a token, but the `/auth` routes work. */
  readonly required?: boolean
  /** Default 24 hours. */
  readonly accessTokenLifetime?: Duration.DurationInput
  /** Default 7 days. */
  readonly refreshTokenLifetime?: Duration.DurationInput
}

/** A token bucket per client address. */
export interface RateLimitOptions {
  /** Tokens added per second. Default 10. */
  readonly perSecond?: number
  /** The size of the bucket. Default 20. */
  readonly burst?: number
}

/** A local image. */
export interface ImageSeed {
  /** Such as `docker.io/library/python`. */
  readonly repository: string
  /** Default `latest`. */
  readonly tag?: string
  /** Default 0. */
  readonly size?: number
  /** Milliseconds since 1970. Default 0001-01-01, as for an image without a date. */
  readonly created?: number
  /** `ai.stromboli.*` labels determine compatibility, tools and description. */
  readonly labels?: Readonly<Record<string, string>>
}

/** An image in a registry. */
export interface RegistrySeed {
  readonly name: string
  readonly description?: string
  readonly stars?: number
  readonly official?: boolean
  readonly automated?: boolean
}

/** The options with every default filled in. @internal */
export interface Settings {
  readonly api: "0.4" | "0.5"
  readonly version: string
  readonly auth: AuthSettings | undefined
  readonly rateLimit: { readonly perSecond: number; readonly burst: number } | undefined
  readonly webhookSecret: string | undefined
  readonly webhookClient: HttpClient.HttpClient | undefined
  readonly nullLists: boolean
  readonly claudeConfigured: boolean
  readonly cancelStopsWork: boolean
  readonly jobRetention: Duration.Duration
  readonly jobSweepInterval: Duration.Duration
  readonly runTimeout: Duration.Duration
  readonly agentStartTime: Duration.Duration
  readonly podman: "4.3" | "5"
  readonly brokenComponents: Readonly<Record<string, string>>
  readonly allowedVolumes: ReadonlyArray<string>
  readonly hookOutput: (command: string) => ReadonlyArray<string>
  readonly images: ReadonlyArray<ImageSeed>
  readonly registry: ReadonlyArray<RegistrySeed>
  readonly secrets: Readonly<Record<string, string>>
}

/** @internal */
export interface AuthSettings {
  readonly required: boolean
  readonly tokens: ReadonlySet<string>
  readonly jwtSecret: string | undefined
  readonly blacklist: boolean
  readonly accessTokenLifetime: Duration.Duration
  readonly refreshTokenLifetime: Duration.Duration
}

const reveal = (secret: string | Redacted.Redacted): string =>
  typeof secret === "string" ? secret : Redacted.value(secret)

const revealOptional = (secret: string | Redacted.Redacted | undefined): string | undefined =>
  secret === undefined ? undefined : reveal(secret)

/** @internal */
export const settingsOf = (options: Options): Settings => ({
  api: options.api ?? "0.5",
  version: options.version ?? (options.api === "0.4" ? "v0.4.3-alpha" : "v0.5.7-alpha"),
  auth: options.auth === undefined ? undefined : authSettingsOf(options.auth),
  rateLimit:
    options.rateLimit === undefined
      ? undefined
      : { perSecond: options.rateLimit.perSecond ?? 10, burst: options.rateLimit.burst ?? 20 },
  webhookSecret: revealOptional(options.webhookSecret),
  webhookClient: options.webhookClient,
  nullLists: options.nullLists ?? false,
  claudeConfigured: options.claudeConfigured ?? true,
  cancelStopsWork: options.cancelStopsWork ?? false,
  jobRetention: Duration.decode(options.jobRetention ?? "1 hour"),
  jobSweepInterval: Duration.decode(options.jobSweepInterval ?? "5 minutes"),
  runTimeout: Duration.decode(options.runTimeout ?? "30 minutes"),
  agentStartTime: Duration.decode(options.agentStartTime ?? 0),
  podman: options.podman ?? "5",
  brokenComponents: {
    ...(options.podman === "4.3" ? { podman: "failed to list images" } : {}),
    ...options.brokenComponents
  },
  allowedVolumes: options.allowedVolumes ?? [],
  hookOutput: options.hookOutput ?? (() => []),
  images: options.images ?? defaultImages,
  registry: options.registry ?? defaultRegistry,
  secrets: Object.fromEntries(Object.entries(options.secrets ?? {}).map(([name, value]) => [name, reveal(value)]))
})

const authSettingsOf = (auth: AuthOptions): AuthSettings => ({
  required: auth.required ?? true,
  tokens: new Set((auth.tokens ?? []).map(reveal)),
  jwtSecret: revealOptional(auth.jwtSecret),
  blacklist: auth.blacklist ?? true,
  accessTokenLifetime: Duration.decode(auth.accessTokenLifetime ?? "24 hours"),
  refreshTokenLifetime: Duration.decode(auth.refreshTokenLifetime ?? "7 days")
})

const defaultImages: ReadonlyArray<ImageSeed> = [
  {
    repository: "localhost/stromboli-agent",
    tag: "latest",
    size: 812_345_678,
    created: Date.UTC(2026, 3, 1),
    labels: {
      "ai.stromboli.compatible": "true",
      "ai.stromboli.claude-cli": "true",
      "ai.stromboli.tools": "git, node, python",
      "ai.stromboli.description": "Claude Code with common tools"
    }
  },
  { repository: "python", tag: "3.12", size: 1_024_000_000, created: Date.UTC(2026, 2, 1) }
]

const defaultRegistry: ReadonlyArray<RegistrySeed> = [
  { name: "docker.io/library/python", description: "Python is an interpreted language", stars: 9_500, official: true },
  { name: "docker.io/library/node", description: "Node.js is a JavaScript runtime", stars: 13_000, official: true },
  { name: "docker.io/library/alpine", description: "A minimal Docker image", stars: 11_000, official: true },
  { name: "docker.io/pypy/pypy", description: "PyPy is a fast Python", stars: 390 }
]
