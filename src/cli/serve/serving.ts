/** What the servers that run on a port share. */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { untilSignal } from "../frame/Ending.js"
import { keep } from "../frame/embeddedServers.js"
import { UsageError } from "../frame/failures.js"
import { note, Output } from "../frame/Output.js"
import { readSecret } from "../frame/secretFile.js"

/** The options of every server. */
export interface ListeningValues {
  readonly port: number
  readonly host: string
  readonly version: Option.Option<string>
  readonly clientJwtSecretFile: Option.Option<string>
}

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host)

/** Where to listen. */
export const listening = ({
  host,
  port
}: ListeningValues): Effect.Effect<{ host: string; port: number }, UsageError> =>
  isLoopback(host)
    ? Effect.succeed({ host, port })
    : Effect.fail(new UsageError({ message: `--host: expected a loopback address, got ${JSON.stringify(host)}` }))

/** The secret that tokens are signed with. */
export const jwtSecret = ({
  clientJwtSecretFile
}: ListeningValues): Effect.Effect<string | undefined, UsageError, FileSystem.FileSystem> =>
  Option.match(clientJwtSecretFile, {
    onNone: () => Effect.succeed(undefined),
    onSome: (path) =>
      Effect.filterOrFail(
        Effect.map(readSecret("--client-jwt-secret-file", path), Redacted.value),
        (secret) => secret.length >= 32,
        () => new UsageError({ message: "--client-jwt-secret-file: expected at least 32 characters" })
      )
  })

/** The secrets of an option that may be repeated. */
export const secrets = (
  flag: string,
  paths: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string>, UsageError, FileSystem.FileSystem> =>
  Effect.forEach(paths, (path) => Effect.map(readSecret(flag, path), Redacted.value))

const Listening = Schema.Struct({ url: Schema.String })

/** Says where the server listens, makes it known to `--embedded`, and runs until a signal comes. */
export const serveUntilSignal = (server: {
  readonly system: "stromboli" | "daytona"
  readonly url: Option.Option<string>
  readonly secret: string | undefined
  readonly remark: string
}) =>
  Effect.gen(function* () {
    const url = Option.getOrElse(server.url, () => "nowhere")
    const output = yield* Output
    yield* keep(server.system, url, server.secret)
    yield* output.json ? output.printJson(Listening.make({ url })) : output.print(`listening ${url}\n`)
    yield* note(server.remark)
    return yield* untilSignal
  }).pipe(Effect.scoped)
