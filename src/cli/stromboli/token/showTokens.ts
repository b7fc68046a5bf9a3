/** Shows a pair of tokens, which is what was asked for: on stdout or in a file, and nowhere else. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { TokenPair } from "../../../stromboli.js"
import { UsageError } from "../../frame/failures.js"
import * as Output from "../../frame/Output.js"
import { duration } from "../../frame/words.js"

const Tokens = Schema.Struct({
  accessToken: Schema.Redacted(Schema.String),
  refreshToken: Schema.Redacted(Schema.String),
  /** Of the access token. */
  expiresInSeconds: Schema.Number
})

const WrittenTo = Schema.Struct({ file: Schema.String, expiresInSeconds: Schema.Number })

const write = (file: string, token: Redacted.Redacted) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    // The mode counts only for a new file.
    Effect.zipRight(fs.writeFileString(file, `${Redacted.value(token)}\n`, { mode: 0o600 }), fs.chmod(file, 0o600))
  ).pipe(Effect.mapError(({ message }) => new UsageError({ message: `--out: ${file} cannot be written: ${message}` })))

export const showTokens = ({ accessToken, expiresIn, refreshToken }: TokenPair, out: Option.Option<string>) =>
  Effect.gen(function* () {
    const expiresInSeconds = Duration.toSeconds(expiresIn)
    if (Option.isSome(out)) {
      yield* write(out.value, accessToken)
      yield* Output.show(WrittenTo, { file: out.value, expiresInSeconds }, ({ file }) => `${file}\n`)
    } else {
      yield* Output.show(
        Tokens,
        { accessToken, refreshToken, expiresInSeconds },
        () => `${Redacted.value(accessToken)}\n`
      )
    }
    yield* Output.note(`The token expires in ${duration(expiresIn)}.`)
  })
